"""A stack is after a failed update what it was before.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import (
    ROLE,
    failing,
    parameter,
    queue,
    template,
    topic,
)

FIRST = template(
    Queue=queue(VisibilityTimeout=30),
    Topic=topic(DisplayName="first"),
    Url=parameter({"Ref": "Queue"}),
)


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[Deployed]:
    with deployed(aws, FIRST, name) as made:
        yield made


def test_updated_replaced_and_new_resources_are_restored(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()
    aws["sqs"].send_message(QueueUrl=before["Queue"], MessageBody="kept")

    status = stack.update(
        template(
            Queue=queue(VisibilityTimeout=60),
            Topic=topic(DisplayName="second", TopicName=f"{stack.name}-second"),
            Url=parameter({"Ref": "Topic"}),
            New=queue(),
            Failing=failing("Queue", "Topic", "Url", "New"),
        )
    )

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.physical_ids() == before
    attributes = aws["sqs"].get_queue_attributes(QueueUrl=before["Queue"], AttributeNames=["All"])[
        "Attributes"
    ]
    assert attributes["VisibilityTimeout"] == "30"
    assert attributes["ApproximateNumberOfMessages"] == "1"
    topics = [each["TopicArn"] for each in aws["sns"].list_topics()["Topics"]]
    assert [each for each in topics if stack.name in each] == [before["Topic"]]
    stored = aws["ssm"].get_parameter(Name=before["Url"])["Parameter"]["Value"]
    assert stored == before["Queue"]
    assert len(aws["sqs"].list_queues(QueueNamePrefix=stack.name)["QueueUrls"]) == 1


def test_a_number_that_is_out_of_range_rolls_back(stack: Deployed) -> None:
    """Change sets accept it: AWS's schema does not have the ranges of SQS.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    invalid = template(Queue=queue(VisibilityTimeout=43_201), Topic=topic(DisplayName="second"))
    assert stack.update(invalid) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.first_failure() == "Queue"


def test_removed_resources_are_still_there(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()

    status = stack.update(template(Queue=queue(), Failing=failing("Queue")))

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.physical_ids() == before
    assert aws["sns"].get_topic_attributes(TopicArn=before["Topic"])


def test_the_next_valid_update_works(stack: Deployed) -> None:
    before = stack.physical_ids()
    stack.update(template(Queue=queue(VisibilityTimeout=60), Failing=failing("Queue")))

    assert (
        stack.update(template(Queue=queue(VisibilityTimeout=61)), DisableRollback=True)
        == "UPDATE_COMPLETE"
    )

    assert stack.physical_ids() == {"Queue": before["Queue"]}


def test_the_template_is_the_former_one_again(stack: Deployed) -> None:
    stack.update(template(Queue=queue(VisibilityTimeout=60), Failing=failing("Queue")))

    assert stack.client.get_template(StackName=stack.name)["TemplateBody"] == FIRST


def test_an_update_without_rollback_can_be_repaired(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()
    broken = template(Queue=queue(VisibilityTimeout=60), Failing=failing("Queue"))

    assert stack.update(broken, DisableRollback=True) == "UPDATE_FAILED"
    assert (
        stack.update(template(Queue=queue(VisibilityTimeout=61)), DisableRollback=True)
        == "UPDATE_COMPLETE"
    )

    assert stack.physical_ids() == {"Queue": before["Queue"]}


def test_an_update_without_rollback_can_be_rolled_back(aws: Clients, stack: Deployed) -> None:
    before = stack.physical_ids()
    stack.update(
        template(Queue=queue(VisibilityTimeout=60), Failing=failing("Queue")), DisableRollback=True
    )

    stack.client.rollback_stack(StackName=stack.name)

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.physical_ids() == before


def test_a_rollback_that_fails_can_be_continued(aws: Clients, stack: Deployed) -> None:
    url = stack.physical_ids()["Queue"]
    second = template(Queue=queue(VisibilityTimeout=60), Failing=failing("Queue"))
    # Somebody deletes the queue after the update: it cannot be updated back.
    stack.update(second, DisableRollback=True)
    aws["sqs"].delete_queue(QueueUrl=url)
    stack.client.rollback_stack(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    assert "[Queue]" in stack.describe()["StackStatusReason"]

    stack.client.continue_update_rollback(StackName=stack.name)
    assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
    stack.client.continue_update_rollback(StackName=stack.name, ResourcesToSkip=["Queue"])

    assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_a_replacement_that_failed_is_attempted_again(aws: Clients, stack: Deployed) -> None:
    def subscribed(topic: Any) -> dict[str, Any]:
        subscription = failing()
        endpoint = {"Fn::GetAtt": ["Queue", "Arn"]}
        subscription["Properties"] |= {"TopicArn": topic, "Endpoint": endpoint}
        return {"Resources": {**FIRST["Resources"], "Subscription": subscription}}

    valid = subscribed({"Ref": "Topic"})
    invalid = subscribed("arn:aws:sns:us-east-1:000000000000:there-is-no-such-topic")
    assert stack.update(valid) == "UPDATE_COMPLETE"
    before = stack.physical_ids()

    assert stack.update(invalid, DisableRollback=True) == "UPDATE_FAILED"
    assert stack.update(invalid, DisableRollback=True) == "UPDATE_FAILED"
    assert stack.update(valid, DisableRollback=True) == "UPDATE_COMPLETE"

    assert stack.physical_ids() == before
    assert aws["sns"].get_subscription_attributes(SubscriptionArn=before["Subscription"])
    assert statuses(stack) == {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_a_replacement_with_the_same_physical_id(aws: Clients, name: str) -> None:
    def granted(role: str, **more: Any) -> dict[str, Any]:
        policy = {
            "Type": "AWS::IAM::RolePolicy",
            "Properties": {
                "PolicyName": "same",
                "RoleName": {"Ref": role},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
                },
            },
        }
        return template(First=ROLE, Second=ROLE, Policy=policy, **more)

    with deployed(aws, granted("First"), name) as stack:
        ids = stack.physical_ids()

        assert stack.update(granted("Second", Failing=failing("Policy"))) == (
            "UPDATE_ROLLBACK_COMPLETE"
        )

        for role, policies in (("First", ["same"]), ("Second", [])):
            found = aws["iam"].list_role_policies(RoleName=ids[role])["PolicyNames"]
            assert found == policies, role


def test_what_failed_before_it_began_is_complete_again(stack: Deployed) -> None:
    value = {"Fn::Select": [3, {"Fn::Split": [",", {"Ref": "Topic"}]}]}
    invalid = {**FIRST["Resources"], "Url": parameter(value), "Topic": topic(TopicName=stack.name)}

    assert stack.update({"Resources": invalid}) == "UPDATE_ROLLBACK_COMPLETE"

    assert statuses(stack) == {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def test_a_stack_that_was_never_complete_is_rolled_back_as_a_whole(aws: Clients, name: str) -> None:
    stack = Deployed(aws, name)
    broken = template(Queue=queue(), Failing=failing("Queue"))
    assert stack.create(broken, DisableRollback=True) == "CREATE_FAILED"
    assert stack.update(broken, DisableRollback=True) == "UPDATE_FAILED"

    stack.client.rollback_stack(StackName=name)

    assert stack.settled() == "ROLLBACK_COMPLETE"
    assert "QueueUrls" not in aws["sqs"].list_queues(QueueNamePrefix=name)
    assert stack.delete() == "DELETE_COMPLETE"


def statuses(stack: Deployed) -> set[str]:
    found = stack.client.describe_stack_resources(StackName=stack.id)["StackResources"]
    return {each["ResourceStatus"] for each in found}
