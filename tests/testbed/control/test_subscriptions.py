"""Confirming a stack's email subscriptions with the links in their emails."""

from types import SimpleNamespace
from typing import Any

import pytest

from testbed.control import subscriptions
from testbed.control.inbox import Confirmation, Email
from testbed.control.subscriptions import Subscription
from testbed.errors import TestbedError

TOPIC = "arn:aws:sns:us-east-1:000000000000:alerts"
QUERY = f"Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
LINK = f"http://127.0.0.1:4566/?{QUERY}"


class Aws:
    """SNS with one subscription, for which it sends another email on request."""

    def __init__(self, inbox: "Inbox", *, answers: bool) -> None:
        self._inbox = inbox
        self._answers = answers
        self.asked: list[dict[str, str]] = []
        self.sns = SimpleNamespace(subscribe=self._subscribe)

    def _subscribe(self, **request: str) -> None:
        self.asked.append(request)
        self._inbox.has_email = self._answers


class Inbox:
    """An inbox with one email, or none."""

    def __init__(self, has_email: bool) -> None:
        self.has_email = has_email

    def confirm(self, address: str, topic_arn: str) -> list[Confirmation]:
        return [Confirmation(address, topic_arn, QUERY)] if self.has_email else []


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait, and have one pending subscription."""
    monkeypatch.setattr(subscriptions, "_FIRST_EMAIL_LIMIT_SECONDS", 0.0)
    monkeypatch.setattr(subscriptions, "_EMAIL_LIMIT_SECONDS", 0.0)
    one = Subscription("a@example.com", TOPIC, "email")
    monkeypatch.setattr(subscriptions, "unconfirmed", lambda aws, stack: [one])


def confirm(aws: Any, inbox: Any) -> list[str]:
    return [each.address for each in subscriptions.confirm(aws, inbox, "stack")]


def test_link_is_opened() -> None:
    inbox = Inbox(has_email=True)
    aws = Aws(inbox, answers=True)
    assert confirm(aws, inbox) == ["a@example.com"]
    assert aws.asked == []


def test_deleted_email_is_requested_again() -> None:
    inbox = Inbox(has_email=False)
    aws = Aws(inbox, answers=True)
    assert confirm(aws, inbox) == ["a@example.com"]
    assert aws.asked == [{"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "a@example.com"}]


def test_email_that_does_not_arrive_is_an_error() -> None:
    inbox = Inbox(has_email=False)
    with pytest.raises(TestbedError, match="no confirmation email to a@example"):
        confirm(Aws(inbox, answers=False), inbox)


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (f"To confirm, visit the link below:\n{LINK}\n\nPlease", True),
        (f'{{"SubscribeURL": "{LINK}", "Token": "abc"}}', True),
        ("shop is DOWN\n\n--\nhttp://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=x", False),
    ],
    ids=["for people", "for programs", "notification"],
)
def test_confirmation_emails_are_recognized(body: str, asks: bool) -> None:
    email = Email("1", "", "no-reply@sns.amazonaws.com", ("a@example.com",), "subject", body)
    assert email.confirmation == (Confirmation("a@example.com", TOPIC, QUERY) if asks else None)
