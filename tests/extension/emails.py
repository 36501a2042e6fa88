"""The emails that LocalStack keeps, and what tests of them wait for."""

import json
import re
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

from tests.extension.waiting import wait_until

DELIVERY_LIMIT = 20.0


class Mailbox:
    """The emails to one address."""

    def __init__(self, endpoint: str, address: str) -> None:
        self._endpoint = endpoint
        self.address = address

    def emails(self) -> list[dict[str, Any]]:
        """Return all of them, oldest first."""
        try:
            with urllib.request.urlopen(f"{self._endpoint}/_aws/ses") as response:
                messages: list[dict[str, Any]] = json.load(response)["messages"]
        except urllib.error.HTTPError as error:
            # LocalStack serves its inbox from the first email on.
            if error.code != HTTPStatus.NOT_FOUND:
                raise
            return []
        return [each for each in messages if self.address in each["Destination"]["ToAddresses"]]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Return the emails once there are so many."""
        return wait_until(
            lambda: emails if len(emails := self.emails()) >= count else [],
            DELIVERY_LIMIT,
            f"there are {count} emails",
        )

    def subscribe(self, sns: Any, topic: str) -> None:
        """Subscribe it to a topic, and confirm that, in an empty inbox."""
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=self.address)
        [email] = self.wait_for(1)
        link = re.search(r"http\S+ConfirmSubscription\S+", email["Body"]["text_part"])
        assert link
        follow(link[0])


def follow(link: str) -> str:
    """Follow a link as an email program does, and return the page."""
    with urllib.request.urlopen(link) as response:
        page: str = response.read().decode()
    return page
