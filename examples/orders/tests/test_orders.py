"""Orders from the API to the confirmation by email. All fixtures are the testbed's."""

from collections.abc import Iterator

import pytest
import requests

from testbed import Aws, Email, Eventually, Faults, Inbox, Stack


def order(stack: Stack, identity: str, **fields: object) -> requests.Response:
    body = {"id": identity, "article": "tea", "count": 2} | fields
    return requests.post(f"{stack.api_url}/orders", json=body, timeout=10)


def emails_about(inbox: Inbox, identity: str) -> list[Email]:
    return [email for email in inbox.emails() if f"Order {identity} " in email.subject]


def test_order_is_confirmed_by_email(
    stack: Stack, inbox: Inbox, eventually: Eventually, unique_name: str
) -> None:
    assert order(stack, unique_name).status_code == 202
    [email] = eventually(lambda: emails_about(inbox, unique_name), what="confirmation")
    assert email.recipients == ("sales@example.com",)
    assert "2 × tea" in email.body


def test_invalid_order_is_rejected(stack: Stack) -> None:
    rejected = requests.post(f"{stack.api_url}/orders", data="no JSON", timeout=10)
    assert rejected.status_code == 400
    assert "id, article and count" in rejected.json()["message"]


def test_order_is_confirmed_although_sns_throttles(
    stack: Stack, inbox: Inbox, faults: Faults, eventually: Eventually, unique_name: str
) -> None:
    throttled = faults.throttle("sns.Publish", next=1)
    order(stack, unique_name)
    eventually(lambda: emails_about(inbox, unique_name), what="confirmation")
    assert throttled.spent


@pytest.fixture
def short_visibility_timeout(clean: None, stack: Stack, aws: Aws) -> Iterator[None]:
    """Make failed orders visible again after a second, for one test."""
    queue = stack.resource("Orders")
    usual = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    yield
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual["Attributes"])


@pytest.mark.usefixtures("short_visibility_timeout")
def test_order_that_cannot_be_confirmed_is_kept(
    stack: Stack, aws: Aws, eventually: Eventually, unique_name: str
) -> None:
    aws.sqs.send_message(QueueUrl=stack.resource("Orders"), MessageBody=unique_name)  # no JSON
    [lost] = eventually(
        lambda: aws.sqs.receive_message(QueueUrl=stack.resource("LostOrders")).get("Messages"),
        within=60,
        what="lost order",
    )
    assert lost["Body"] == unique_name
