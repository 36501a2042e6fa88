"""Examples of Amazon SQS's resource types."""

from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, Change, Example, Seen

QUEUE = {"Type": "AWS::SQS::Queue"}


def _queue(seen: Seen) -> Any:
    return _attributes_and_tags(seen, seen.physical_id)


def _attributes_and_tags(seen: Seen, url: str) -> Any:
    sqs = seen.client("sqs")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    for time in ("CreatedTimestamp", "LastModifiedTimestamp"):
        del attributes[time]
    if attributes.get("RedriveAllowPolicy") == "":
        # AWS removes the policy if it is set to nothing; LocalStack shows the empty text.
        del attributes["RedriveAllowPolicy"]
    return attributes, sqs.list_queue_tags(QueueUrl=url).get("Tags")


def _policies(seen: Seen) -> Any:
    answers = {
        logical_id: seen.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        for logical_id, url in seen.others.items()
    }
    return {logical_id: each.get("Attributes") for logical_id, each in answers.items()}


def _policy(action: str) -> Any:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}],
    }


EXAMPLES = [
    Example(
        type="AWS::SQS::Queue",
        properties={},
        others={"DeadLetters": QUEUE},
        changes={
            "DelaySeconds": Change(5, ABSENT),
            "KmsDataKeyReusePeriodSeconds": Change(
                600, ABSENT, also={"KmsMasterKeyId": "alias/aws/sqs"}
            ),
            "KmsMasterKeyId": Change("alias/aws/sqs", ABSENT),
            "MaximumMessageSize": Change(2048, ABSENT),
            "MessageRetentionPeriod": Change(60, ABSENT),
            "QueueName": Change("q-1", "q-2"),
            "ReceiveMessageWaitTimeSeconds": Change(2, ABSENT),
            "RedriveAllowPolicy": Change({"redrivePermission": "denyAll"}, ABSENT),
            "RedrivePolicy": Change(
                {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                    "maxReceiveCount": 3,
                },
                ABSENT,
            ),
            "SqsManagedSseEnabled": Change(False, ABSENT),
            "Tags": Change(
                [{"Key": "kept", "Value": "1"}, {"Key": "removed", "Value": "1"}],
                [{"Key": "kept", "Value": "2"}, {"Key": "added", "Value": "1"}],
            ),
            "VisibilityTimeout": Change(5, ABSENT),
        },
        observe=_queue,
        exceptions={
            "ContentBasedDeduplication": "In the example of a FIFO queue.",
            "DeduplicationScope": "In the example of a FIFO queue.",
            "FifoQueue": "In the example of a FIFO queue.",
            "FifoThroughputLimit": "In the example of a FIFO queue.",
        },
    ),
    Example(
        type="AWS::SQS::Queue",
        properties={"FifoQueue": True},
        changes={
            "ContentBasedDeduplication": Change(True, ABSENT),
            "DeduplicationScope": Change("messageGroup", ABSENT),
            "FifoQueue": Change(True, ABSENT),
            "FifoThroughputLimit": Change(
                "perMessageGroupId", ABSENT, also={"DeduplicationScope": "messageGroup"}
            ),
            "VisibilityTimeout": Change(5, ABSENT),
        },
        observe=_queue,
        exceptions=dict.fromkeys(
            (
                "DelaySeconds",
                "KmsDataKeyReusePeriodSeconds",
                "KmsMasterKeyId",
                "MaximumMessageSize",
                "MessageRetentionPeriod",
                "QueueName",
                "ReceiveMessageWaitTimeSeconds",
                "RedriveAllowPolicy",
                "RedrivePolicy",
                "SqsManagedSseEnabled",
                "Tags",
            ),
            "In the example of a standard queue.",
        ),
    ),
    Example(
        type="AWS::SQS::QueuePolicy",
        properties={
            "PolicyDocument": _policy("sqs:SendMessage"),
            "Queues": [{"Ref": "First"}],
        },
        others={"First": QUEUE, "Second": QUEUE},
        changes={
            "PolicyDocument": Change(_policy("sqs:SendMessage"), _policy("sqs:ReceiveMessage")),
            "Queues": Change([{"Ref": "First"}], [{"Ref": "Second"}]),
        },
        observe=_policies,
    ),
    Example(
        type="AWS::SQS::QueueInlinePolicy",
        properties={"PolicyDocument": _policy("sqs:SendMessage"), "Queue": {"Ref": "First"}},
        others={"First": QUEUE, "Second": QUEUE},
        changes={
            "PolicyDocument": Change(_policy("sqs:SendMessage"), _policy("sqs:ReceiveMessage")),
            "Queue": Change({"Ref": "First"}, {"Ref": "Second"}),
        },
        observe=_policies,
    ),
]
