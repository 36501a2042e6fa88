"""E-mail from SNS looks as on AWS."""

import json
import urllib.request
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.waiting import wait_until

DELIVERY_LIMIT = 20.0


def mail_to(endpoint: str, address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{endpoint}/_aws/ses") as response:
        messages: list[dict[str, Any]] = json.load(response)["messages"]
    return [each for each in messages if address in each["Destination"]["ToAddresses"]]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [("Site is down", "Site is down"), (None, "AWS Notification Message")],
    ids=["published", "none"],
)
def test_subject_and_sender(
    aws: Clients, localstack_endpoint: str, name: str, subject: str | None, expected: str
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"""
    # The inbox is there once SES is loaded.
    aws["ses"].list_identities()
    sns = aws["sns"]
    topic = sns.create_topic(Name=name)["TopicArn"]
    address = f"{name}@example.com"
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)

    sns.publish(TopicArn=topic, Message="The message", **({"Subject": subject} if subject else {}))

    (mail,) = wait_until(
        lambda: mail_to(localstack_endpoint, address), DELIVERY_LIMIT, "the mail is there"
    )
    assert mail["Subject"] == expected
    assert mail["Source"] == "AWS Notifications <no-reply@sns.amazonaws.com>"
    assert mail["Body"]["text_part"] == "The message"
