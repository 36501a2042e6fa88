"""The emails that the emulated AWS has sent: LocalStack keeps them instead of delivering them.

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
    """One email.

    Parameters
    ----------
    sent
        When it was sent, ISO 8601.

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
    """The inbox behind an endpoint, for all recipients.

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
        # LocalStack serves its inbox from the first email on.
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
        """Follow the links by which subscriptions are confirmed, and delete the emails with them.

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
        for email in self.emails():
            asked = email.confirmation
            if asked is None or address not in (None, asked.address):
                continue
            if topic_arn not in (None, asked.topic_arn):
                continue
            if asked not in confirmed:
                self._follow(asked)
                confirmed[asked] = None
            self._delete(email.id)
        return list(confirmed)

    def _follow(self, asked: Confirmation) -> None:
        # At this endpoint, and nowhere else: anybody may have sent an email with a link.
        response = self._endpoint.send("GET", f"/?{asked.query}")
        if not response.ok:
            reason = _REASON.search(response.text)
            raise TestbedError(
                f"SNS does not take the link in the email to {asked.address}:"
                f" {reason[1] if reason else response.status_code}",
                advice="Is the subscription still there? All emails go with: testbed inbox --clear",
            )

    def _delete(self, email_id: str | None = None) -> None:
        response = self._endpoint.send(
            "DELETE", _PATH, query={"id": email_id} if email_id else None
        )
        if not response.ok and response.status_code != HTTPStatus.NOT_FOUND:  # no email so far
            raise self._endpoint.unexpected("DELETE", _PATH, response)

    def _require_localstack(self) -> None:
        response = self._endpoint.send("GET", _HEALTH_PATH)
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"There is no inbox at {self._endpoint.url}{_PATH}.",
                advice="Only LocalStack keeps emails; elsewhere they are sent.",
            )
        if not response.ok:
            raise self._endpoint.unexpected("GET", _HEALTH_PATH, response)
