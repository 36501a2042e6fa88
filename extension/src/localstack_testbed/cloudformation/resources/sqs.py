"""Resource types of Amazon SQS."""

from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.helpers import (
    exists,
    json_text,
    tag_map,
    update_tags,
    without,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceType,
    is_missing,
)

_DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "KmsMasterKeyId": "",
    "KmsDataKeyReusePeriodSeconds": "300",
    "RedrivePolicy": "",
    "RedriveAllowPolicy": "",
    "SqsManagedSseEnabled": "true",
}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
_FIFO_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}


class Queue(ResourceType):
    """AWS::SQS::Queue. The physical id is the queue's URL."""

    name_property = "QueueName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the queue."""
        sqs = context.client("sqs")
        name = properties.get("QueueName") or _generated_name(context, properties)
        if exists(sqs.get_queue_url, QueueName=name):
            raise AlreadyExistsError(context.type_name, name)
        url = sqs.create_queue(
            QueueName=name, Attributes=_attributes(properties), tags=tag_map(properties)
        )["QueueUrl"]
        return str(url)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set the attributes and tags; the messages stay."""
        sqs = context.client("sqs")
        attributes = _attributes_with_defaults(new)
        before = sqs.get_queue_attributes(QueueUrl=physical_id, AttributeNames=["All"])
        differing = {
            name: value
            for name, value in attributes.items()
            if before["Attributes"].get(name, _DEFAULTS.get(name)) != value
        }
        if differing:
            sqs.set_queue_attributes(QueueUrl=physical_id, Attributes=differing)
        update_tags(
            old,
            new,
            tag=lambda tags: sqs.tag_queue(QueueUrl=physical_id, Tags=tags),
            untag=lambda keys: sqs.untag_queue(QueueUrl=physical_id, TagKeys=keys),
        )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the queue and its messages."""
        context.client("sqs").delete_queue(QueueUrl=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the queue's URL, ARN and name."""
        answer = context.client("sqs").get_queue_attributes(
            QueueUrl=physical_id, AttributeNames=["QueueArn"]
        )
        return {
            "Arn": answer["Attributes"]["QueueArn"],
            "QueueName": physical_id.rsplit("/", 1)[-1],
            "QueueUrl": physical_id,
        }


def _generated_name(context: Context, properties: Properties) -> str:
    """Return a name of at most 80 characters, with the suffix of FIFO queues."""
    if properties.get("FifoQueue"):
        return context.generated_name(75) + ".fifo"
    return context.generated_name(80)


def _attributes(properties: Properties) -> dict[str, str]:
    """Return the properties as SQS's API has them."""
    attributes = {
        name: json_text(value) for name, value in without(properties, "QueueName", "Tags").items()
    }
    if attributes.get("FifoQueue") == "false":
        # The API knows only "true": a queue without the attribute is a standard queue.
        del attributes["FifoQueue"]
    if attributes.get("KmsMasterKeyId"):
        # A queue is encrypted in one way: a KMS key ends SSE-SQS, which queues have otherwise.
        attributes.setdefault("SqsManagedSseEnabled", "false")
    return attributes


def _attributes_with_defaults(properties: Properties) -> dict[str, str]:
    return {
        **_DEFAULTS,
        **(_FIFO_DEFAULTS if properties.get("FifoQueue") else {}),
        **without(_attributes(properties), "FifoQueue"),
    }


class QueuePolicy(ResourceType):
    """AWS::SQS::QueuePolicy.

    A queue has one policy: the resource replaces the one that there is, also that of another
    stack, and its deletion leaves the queue without one.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queuepolicy.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        """Set the policy of each queue."""
        name = context.generated_name(128)
        context.created(name)
        for url in properties["Queues"]:
            _set_policy(context, url, properties["PolicyDocument"])
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set the policy of each queue, and remove it from those that are not listed anymore."""
        for url in new["Queues"]:
            _set_policy(context, url, new["PolicyDocument"])
        for url in old["Queues"]:
            if url not in new["Queues"]:
                _remove_policy(context, url)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Remove the policy of each queue."""
        for url in properties["Queues"]:
            _remove_policy(context, url)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the id."""
        return {"Id": physical_id}


class QueueInlinePolicy(ResourceType):
    """AWS::SQS::QueueInlinePolicy. The physical id is the queue's URL.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queueinlinepolicy.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        """Set the queue's policy."""
        url = str(properties["Queue"])
        answer = context.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        if answer.get("Attributes", {}).get("Policy"):
            raise AlreadyExistsError(context.type_name, url)
        _set_policy(context, url, properties["PolicyDocument"])
        return url

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the queue's policy."""
        _set_policy(context, physical_id, new["PolicyDocument"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Remove the queue's policy."""
        _remove_policy(context, physical_id)


def _set_policy(context: Context, url: str, document: Any) -> None:
    context.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json_text(document)}
    )


def _remove_policy(context: Context, url: str) -> None:
    """Remove a queue's policy, unless the queue is gone, too."""
    try:
        context.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    except ClientError as error:
        if not is_missing(error):
            raise


TYPES: dict[str, type[ResourceType]] = {
    "AWS::SQS::Queue": Queue,
    "AWS::SQS::QueueInlinePolicy": QueueInlinePolicy,
    "AWS::SQS::QueuePolicy": QueuePolicy,
}
