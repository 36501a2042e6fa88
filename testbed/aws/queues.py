"""The numbers of messages in SQS queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


@dataclass(frozen=True)
class MessageCounts:
    """How many messages a queue holds, approximately.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """

    visible: int
    in_flight: int
    delayed: int


def message_counts(aws: Aws, queue_url: str) -> MessageCounts:
    """Return how many messages a queue holds."""
    attributes = aws.sqs.get_queue_attributes(
        QueueUrl=queue_url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return MessageCounts(
        visible=int(attributes["ApproximateNumberOfMessages"]),
        in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
    )


def queue_name(queue_url: str) -> str:
    """Return the name in a queue's URL."""
    return queue_url.rpartition("/")[2]
