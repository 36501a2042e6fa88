"""Updates that change a condition delete the resources that have it, and create others.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.stacks import Stack

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


class ConditionalStack(Stack):
    def __init__(self, aws: Clients, name: str) -> None:
        super().__init__(aws["cloudformation"], name, TEMPLATE)
        self.aws = aws

    def topics(self) -> list[str]:
        topics: list[Any] = self.aws["sns"].list_topics()["Topics"]
        names = [each["TopicArn"].rpartition(":")[2] for each in topics]
        return [each for each in names if each.startswith(self.name)]

    def always(self) -> str:
        name = f"{self.name}-always"
        return str(self.aws["ssm"].get_parameter(Name=name)["Parameter"]["Value"])


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[ConditionalStack]:
    made = ConditionalStack(aws, name)
    yield made
    made.delete()
    assert made.topics() == []


@pytest.mark.parametrize("kinds", [("first", "second"), ("second", "first")])
def test_update_changes_a_condition_and_back(
    stack: ConditionalStack, kinds: tuple[str, str]
) -> None:
    stack.create(Kind=kinds[0])
    for kind in (kinds[1], kinds[0], kinds[1]):
        stack.update(Kind=kind)
        assert stack.topics() == [f"{stack.name}-{kind}"]
        assert stack.resources() == ALL[kind]
        assert stack.always().endswith(f"{stack.name}-{kind}")
