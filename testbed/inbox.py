"""The mails that the emulated AWS has sent: LocalStack keeps them instead of delivering them.

https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

from dataclasses import dataclass

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

    def mails(self) -> list[Mail]:
        """Return all mails, oldest first.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox.
        """
        messages = self._request("GET").json()["messages"]
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
        self._request("DELETE")

    def _request(self, method: str) -> requests.Response:
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.request(method, self._url, timeout=_TIMEOUT_SECONDS)
                response.raise_for_status()
        except requests.RequestException as error:
            raise TestbedError(
                f"There is no inbox at {self._url}.",
                advice="Only LocalStack keeps mails; elsewhere they are sent.",
                details=str(error),
            ) from error
        return response
