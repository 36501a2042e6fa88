"""What deleting a stack deletes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-delete-stack.html
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import failing, queue, template, topic

BUCKET = {"Type": "AWS::S3::Bucket"}


@pytest.fixture
def stack(aws: Clients, name: str) -> Deployed:
    return Deployed(aws, name)


def test_resources_that_are_gone_already(aws: Clients, stack: Deployed) -> None:
    stack.create(template(Queue=queue(), Topic=topic()))
    aws["sqs"].delete_queue(QueueUrl=stack.physical_ids()["Queue"])

    assert stack.delete() == "DELETE_COMPLETE"


def test_a_bucket_that_is_not_empty(aws: Clients, stack: Deployed) -> None:
    stack.create(template(Bucket=BUCKET, Queue=queue()))
    bucket = stack.physical_ids()["Bucket"]
    aws["s3"].put_object(Bucket=bucket, Key="object", Body=b"content")

    assert stack.delete() == "DELETE_FAILED"

    assert stack.describe()["StackStatusReason"] == (
        "The following resource(s) failed to delete: [Bucket]. "
    )
    aws["s3"].delete_object(Bucket=bucket, Key="object")
    assert stack.delete() == "DELETE_COMPLETE"


def test_resources_to_retain(aws: Clients, stack: Deployed) -> None:
    stack.create(template(Bucket=BUCKET, Queue=queue()))
    bucket = stack.physical_ids()["Bucket"]
    aws["s3"].put_object(Bucket=bucket, Key="object", Body=b"content")
    stack.delete()

    stack.client.delete_stack(StackName=stack.id, RetainResources=["Bucket"])

    assert stack.settled() == "DELETE_COMPLETE"
    aws["s3"].delete_object(Bucket=bucket, Key="object")
    aws["s3"].delete_bucket(Bucket=bucket)


def test_a_deletion_policy_retains(aws: Clients, stack: Deployed) -> None:
    stack.create(template(Topic={**topic(), "DeletionPolicy": "Retain"}))
    arn = stack.physical_ids()["Topic"]

    assert stack.delete() == "DELETE_COMPLETE"

    skipped = [
        each["ResourceStatus"] for each in stack.events() if each["LogicalResourceId"] == "Topic"
    ]
    assert skipped[-1] == "DELETE_SKIPPED"
    aws["sns"].delete_topic(TopicArn=arn)


def test_termination_protection(stack: Deployed) -> None:
    stack.create(template(Queue=queue()), EnableTerminationProtection=True)

    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        stack.client.delete_stack(StackName=stack.name)

    assert stack.status() == "CREATE_COMPLETE"
    stack.client.update_termination_protection(
        StackName=stack.name, EnableTerminationProtection=False
    )
    assert stack.delete() == "DELETE_COMPLETE"


def test_an_export_in_use(aws: Clients, name: str) -> None:
    exporting = {
        **template(Queue=queue()),
        "Outputs": {"Arn": {"Value": {"Ref": "Queue"}, "Export": {"Name": f"{name}-url"}}},
    }
    importing = template(Topic=topic(DisplayName={"Fn::ImportValue": f"{name}-url"}))
    with (
        deployed(aws, exporting, name) as stack,
        deployed(aws, importing, f"{name}-2") as other,
    ):
        assert stack.delete() == "CREATE_COMPLETE"
        assert stack.describe()["StackStatusReason"] == (
            f"Export {name}-url cannot be deleted as it is in use by {other.name}"
        )


def test_resources_are_deleted_before_what_they_need(stack: Deployed) -> None:
    stack.create(template(Queue=queue(), Topic={**topic(), "DependsOn": "Queue"}))

    stack.delete()

    deleted = [
        event["LogicalResourceId"]
        for event in stack.events()
        if event["ResourceStatus"] == "DELETE_COMPLETE"
    ]
    assert deleted == ["Topic", "Queue", stack.name]


def test_a_forced_deletion_deletes_what_the_failed_resource_needed(
    aws: Clients, stack: Deployed
) -> None:
    stack.create(template(Queue=queue(), Bucket={**BUCKET, "DependsOn": "Queue"}))
    ids = stack.physical_ids()
    aws["s3"].put_object(Bucket=ids["Bucket"], Key="object", Body=b"content")
    assert stack.delete() == "DELETE_FAILED"

    stack.client.delete_stack(StackName=stack.id, DeletionMode="FORCE_DELETE_STACK")

    assert stack.settled() == "DELETE_COMPLETE"
    assert "QueueUrls" not in aws["sqs"].list_queues(QueueNamePrefix=stack.name)
    aws["s3"].delete_object(Bucket=ids["Bucket"], Key="object")
    aws["s3"].delete_bucket(Bucket=ids["Bucket"])


def test_opposite_dependencies_of_two_attempts(aws: Clients, stack: Deployed) -> None:
    """A queue that was replaced needs a topic that needs the replacement: all are deleted."""

    def attempt(number: int, **depends_on: str) -> dict[str, Any]:
        first = queue(QueueName=f"{stack.name}-{number}")
        second = topic(TopicName=f"{stack.name}-{number}")
        resources = {"Queue": first, "Topic": second}
        for name, other in depends_on.items():
            resources[name]["DependsOn"] = other
        return template(**resources, **({"Failing": failing("Queue", "Topic")} if number else {}))

    stack.create(attempt(0, Queue="Topic"))
    assert stack.update(attempt(1, Topic="Queue"), DisableRollback=True) == "UPDATE_FAILED"

    assert stack.delete() == "DELETE_COMPLETE"

    assert "QueueUrls" not in aws["sqs"].list_queues(QueueNamePrefix=stack.name)
    arns = [each["TopicArn"] for each in aws["sns"].list_topics()["Topics"]]
    assert [arn for arn in arns if stack.name in arn] == []
