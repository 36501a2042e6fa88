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


def test_only_one_of_several_requests_updates_the_stack(aws: Clients, name: str) -> None:
    with deployed(aws, {"Resources": {"Queue": QUEUE}}, name) as stack:
        names = [f"{name}-{number}" for number in range(6)]

        def update(queue_name: str) -> str:
            queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": queue_name}}
            body = json.dumps({"Resources": {"Queue": queue}})
            try:
                aws["cloudformation"].update_stack(StackName=name, TemplateBody=body)
            except ClientError as error:
                return str(error)
            return queue_name

        with ThreadPoolExecutor(len(names)) as pool:
            answers = list(pool.map(update, names))

        assert stack.settled() == "UPDATE_COMPLETE"
        errors = [answer for answer in answers if answer not in names]
        assert all("can not be updated" in each or "meanwhile" in each for each in errors), errors
        last = stack.physical_ids()["Queue"].rpartition("/")[2]
        assert last in answers
        assert [url.rpartition("/")[2] for url in queues(aws, name)] == [last]


def test_many_conditions_wait_at_the_same_time(aws: Clients, name: str) -> None:
    """On AWS, no resource waits for one that it does not depend on."""
    handles = {f"H{n}": {"Type": "AWS::CloudFormation::WaitConditionHandle"} for n in range(25)}
    conditions = {
        f"C{n}": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": f"H{n}"}, "Timeout": 300},
        }
        for n in range(25)
    }
    stack = Deployed(aws, name)
    body = json.dumps({"Resources": {**conditions, **handles}})
    stack.id = stack.client.create_stack(StackName=name, TemplateBody=body)["StackId"]

    def waiting() -> bool:
        begun = stack.client.describe_stack_resources(StackName=name)["StackResources"]
        return len([each for each in begun if each["LogicalResourceId"] in conditions]) == 25

    until(waiting, within=20, what="25 wait conditions")
    assert stack.delete() == "DELETE_COMPLETE"
    assert [
        event["ResourceStatus"] for event in stack.events() if event["LogicalResourceId"] == name
    ][-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]


def test_change_set_of_a_deleted_stack(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    body = json.dumps({"Resources": {"Queue": QUEUE}})
    made = client.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body
    )
    client.delete_stack(StackName=name)
    stack = Deployed(aws, name)
    stack.id = made["StackId"]
    assert stack.settled() == "DELETE_COMPLETE"

    with rejected("ChangeSetNotFound"):
        client.execute_change_set(ChangeSetName=made["Id"])

    assert queues(aws, name) == []


def test_former_values_of_secrets_stay_hidden(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"""
    secret = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {
            "Stored": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Ref": "Secret"}},
            }
        },
    }

    def given(value: str) -> list[dict[str, str]]:
        return [{"ParameterKey": "Secret", "ParameterValue": value}]

    with deployed(aws, secret, name, Parameters=given("first-secret")) as stack:
        assert stack.update(secret, Parameters=given("second-secret")) == "UPDATE_COMPLETE"
        assert "-secret" not in json.dumps(stack.events(), default=str)
        [stored] = stack.physical_ids().values()
        assert aws["ssm"].get_parameter(Name=stored)["Parameter"]["Value"] == "second-secret"


def queues(aws: Clients, prefix: str) -> list[str]:
    return list(aws["sqs"].list_queues(QueueNamePrefix=prefix).get("QueueUrls", []))
