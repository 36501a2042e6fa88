"""What AWS's CLIs, CDK and the SDK's waiters rely on.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import CAPABILITIES, Deployed, deployed

FAST = {"Delay": 0.1, "MaxAttempts": 200}
QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue"}
INVALID: dict[str, Any] = {
    "Type": "AWS::SNS::Subscription",
    "DependsOn": "Queue",
    "Properties": {
        "TopicArn": {"Fn::Sub": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:no-such-topic"},
        "Protocol": "sqs",
        "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
    },
}


def create_change_set(
    stack: Deployed, resources: dict[str, Any], kind: str = "CREATE", **request: Any
) -> None:
    """Create the change set ``change``, and wait as tools do.

    Raises
    ------
    WaiterError
        If the change set is FAILED.
    """
    made = stack.client.create_change_set(
        StackName=stack.name,
        ChangeSetName="change",
        ChangeSetType=kind,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=CAPABILITIES,
        **request,
    )
    stack.id = made["StackId"]
    stack.client.get_waiter("change_set_create_complete").wait(
        ChangeSetName=made["Id"], WaiterConfig=FAST
    )


def execute_change_set(stack: Deployed) -> str:
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="change")
    return stack.settled()


def waited(stack: Deployed, waiter: str) -> None:
    stack.client.get_waiter(waiter).wait(StackName=stack.name, WaiterConfig=FAST)


def test_events_have_increasing_times_in_milliseconds(aws: Clients, name: str) -> None:
    """CDK and others sort events, and JavaScript's times have no microseconds."""
    resources = {f"Queue{number}": QUEUE for number in range(5)}
    with deployed(aws, {"Resources": resources}, name) as stack:
        times = [event["Timestamp"] for event in stack.events()]
    assert all(time.microsecond % 1000 == 0 for time in times)
    assert all(earlier < later for earlier, later in pairwise(times))


def test_waiters_for_a_stack_that_fails_and_is_rolled_back(aws: Clients, name: str) -> None:
    stack = Deployed(aws, name)
    create_change_set(stack, {"Queue": QUEUE, "Late": INVALID})
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="change")
    with pytest.raises(WaiterError, match="ROLLBACK_COMPLETE"):
        waited(stack, "stack_create_complete")
    stack.client.delete_stack(StackName=name)
    waited(stack, "stack_delete_complete")

    with deployed(aws, {"Resources": {"Queue": QUEUE}}, name) as stack:
        waited(stack, "stack_exists")
        waited(stack, "stack_create_complete")
        body = json.dumps({"Resources": {"Queue": QUEUE, "Late": INVALID}})
        request = {"StackName": name, "TemplateBody": body}
        stack.client.update_stack(**request)
        with pytest.raises(WaiterError, match="UPDATE_ROLLBACK_COMPLETE"):
            waited(stack, "stack_update_complete")

        stack.client.update_stack(**request, DisableRollback=True)
        with pytest.raises(WaiterError, match="UPDATE_FAILED"):
            waited(stack, "stack_update_complete")
        stack.client.rollback_stack(StackName=name)
        waited(stack, "stack_rollback_complete")


def test_waiters_of_operations_that_are_not_available_say_so(aws: Clients) -> None:
    waiter = aws["cloudformation"].get_waiter("stack_refactor_create_complete")
    with pytest.raises(WaiterError, match="DescribeStackRefactor is not available in this testbed"):
        waiter.wait(StackRefactorId="00000000-0000-0000-0000-000000000000")


def test_import_of_existing_resources_if_there_are_none(aws: Clients, name: str) -> None:
    """CDK always requests it."""
    stack = Deployed(aws, name)
    topic = {
        "Type": "AWS::SNS::Topic",
        "DeletionPolicy": "RetainExceptOnCreate",
        "Properties": {"TopicName": name},
    }
    create_change_set(stack, {"Topic": topic}, ImportExistingResources=True)
    described = stack.client.describe_change_set(StackName=name, ChangeSetName="change")
    assert described["ImportExistingResources"] is True
    assert execute_change_set(stack) == "CREATE_COMPLETE"
    arn = stack.physical_ids()["Topic"]

    # DeletionPolicy keeps the topic, which AWS would import into another stack of this name.
    assert stack.delete() == "DELETE_COMPLETE"
    again = Deployed(aws, name)
    create_change_set(again, {"Topic": topic}, ImportExistingResources=True)
    assert execute_change_set(again) == "ROLLBACK_COMPLETE"
    [failed] = [event for event in again.events() if event["ResourceStatus"] == "CREATE_FAILED"]
    assert "already exists" in failed["ResourceStatusReason"]
    assert "this testbed cannot" in failed["ResourceStatusReason"]
    assert again.delete() == "DELETE_COMPLETE"
    # What exists is left alone.
    aws["sns"].get_topic_attributes(TopicArn=arn)
    aws["sns"].delete_topic(TopicArn=arn)


def test_why_a_change_set_failed(aws: Clients, name: str) -> None:
    """CDK asks for events and hooks of a failed change set, and then shows its reason."""
    client = aws["cloudformation"]
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {},
            "ManagedPolicyArns": [""],
        },
    }
    with deployed(aws, {"Resources": {"Queue": QUEUE}}, name) as stack:
        with pytest.raises(WaiterError, match="FAILED"):
            create_change_set(stack, {"Queue": QUEUE, "Role": role}, "UPDATE")
        described = client.describe_change_set(StackName=name, ChangeSetName="change")
        assert "[pattern] (arn:" in described["StatusReason"]
        events = client.describe_events(
            StackName=name, ChangeSetName="change", Filters={"FailedEvents": True}
        )
        assert events["OperationEvents"] == []
        hooks = client.list_hook_results(TargetType="CHANGE_SET", TargetId=described["ChangeSetId"])
        assert hooks["HookResults"] == []
