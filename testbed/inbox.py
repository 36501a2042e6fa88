"""The mails that the emulated AWS has sent: LocalStack keeps them instead of delivering them.

https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

import requests

from testbed.errors import TestbedError

_TIMEOUT_SECONDS = 10
_CONFIRMATION = re.compile(
    r'https?://[^\s"]+/\?(Action=ConfirmSubscription&TopicArn=([^\s"&]+)&Token=\w+)'
)
_REASON = re.compile("<Message>(.*?)</Message>", re.DOTALL)


@dataclass(frozen=True)
class Mail:
    """One mail.

    Parameters
    ----------
    sent
        When it was sent, ISO 8601.
    """

    id: str
    sent: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str

    @property
    def confirmation(self) -> Confirmation | None:
        """What SNS asks its recipient to confirm, if it does."""
        found = _CONFIRMATION.search(self.body)
        return Confirmation(self.recipients[0], found[2], found[1]) if found else None


@dataclass(frozen=True)
class Confirmation:
    """A subscription to a topic that its subscriber is to confirm, by following a link.

    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html

    Parameters
    ----------
    query
        What the link asks SNS for, without the host that it leads to.
    """

    address: str
    topic_arn: str
    query: str


class Inbox:
    """The inbox behind an endpoint, for all recipients."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._url = f"{endpoint_url}/_aws/ses"
        self._health_url = f"{endpoint_url}/_localstack/health"

    def mails(self) -> list[Mail]:
        """Return all mails, oldest first.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox.
        """
        self._require_localstack()
        response = self._request("GET", self._url)
        # LocalStack serves its inbox from the first mail on.
        messages = (
            [] if response.status_code == HTTPStatus.NOT_FOUND else response.json()["messages"]
        )
        return [
            Mail(
                id=message["Id"],
                sent=message["Timestamp"],
                sender=message["Source"],
                recipients=tuple(message.get("Destination", {}).get("ToAddresses", [])),
                subject=message.get("Subject", ""),
                body=message.get("Body", {}).get("text_part") or "",
            )
            for message in messages
        ]

    def clear(self) -> None:
        """Delete all mails.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox.
        """
        self._require_localstack()
        self._request("DELETE", self._url)

    def confirm(
        self, address: str | None = None, topic_arn: str | None = None
    ) -> list[Confirmation]:
        """Follow the links by which subscriptions are confirmed, and delete the mails with them.

        Parameters
        ----------
        address, topic_arn
            Only these of a subscriber, and to a topic; otherwise all.

        Returns
        -------
        list[Confirmation]
            What has been confirmed.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox, or a link is not valid any more.
        """
        confirmed: dict[Confirmation, None] = {}
        for mail in self.mails():
            asked = mail.confirmation
            if asked is None or address not in (None, asked.address):
                continue
            if topic_arn not in (None, asked.topic_arn):
                continue
            if asked not in confirmed:
                self._follow(asked)
                confirmed[asked] = None
            self._request("DELETE", f"{self._url}?id={mail.id}")
        return list(confirmed)

    def _follow(self, asked: Confirmation) -> None:
        # At this endpoint, and nowhere else: anybody may have sent a mail with a link.
        response = self._request("GET", f"{self._endpoint_url}/?{asked.query}")
        if not response.ok:
            reason = _REASON.search(response.text)
            raise TestbedError(
                f"SNS does not take the link in the mail to {asked.address}:"
                f" {reason[1] if reason else response.status_code}",
                advice="Is the subscription still there? All mails go with: testbed inbox --clear",
            )

    def _require_localstack(self) -> None:
        if not self._request("GET", self._health_url).ok:
            raise TestbedError(
                f"There is no inbox at {self._url}.",
                advice="Only LocalStack keeps mails; elsewhere they are sent.",
            )

    def _request(self, method: str, url: str) -> requests.Response:
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy on the way to 127.0.0.1
                return session.request(method, url, timeout=_TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise TestbedError(f"{url} does not answer.", details=str(error)) from error
