"""Updates that change a condition delete the resources that have it, and create others.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.extension.conftest import Clients

TEMPLATE = """
Parameters:
  Name: {Type: String}
  Kind: {Type: String}
Conditions:
  First: !Equals [!Ref Kind, first]
  Second: !Not [!Condition First]
Resources:
  FirstTopic:
    Type: AWS::SNS::Topic
    Condition: First
    Properties: {TopicName: !Sub "${Name}-first"}
  FirstParameter:
    Type: AWS::SSM::Parameter
    Condition: First
    Properties: {Name: !Ref Name, Type: String, Value: !GetAtt FirstTopic.TopicArn}
  SecondTopic:
    Type: AWS::SNS::Topic
    Condition: Second
    Properties: {TopicName: !Sub "${Name}-second"}
  SecondParameter:
    Type: AWS::SSM::Parameter
    Condition: Second
    Properties: {Name: !Sub "${Name}-2", Type: String, Value: !GetAtt SecondTopic.TopicArn}
  Always:
    Type: AWS::SSM::Parameter
    Properties:
      Name: !Sub "${Name}-always"
      Type: String
      Value: !If [First, !GetAtt FirstTopic.TopicArn, !GetAtt SecondTopic.TopicArn]
"""

ALL = {
    "first": {"FirstTopic", "FirstParameter", "Always"},
    "second": {"SecondTopic", "SecondParameter", "Always"},
}


class Stack:
    def __init__(self, aws: Clients, name: str) -> None:
        self.aws, self.name = aws, name

    def deploy(self, kind: str, operation: str = "update") -> None:
        client = self.aws["cloudformation"]
        getattr(client, f"{operation}_stack")(
            StackName=self.name,
            TemplateBody=TEMPLATE,
            Parameters=[
                {"ParameterKey": "Name", "ParameterValue": self.name},
                {"ParameterKey": "Kind", "ParameterValue": kind},
            ],
        )
        client.get_waiter(f"stack_{operation}_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
        )

    def resources(self) -> set[str]:
        found = self.aws["cloudformation"].list_stack_resources(StackName=self.name)
        return {each["LogicalResourceId"] for each in found["StackResourceSummaries"]}

    def topics(self) -> list[str]:
        topics: list[Any] = self.aws["sns"].list_topics()["Topics"]
        names = [each["TopicArn"].rpartition(":")[2] for each in topics]
        return [each for each in names if each.startswith(self.name)]

    def always(self) -> str:
        name = f"{self.name}-always"
        return str(self.aws["ssm"].get_parameter(Name=name)["Parameter"]["Value"])


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[Stack]:
    made = Stack(aws, name)
    yield made
    aws["cloudformation"].delete_stack(StackName=name)
    aws["cloudformation"].get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    assert made.topics() == []


@pytest.mark.parametrize("kinds", [("first", "second"), ("second", "first")])
def test_update_changes_a_condition_and_back(stack: Stack, kinds: tuple[str, str]) -> None:
    stack.deploy(kinds[0], "create")
    for kind in (kinds[1], kinds[0], kinds[1]):
        stack.deploy(kind)
        assert stack.topics() == [f"{stack.name}-{kind}"]
        assert stack.resources() == ALL[kind]
        assert stack.always().endswith(f"{stack.name}-{kind}")
