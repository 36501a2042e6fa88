"""Messages that are expected to arrive in a queue."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_BATCH = 10  # SQS's limit


class Deliveries:
    """The texts that were sent, and those that have not arrived yet.

    A text that arrives twice is not an error: SQS delivers at least once.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._lock = threading.Lock()
        self._missing: set[str] = set()
        self._foreign: list[str] = []
        self._seen: set[str] = set()

    def expect(self, text: str) -> None:
        """Expect a text; call this before it can arrive."""
        with self._lock:
            self._missing.add(text)

    def arrived(self, text: str) -> None:
        """Record the text of a message."""
        with self._lock:
            if text in self._missing:
                self._missing.remove(text)
                self._seen.add(text)
            elif text not in self._seen:
                self._foreign.append(text)

    def complete(self) -> bool:
        """Return whether everything has arrived."""
        with self._lock:
            return not self._missing

    def complaints(self) -> list[str]:
        """Return what is missing or unexpected, and start again."""
        with self._lock:
            lost = [f"{text} did not arrive" for text in sorted(self._missing)]
            foreign = [f"{text} arrived but was not sent" for text in self._foreign]
            self._missing, self._seen, self._foreign = set(), set(), []
        return lost + foreign

    def receive(self, client: SQSClient, queue_url: str) -> None:
        """Receive and delete all messages of a queue."""
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
