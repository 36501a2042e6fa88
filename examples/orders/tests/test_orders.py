"""Orders from the API to the customer's email. All fixtures are the testbed's."""

import pytest
import requests


def order(stack, identity, **fields):
    body = {"id": identity, "article": "tea", "count": 2} | fields
    return requests.post(f"{stack.api_url}/orders", json=body, timeout=10)


def email_about(inbox, identity):
    return [email for email in inbox.emails() if f"Order {identity} " in email.subject]


def test_order_is_confirmed_by_email(stack, inbox, eventually, unique_name):
    assert order(stack, unique_name).status_code == 202
    [email] = eventually(lambda: email_about(inbox, unique_name), what="confirmation")
    assert email.recipients == ("sales@example.com",)
    assert "2 × tea" in email.body


def test_order_is_confirmed_though_sns_is_busy(stack, inbox, faults, eventually, unique_name):
    throttled = faults.throttle("sns.Publish", next=1)
    order(stack, unique_name)
    eventually(lambda: email_about(inbox, unique_name), what="confirmation")
    assert throttled.spent


@pytest.fixture
def impatient(clean, stack, aws):
    """Orders that fail are given up after a second, for the time of a test."""
    queue = stack.resource("Orders")
    usual = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    yield
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes=usual["Attributes"])


@pytest.mark.usefixtures("impatient")
def test_order_that_makes_no_sense_is_kept(stack, aws, eventually, unique_name):
    order(stack, unique_name, count=None, article=None)
    requests.post(f"{stack.api_url}/orders", data="no JSON", timeout=10)
    [lost] = eventually(
        lambda: aws.sqs.receive_message(QueueUrl=stack.resource("LostOrders")).get("Messages"),
        within=60,
        what="lost order",
    )
    assert lost["Body"] == "no JSON"
