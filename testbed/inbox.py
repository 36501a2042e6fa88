"""The mails that the emulated AWS has sent: LocalStack keeps them instead of delivering them.

https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import requests

from testbed.errors import TestbedError

_TIMEOUT_SECONDS = 10


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


class Inbox:
    """The inbox behind an endpoint, for all recipients."""

    def __init__(self, endpoint_url: str) -> None:
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
