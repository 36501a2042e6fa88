"""Client of LocalStack's inbox: the emails that SES and SNS sent, which are not delivered.

https://docs.localstack.cloud/aws/services/ses/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from testbed.control.endpoint import Endpoint, LacksFeatureError, json_object, lacks_endpoint
from testbed.errors import TestbedError

_PATH = "/_aws/ses"
_HEALTH_PATH = "/_localstack/health"
_CONFIRMATION = re.compile(
    r'https?://[^\s"]+/\?(Action=ConfirmSubscription&TopicArn=([^\s"&]+)&Token=\w+)'
)
_REASON = re.compile("<Message>(.*?)</Message>", re.DOTALL)


@dataclass(frozen=True)
class Email:
    """An email.

    Parameters
    ----------
    sent
        The time when it was sent, in ISO 8601.

    Examples
    --------
    ::

        from testbed import Aws, Email, Eventually, Inbox, Stack


        def test_alert(stack: Stack, aws: Aws, inbox: Inbox, eventually: Eventually) -> None:
            topic = stack.resource("Alerts")
            aws.sns.publish(TopicArn=topic, Subject="Tea is sold out", Message="Order more.")

            def alerts() -> list[Email]:
                return [email for email in inbox.emails() if email.subject == "Tea is sold out"]

            [email] = eventually(alerts, within=5)
            assert email.recipients == ("team@example.com",)
            assert "Order more." in email.body
    """

    id: str
    sent: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str

    @property
    def confirmation(self) -> Confirmation | None:
        """The subscription that the recipient can confirm with the link in the email, if any."""
        found = _CONFIRMATION.search(self.body)
        return Confirmation(self.recipients[0], found[2], found[1]) if found else None


@dataclass(frozen=True)
class Confirmation:
    """A pending subscription to a topic, which is confirmed with the link in an email.

    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html

    Parameters
    ----------
    query
        The query string of the link, which is a request to SNS.

    Examples
    --------
    ::

        from testbed import Aws, Confirmation, Eventually, Inbox


        def test_confirm(aws: Aws, inbox: Inbox, eventually: Eventually, unique_name: str) -> None:
            topic = aws.sns.create_topic(Name=unique_name)["TopicArn"]
            aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="new@example.com")

            def confirm() -> list[Confirmation]:
                return inbox.confirm("new@example.com", topic)

            [confirmed] = eventually(confirm, within=5)
            assert confirmed.topic_arn == topic
    """

    address: str
    topic_arn: str
    query: str


class Inbox:
    """The inbox of an emulator, with the emails to all recipients.

    Examples
    --------
    ::

        from testbed import Inbox

        inbox = Inbox(endpoint_url)
        inbox.clear()
        assert inbox.emails() == []
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self._endpoint = Endpoint.of(endpoint)

    def emails(self) -> list[Email]:
        """Return all emails, oldest first.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox.
        """
        self._require_localstack()
        response = self._endpoint.send("GET", _PATH)
        # LocalStack serves its inbox only after the first email was sent.
        if response.status_code == HTTPStatus.NOT_FOUND:
            return []
        content = json_object(response)
        if not response.ok or content is None or "messages" not in content:
            raise self._endpoint.unexpected("GET", _PATH, response)
        return [
            Email(
                id=message["Id"],
                sent=message["Timestamp"],
                sender=message["Source"],
                recipients=tuple(message.get("Destination", {}).get("ToAddresses", [])),
                subject=message.get("Subject", ""),
                body=message.get("Body", {}).get("text_part") or "",
            )
            for message in content["messages"]
        ]

    def clear(self) -> None:
        """Delete all emails.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox.
        """
        self._require_localstack()
        self._delete()

    def confirm(
        self, address: str | None = None, topic_arn: str | None = None
    ) -> list[Confirmation]:
        """Confirm pending subscriptions with the links in their emails, and delete those emails.

        Parameters
        ----------
        address
            Confirm only subscriptions of this email address.
        topic_arn
            Confirm only subscriptions to this topic.

        Returns
        -------
        list[Confirmation]
            The subscriptions that were confirmed.

        Raises
        ------
        TestbedError
            If the endpoint has no inbox, or a link is no longer valid.
        """
        confirmed: dict[Confirmation, None] = {}
        for email in self.emails():
            pending = email.confirmation
            if pending is None or address not in (None, pending.address):
                continue
            if topic_arn not in (None, pending.topic_arn):
                continue
            if pending not in confirmed:
                self._open_link(pending)
                confirmed[pending] = None
            self._delete(email.id)
        return list(confirmed)

    def _open_link(self, pending: Confirmation) -> None:
        # The request goes to this endpoint only: anybody can send an email with a link elsewhere.
        response = self._endpoint.send("GET", f"/?{pending.query}")
        if not response.ok:
            reason = _REASON.search(response.text)
            raise TestbedError(
                f"SNS rejected the confirmation of {pending.address}:"
                f" {reason[1] if reason else response.status_code}",
                advice="The subscription may have been deleted. Delete outdated emails with:"
                " testbed inbox --clear",
            )

    def _delete(self, email_id: str | None = None) -> None:
        response = self._endpoint.send(
            "DELETE", _PATH, query={"id": email_id} if email_id else None
        )
        if (
            not response.ok and response.status_code != HTTPStatus.NOT_FOUND
        ):  # no email was sent yet
            raise self._endpoint.unexpected("DELETE", _PATH, response)

    def _require_localstack(self) -> None:
        response = self._endpoint.send("GET", _HEALTH_PATH)
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"The emulator at {self._endpoint.url} has no inbox.",
                advice="Only LocalStack keeps emails in an inbox.",
            )
        if not response.ok:
            raise self._endpoint.unexpected("GET", _HEALTH_PATH, response)
