"""The emails that LocalStack has sent, which it keeps."""

import re
from http import HTTPStatus
from typing import Any

import requests

from testbed.machine.waiting import until

DELIVERY_LIMIT = 20.0


class Mailbox:
    """The emails to one address."""

    def __init__(self, endpoint: str, address: str) -> None:
        self._endpoint = endpoint
        self.address = address

    def emails(self) -> list[dict[str, Any]]:
        """Return all emails, oldest first."""
        response = requests.get(f"{self._endpoint}/_aws/ses", timeout=DELIVERY_LIMIT)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return []  # LocalStack does not serve its inbox before the first email.
        response.raise_for_status()
        messages: list[dict[str, Any]] = response.json()["messages"]
        return [each for each in messages if self.address in each["Destination"]["ToAddresses"]]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until there are at least ``count`` emails, and return all."""
        return until(
            lambda: emails if len(emails := self.emails()) >= count else [],
            within=DELIVERY_LIMIT,
            what=f"inbox with {count} emails",
        )

    def subscribe(self, sns: Any, topic: str) -> None:
        """Subscribe the address to a topic and confirm; the mailbox has to be empty."""
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=self.address)
        [email] = self.wait_for(1)
        link = re.search(r"http\S+ConfirmSubscription\S+", email["Body"]["text_part"])
        assert link
        follow(link[0])


def follow(link: str) -> str:
    """Open a link as a browser does, and return the page."""
    response = requests.get(link, timeout=DELIVERY_LIMIT)
    response.raise_for_status()
    return response.text
