"""What updates and policies of stacks leave alone: messages, other stacks' resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed


def _stack(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def _policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _queue_policy(url: str, action: str) -> dict[str, Any]:
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [url], "PolicyDocument": _policy(action)},
    }


@pytest.fixture
def url(aws: Clients, name: str) -> str:
    """A queue that belongs to no stack."""
    made: str = aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
    return made


def _action(aws: Clients, url: str) -> Any:
    answer = aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    policy = answer.get("Attributes", {}).get("Policy")
    return policy and json.loads(policy)["Statement"][0]["Action"]


def test_attributes_return_to_their_defaults_and_messages_stay(aws: Clients) -> None:
    queue: dict[str, Any] = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 7}}
    with deployed(aws, _stack(Queue=queue)) as stack:
        url = stack.physical_ids()["Queue"]
        aws["sqs"].send_message(QueueUrl=url, MessageBody="kept")
        assert stack.update(_stack(Queue={"Type": "AWS::SQS::Queue"})) == "UPDATE_COMPLETE"
        assert stack.physical_ids()["Queue"] == url
        answer = aws["sqs"].get_queue_attributes(
            QueueUrl=url, AttributeNames=["VisibilityTimeout", "ApproximateNumberOfMessages"]
        )
        assert answer["Attributes"] == {
            "VisibilityTimeout": "30",
            "ApproximateNumberOfMessages": "1",
        }


def test_the_last_policy_of_a_queue_counts(aws: Clients, url: str) -> None:
    # A queue has one policy, whichever stack set it last.
    with deployed(aws, _stack(Policy=_queue_policy(url, "sqs:SendMessage"))):
        assert _action(aws, url) == "sqs:SendMessage"
        with deployed(aws, _stack(Policy=_queue_policy(url, "sqs:ReceiveMessage"))):
            assert _action(aws, url) == "sqs:ReceiveMessage"
    assert _action(aws, url) is None


def test_an_inline_policy_does_not_replace_a_policy(aws: Clients, url: str, name: str) -> None:
    inline = {
        "Type": "AWS::SQS::QueueInlinePolicy",
        "Properties": {"Queue": url, "PolicyDocument": _policy("sqs:ReceiveMessage")},
    }
    with deployed(aws, _stack(Policy=_queue_policy(url, "sqs:SendMessage"))):
        second = Deployed(aws, f"{name}-second")
        assert second.create(_stack(Policy=inline)) == "ROLLBACK_COMPLETE"
        assert "already exists" in second.report()
        assert _action(aws, url) == "sqs:SendMessage"
        second.delete()


def test_a_bucket_has_one_policy(aws: Clients, name: str) -> None:
    def policy(action: str) -> dict[str, Any]:
        document = _policy(action)
        document["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::000000000000:root"}
        return {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": name, "PolicyDocument": document},
        }

    aws["s3"].create_bucket(Bucket=name)
    with deployed(aws, _stack(Policy=policy("s3:GetObject"))):
        second = Deployed(aws, f"{name}-second")
        assert second.create(_stack(Policy=policy("s3:PutObject"))) == "ROLLBACK_COMPLETE"
        assert f"The bucket policy already exists on bucket {name}." in second.report()
        second.delete()
        assert "s3:GetObject" in aws["s3"].get_bucket_policy(Bucket=name)["Policy"]
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        aws["s3"].get_bucket_policy(Bucket=name)


def test_subscriptions_of_others_survive_an_update_of_a_topic(aws: Clients, name: str) -> None:
    def topic(*addresses: str) -> dict[str, Any]:
        own = [{"Protocol": "email", "Endpoint": address} for address in addresses]
        return {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": own}}

    queue = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    with deployed(aws, _stack(Topic=topic("one@example.com"))) as stack:
        arn = stack.physical_ids()["Topic"]
        aws["sns"].subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
        stack.update(_stack(Topic=topic("one@example.com", "two@example.com")))
        assert stack.physical_ids()["Topic"] == arn
        found = aws["sns"].list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        assert {each["Endpoint"] for each in found} == {
            "one@example.com",
            "two@example.com",
            queue,
        }


def test_object_lock_is_enabled_in_place_and_stays(aws: Clients) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
    def bucket(**properties: Any) -> dict[str, Any]:
        return _stack(Bucket={"Type": "AWS::S3::Bucket", "Properties": properties})

    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    with deployed(aws, bucket()) as stack:
        name = stack.physical_ids()["Bucket"]
        for properties in (versioned, {}):
            assert (
                stack.update(bucket(ObjectLockEnabled=True, **properties)) == "UPDATE_COMPLETE"
            ), stack.report()
            assert stack.physical_ids()["Bucket"] == name
            assert aws["s3"].get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        assert stack.update(bucket()) == "UPDATE_ROLLBACK_COMPLETE"
        assert "Object Lock cannot be disabled" in stack.report()
        lock = aws["s3"].get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
        assert lock["ObjectLockEnabled"] == "Enabled"
