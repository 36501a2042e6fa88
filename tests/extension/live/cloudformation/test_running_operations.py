"""What the API answers while an operation on a stack runs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.test_stacks import rejected

QUEUE = {"Type": "AWS::SQS::Queue"}
WAITING: dict[str, Any] = {
    "Resources": {
        "Queue": QUEUE,
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Condition": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "DependsOn": "Queue",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": 300},
        },
    }
}


def test_stack_is_deleted_while_it_is_created(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    stack = Deployed(aws, name)
    stack.id = client.create_stack(StackName=name, TemplateBody=json.dumps(WAITING))["StackId"]
    url = until(lambda: stack.physical_ids().get("Queue"), within=20, what="queue")
    with rejected(match=rf"Stack:{stack.id} is in CREATE_IN_PROGRESS state and can not be updated"):
        client.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"A": QUEUE}}))
    client.delete_stack(StackName=name)
    assert stack.settled() == "DELETE_COMPLETE"
    missing = aws["sqs"].exceptions.QueueDoesNotExist
    try:
        aws["sqs"].get_queue_attributes(QueueUrl=url)
    except missing:
        return
    raise AssertionError(f"{url} still exists")


def test_operations_during_an_update(aws: Clients, name: str) -> None:
    with deployed(aws, {"Resources": {"Queue": QUEUE}}, name) as stack:
        client, body = stack.client, json.dumps(WAITING)
        client.update_stack(StackName=name, TemplateBody=body)
        with rejected(match=r"is in UPDATE_IN_PROGRESS state and can not be updated\."):
            client.update_stack(StackName=name, TemplateBody=body)
        with rejected(match=r"is in UPDATE_IN_PROGRESS state and can not be updated\."):
            client.create_change_set(StackName=name, ChangeSetName="a", TemplateBody=body)
        with rejected(match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
            client.delete_stack(StackName=name)
        client.cancel_update_stack(StackName=name)
        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_only_one_of_several_requests_creates_the_stack(aws: Clients, name: str) -> None:
    body = json.dumps({"Resources": {"Queue": QUEUE}})

    def create(_: int) -> str:
        try:
            made = aws["cloudformation"].create_stack(StackName=name, TemplateBody=body)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return str(made["StackId"])

    with ThreadPoolExecutor(5) as pool:
        answers = set(pool.map(create, range(5)))
    stack = Deployed(aws, name)
    [stack.id] = answers - {"AlreadyExistsException"}
    assert stack.settled() == "CREATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"
