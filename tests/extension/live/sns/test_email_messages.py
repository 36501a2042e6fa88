"""Subject, sender and footer of SNS's emails."""

import re
from collections.abc import Callable

import pytest

from tests.extension.conftest import Clients
from tests.extension.emails import Mailbox, follow

FOOTER = re.compile(
    r"\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit "
    r"the link below to unsubscribe:\n(http://\S+/\?Action=Unsubscribe&SubscriptionArn=\S+)\n\n"
    r"Please do not reply directly to this email.\n$"
)


@pytest.fixture
def confirmed(
    aws: Clients, localstack_endpoint: str, name: str
) -> Callable[..., tuple[str, Mailbox]]:
    """Creates a topic, and a mailbox with a confirmed subscription to it."""

    def make(**attributes: str) -> tuple[str, Mailbox]:
        sns = aws["sns"]
        topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
        mailbox = Mailbox(localstack_endpoint, f"{name}@example.com")
        mailbox.subscribe(sns, topic)
        return topic, mailbox

    return make


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("Site is down", "Site is down"), (None, "AWS Notification Message")],
    ids=["published", "none"],
)
def test_subject_and_sender(
    aws: Clients,
    confirmed: Callable[..., tuple[str, Mailbox]],
    subject: str | None,
    expected: str,
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"""
    topic, mailbox = confirmed()

    subjects = {"Subject": subject} if subject else {}
    aws["sns"].publish(TopicArn=topic, Message="The message", **subjects)

    _, email = mailbox.wait_for(2)
    assert email["Subject"] == expected
    assert email["Source"] == "AWS Notifications <no-reply@sns.amazonaws.com>"
    assert FOOTER.sub("", email["Body"]["text_part"]) == "The message"


def test_sender_has_the_topic_s_display_name(
    aws: Clients, confirmed: Callable[..., tuple[str, Mailbox]]
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html"""
    topic, mailbox = confirmed(DisplayName="Website alerts")

    aws["sns"].publish(TopicArn=topic, Message="The message")

    for email in mailbox.wait_for(2):
        assert email["Source"] == "Website alerts <no-reply@sns.amazonaws.com>"


def test_link_in_the_footer_unsubscribes(
    aws: Clients, confirmed: Callable[..., tuple[str, Mailbox]]
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"""
    topic, mailbox = confirmed()
    aws["sns"].publish(TopicArn=topic, Message="The message")
    _, email = mailbox.wait_for(2)
    [link] = FOOTER.findall(email["Body"]["text_part"])

    follow(link)

    assert not aws["sns"].list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
