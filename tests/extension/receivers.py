"""Queues that receive what a service sends."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from testbed.machine.waiting import until

MESSAGE_LIMIT = 15.0


@dataclass(frozen=True)
class Message:
    body: str
    attributes: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class QueueReceiver:
    """A new queue whose messages are received one at a time."""

    def __init__(self, sqs: Any, **attributes: str) -> None:
        self._sqs = sqs
        name = f"test-{uuid.uuid4().hex[:12]}"
        self.url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn: str = self._attribute("QueueArn")

    def take(self, limit: float = MESSAGE_LIMIT) -> Message:
        """Receive and delete the next message; fail after ``limit`` seconds."""

        def receive() -> list[dict[str, Any]]:
            messages: list[dict[str, Any]] = self._sqs.receive_message(
                QueueUrl=self.url, WaitTimeSeconds=1, MessageAttributeNames=["All"]
            ).get("Messages", [])
            return messages

        (message,) = until(receive, within=limit, what=f"message in {self.arn}")
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        attributes = message.get("MessageAttributes", {})
        return Message(
            message["Body"],
            {
                name: f"{value['DataType']} {value['StringValue']}"
                for name, value in attributes.items()
            },
        )

    def size(self) -> int:
        """Return the number of messages, including those in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return sum(int(self._attribute(name)) for name in names)

    def _attribute(self, name: str) -> str:
        response = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        value: str = response["Attributes"][name]
        return value
