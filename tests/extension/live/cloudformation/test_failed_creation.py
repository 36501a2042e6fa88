"""What remains of a stack that could not be created.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed
from tests.extension.live.cloudformation.templates import failing, parameter, queue, template


@pytest.fixture
def stack(aws: Clients, name: str) -> Deployed:
    return Deployed(aws, name)


def queues(aws: Clients, stack: Deployed) -> list[str]:
    found = aws["sqs"].list_queues(QueueNamePrefix=stack.name).get("QueueUrls", [])
    return [url.rpartition("/")[2] for url in found]


def test_everything_is_removed(aws: Clients, stack: Deployed) -> None:
    status = stack.create(
        template(Queue=queue(), Also=parameter({"Ref": "Queue"}), Failing=failing("Also"))
    )

    assert status == "ROLLBACK_COMPLETE"
    assert queues(aws, stack) == []
    statuses = {
        each["LogicalResourceId"]: each["ResourceStatus"]
        for each in stack.client.describe_stack_resources(StackName=stack.id)["StackResources"]
    }
    assert statuses == dict.fromkeys(("Queue", "Also", "Failing"), "DELETE_COMPLETE")
    assert stack.delete() == "DELETE_COMPLETE"


def test_the_reasons_name_the_root_cause(stack: Deployed) -> None:
    stack.create(template(Queue=queue(), Failing=failing("Queue")))

    failures = [event for event in stack.events() if event["ResourceStatus"] == "CREATE_FAILED"]
    assert [event["LogicalResourceId"] for event in failures] == ["Failing"]
    assert "HandlerErrorCode: NotFound" in failures[0]["ResourceStatusReason"]
    rollback = [event for event in stack.events() if event["ResourceStatus"].startswith("ROLLBACK")]
    assert rollback[0]["ResourceStatusReason"] == (
        "The following resource(s) failed to create: [Failing]. Rollback requested by user."
    )
    stack.delete()


def test_what_depends_on_a_failure_is_not_begun(stack: Deployed) -> None:
    stack.create(template(Failing=failing(), Queue={**queue(), "DependsOn": "Failing"}))

    assert "Queue" not in {event["LogicalResourceId"] for event in stack.events()}
    stack.delete()


def test_a_stack_whose_rollback_is_disabled_keeps_what_was_created(
    aws: Clients, stack: Deployed
) -> None:
    status = stack.create(template(Queue=queue(), Failing=failing("Queue")), OnFailure="DO_NOTHING")

    assert status == "CREATE_FAILED"
    assert len(queues(aws, stack)) == 1
    repaired = stack.update(template(Queue=queue()), DisableRollback=True)
    assert repaired == "UPDATE_COMPLETE"
    assert len(queues(aws, stack)) == 1
    stack.delete()


def test_a_failed_stack_can_be_rolled_back_later(aws: Clients, stack: Deployed) -> None:
    stack.create(template(Queue=queue(), Failing=failing("Queue")), DisableRollback=True)

    stack.client.rollback_stack(StackName=stack.name)

    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert queues(aws, stack) == []
    stack.delete()


def test_on_failure_delete(aws: Clients, stack: Deployed) -> None:
    status = stack.create(template(Queue=queue(), Failing=failing("Queue")), OnFailure="DELETE")

    assert status == "DELETE_COMPLETE"
    assert queues(aws, stack) == []


@pytest.mark.parametrize(
    ("policy", "kept"), [("Delete", False), ("Retain", True), ("RetainExceptOnCreate", False)]
)
def test_deletion_policies(aws: Clients, stack: Deployed, policy: str, kept: bool) -> None:
    resource: dict[str, Any] = {**queue(), "DeletionPolicy": policy}

    assert stack.create(template(Queue=resource, Failing=failing("Queue"))) == "ROLLBACK_COMPLETE"

    remaining = queues(aws, stack)
    assert len(remaining) == kept
    stack.delete()
    for each in remaining:
        aws["sqs"].delete_queue(QueueUrl=aws["sqs"].get_queue_url(QueueName=each)["QueueUrl"])


def test_a_resource_that_exists_already_is_not_taken_over(aws: Clients, stack: Deployed) -> None:
    url = aws["sqs"].create_queue(QueueName=stack.name)["QueueUrl"]

    assert stack.create(template(Queue=queue(QueueName=stack.name))) == "ROLLBACK_COMPLETE"

    assert "already exists" in stack.report()
    assert queues(aws, stack) == [stack.name]
    aws["sqs"].delete_queue(QueueUrl=url)
    stack.delete()
