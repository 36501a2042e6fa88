"""Messages that have to arrive some time after they were caused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_BATCH = 10  # SQS's limit


class Deliveries:
    """Which texts were sent on their way, and which have not come to a queue yet.

    A text that comes twice is no error: SQS delivers at least once.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._lock = threading.Lock()
        self._missing: set[str] = set()
        self._foreign: list[str] = []
        self._seen: set[str] = set()

    def expect(self, text: str) -> None:
        """Wait for a text; to be called before it can arrive."""
        with self._lock:
            self._missing.add(text)

    def arrived(self, text: str) -> None:
        """Note a message's text."""
        with self._lock:
            if text in self._missing:
                self._missing.remove(text)
                self._seen.add(text)
            elif text not in self._seen:
                self._foreign.append(text)

    def complete(self) -> bool:
        """Tell whether everything has arrived."""
        with self._lock:
            return not self._missing

    def complaints(self) -> list[str]:
        """Say what is wrong, and expect nothing any more."""
        with self._lock:
            lost = [f"{text} did not arrive" for text in sorted(self._missing)]
            foreign = [f"{text} arrived, and nobody sent it" for text in self._foreign]
            self._missing, self._seen, self._foreign = set(), set(), []
        return lost + foreign

    def receive(self, client: SQSClient, queue_url: str) -> None:
        """Take all messages that a queue has now."""
        while messages := client.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=_BATCH
        ).get("Messages", []):
            for message in messages:
                self.arrived(message["Body"])
            client.delete_message_batch(
                QueueUrl=queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ],
            )
