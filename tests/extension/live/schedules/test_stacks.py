"""Rules, schedules and schedule groups in CloudFormation stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
"""

import json
from collections.abc import Iterator

import pytest

from tests.extension.conftest import Clients
from tests.extension.scheduling import ACCOUNT, ROLE, Clock, Queue
from tests.extension.stacks import Stack, await_stack

TEMPLATE = """
Parameters:
  Name: {Type: String}
  Expression: {Type: String}
  Text: {Type: String}
  Target: {Type: String}
  Minutes: {Type: Number, Default: 1}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Ref Name}
  Group:
    Type: AWS::Scheduler::ScheduleGroup
    Properties:
      Name: !Ref Name
      Tags: [{Key: text, Value: !Ref Text}]
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: !Ref Name
      GroupName: !Ref Group
      ScheduleExpression: !Ref Expression
      FlexibleTimeWindow: {Mode: FLEXIBLE, MaximumWindowInMinutes: !Ref Minutes}
      Target: {Arn: !GetAtt Queue.Arn, RoleArn: ROLE, Input: !Ref Text}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Name: !Ref Name
      ScheduleExpression: !Ref Expression
      Targets: [{Id: !Ref Target, Arn: !GetAtt Queue.Arn, Input: !Sub '"rule ${Text}"'}]
Outputs:
  Schedule: {Value: !GetAtt Schedule.Arn}
  Group: {Value: !GetAtt Group.Arn}
  Rule: {Value: !GetAtt Rule.Arn}
"""


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[Stack]:
    stack = Stack(aws["cloudformation"], name, TEMPLATE.replace("ROLE", ROLE))
    yield stack
    stack.delete()


def test_stack_is_created_changed_and_deleted(clock: Clock, stack: Stack, aws: Clients) -> None:
    stack.create(Expression="rate(10 minutes)", Text="old", Target="one")
    queue = Queue.create(aws["sqs"], stack.name)
    schedule, rule = stack.outputs()["Schedule"], stack.outputs()["Rule"]
    assert schedule == f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/{stack.name}/{stack.name}"
    fired = clock.advance(seconds=11 * 60 + 1)
    times = {arn: [each for each in fired if each["arn"] == arn] for arn in (schedule, rule)}
    assert len(times[schedule]) == 2
    assert len(times[rule]) == 1
    assert sorted(queue.bodies(3)) == ['"rule old"', "old", "old"]

    stack.update(Expression="rate(1 hour)", Text="new", Target="two", Minutes="2")

    outputs = stack.outputs()
    assert (outputs["Schedule"], outputs["Rule"]) == (schedule, rule)
    [target] = aws["events"].list_targets_by_rule(Rule=stack.name)["Targets"]
    assert target["Id"] == "two"
    tags = aws["scheduler"].list_tags_for_resource(ResourceArn=outputs["Group"])["Tags"]
    assert tags == [{"Key": "text", "Value": "new"}]
    fired = clock.advance(seconds=62 * 60 + 1)
    times = {arn: [each for each in fired if each["arn"] == arn] for arn in (schedule, rule)}
    assert len(times[schedule]) == 2
    assert len(times[rule]) == 1
    assert sorted(queue.bodies(3)) == ['"rule new"', "new", "new"]

    stack.delete()

    assert clock.known(schedule) is None
    assert clock.known(rule) is None
    with pytest.raises(aws["scheduler"].exceptions.ResourceNotFoundException):
        aws["scheduler"].get_schedule_group(Name=stack.name)


def test_schedule_that_moves_to_another_group(clock: Clock, aws: Clients, name: str) -> None:
    def template(group: str) -> str:
        properties = {
            "Name": name,
            "GroupName": {"Ref": group},
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "DISABLED",
            "Target": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:none", "RoleArn": ROLE},
        }
        groups = {
            each: {
                "Type": "AWS::Scheduler::ScheduleGroup",
                "Properties": {"Name": f"{name}-{each}"},
            }
            for each in ("One", "Two")
        }
        schedule = {"Type": "AWS::Scheduler::Schedule", "Properties": properties}
        return json.dumps({"Resources": groups | {"Schedule": schedule}})

    client, scheduler = aws["cloudformation"], aws["scheduler"]
    client.create_stack(StackName=name, TemplateBody=template("One"))
    await_stack(client, name, "create")
    client.update_stack(StackName=name, TemplateBody=template("Two"))
    await_stack(client, name, "update")

    listed = [each for each in scheduler.list_schedules()["Schedules"] if each["Name"] == name]
    assert [each["GroupName"] for each in listed] == [f"{name}-Two"]
    client.delete_stack(StackName=name)
    await_stack(client, name, "delete")
    assert not [each for each in clock.show()["next"] if each["name"] == name]
