"""Confirmation of email subscriptions.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
"""

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.control.journal import Journal
from testbed.machine.waiting import until
from testbed.trace.chains import find_chains
from testbed.trace.wording import problem
from tests.extension.conftest import Clients
from tests.extension.emails import Mailbox, follow

LIMIT = 20.0

LINK = re.compile(r"http://\S+/\?Action=ConfirmSubscription&TopicArn=(\S+)&Token=(\w+)")
TEMPLATE = """
Parameters:
  Name: {Type: String}
  Policy: {Type: String, Default: '{}'}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Ref Name
      Subscription: [{Protocol: email, Endpoint: !Sub 'inline-${Name}@example.com'}]
  Subscription:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic
      Protocol: email
      Endpoint: !Sub '${Name}@example.com'
      FilterPolicy: !Ref Policy
Outputs:
  SubscriptionArn: {Value: !Ref Subscription}
"""


@pytest.fixture
def topic(aws: Clients, name: str) -> str:
    arn: str = aws["sns"].create_topic(Name=name)["TopicArn"]
    return arn


@pytest.fixture
def mailbox(localstack_endpoint: str, name: str) -> Mailbox:
    return Mailbox(localstack_endpoint, f"{name}@example.com")


def subscribe(aws: Clients, topic: str, mailbox: Mailbox, **arguments: Any) -> str:
    arguments = {"Protocol": "email", "Endpoint": mailbox.address, **arguments}
    arn: str = aws["sns"].subscribe(TopicArn=topic, **arguments)["SubscriptionArn"]
    return arn


def counts(aws: Clients, topic: str) -> tuple[str, str]:
    """Return a topic's numbers of pending and confirmed subscriptions."""
    attributes = aws["sns"].get_topic_attributes(TopicArn=topic)["Attributes"]
    return attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]


def listed(aws: Clients, topic: str) -> list[str]:
    """Return the ARNs in a topic's list of subscriptions; both list operations have to agree."""
    sns = aws["sns"]
    of_topic = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    pages = sns.get_paginator("list_subscriptions").paginate()
    of_all = [each for page in pages for each in page["Subscriptions"] if each["TopicArn"] == topic]
    arns = [each["SubscriptionArn"] for each in of_topic]
    assert arns == [each["SubscriptionArn"] for each in of_all]
    return arns


def test_email_asks_for_confirmation(aws: Clients, topic: str, mailbox: Mailbox) -> None:
    subscribe(aws, topic, mailbox)

    [email] = mailbox.wait_for(1)
    assert email["Subject"] == "AWS Notification - Subscription Confirmation"
    assert email["Source"] == "AWS Notifications <no-reply@sns.amazonaws.com>"
    body = email["Body"]["text_part"]
    assert f"You have chosen to subscribe to the topic:\n{topic}\n" in body
    [(topic_arn, _)] = LINK.findall(body)
    assert topic_arn == topic
    assert "unsubscribe" not in body


def test_nothing_is_sent_before_the_link_is_followed(
    aws: Clients, topic: str, mailbox: Mailbox
) -> None:
    sns = aws["sns"]
    assert subscribe(aws, topic, mailbox) == "pending confirmation"
    [request] = mailbox.wait_for(1)
    sns.publish(TopicArn=topic, Message="too early")
    sns.publish_batch(
        TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "too early, too"}]
    )
    assert counts(aws, topic) == ("1", "0")
    assert listed(aws, topic) == ["PendingConfirmation"]

    link = LINK.search(request["Body"]["text_part"])
    assert link
    page = follow(link[0])

    found = re.search("<SubscriptionArn>(.+)</SubscriptionArn>", page)
    assert found
    assert counts(aws, topic) == ("0", "1")
    assert listed(aws, topic) == [found[1]]
    sns.publish(TopicArn=topic, Message="in time")
    *_, email = mailbox.wait_for(2)
    assert len(mailbox.emails()) == 2
    assert email["Body"]["text_part"].startswith("in time\n")


def test_journal_records_pending_deliveries(
    aws: Clients, topic: str, mailbox: Mailbox, localstack_endpoint: str
) -> None:
    journal = Journal(localstack_endpoint)
    before = journal.position()
    subscribe(aws, topic, mailbox)
    message = aws["sns"].publish(TopicArn=topic, Message="too early")["MessageId"]

    [publish] = until(
        lambda: [each for each in find_chains(journal.entries(before), message) if each.children],
        within=LIMIT,
        what="delivery in the journal",
    )

    [delivery] = publish.children
    assert delivery.entry["resource"] == mailbox.address
    assert problem(delivery) == "the subscription is not confirmed"
    assert delivery.children == []


def test_confirmation_by_token(aws: Clients, topic: str, mailbox: Mailbox) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html"""
    sns = aws["sns"]
    arn = subscribe(aws, topic, mailbox, ReturnSubscriptionArn=True)
    assert arn.startswith(f"{topic}:")
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    [email] = mailbox.wait_for(1)
    [(_, token)] = LINK.findall(email["Body"]["text_part"])

    for _ in "once", "again":
        confirmed = sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"]
        assert confirmed == arn

    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "false"
    assert subscribe(aws, topic, mailbox) == arn
    assert len(mailbox.emails()) == 1


def test_json_for_programs(aws: Clients, topic: str, mailbox: Mailbox) -> None:
    subscribe(aws, topic, mailbox, Protocol="email-json")

    [email] = mailbox.wait_for(1)
    body = json.loads(email["Body"]["text_part"])
    assert body["Type"] == "SubscriptionConfirmation"
    follow(body["SubscribeURL"])
    assert counts(aws, topic) == ("0", "1")


def test_subscribing_again_resends_the_email(aws: Clients, topic: str, mailbox: Mailbox) -> None:
    subscribe(aws, topic, mailbox)
    assert subscribe(aws, topic, mailbox) == "pending confirmation"

    first, second = mailbox.wait_for(2)
    assert first["Body"] == second["Body"]
    assert counts(aws, topic) == ("1", "0")


def test_pending_subscription_cannot_be_deleted(aws: Clients, topic: str, mailbox: Mailbox) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html"""
    arn = subscribe(aws, topic, mailbox, ReturnSubscriptionArn=True)

    with pytest.raises(ClientError) as raised:
        aws["sns"].unsubscribe(SubscriptionArn=arn)

    error: Any = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "InvalidParameter",
        "Invalid parameter: SubscriptionArn Reason: "
        "Cannot unsubscribe a subscription that is pending confirmation",
    )


def test_subscriptions_of_a_stack(
    aws: Clients, name: str, localstack_endpoint: str, mailbox: Mailbox
) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html"""
    cloudformation, sns = aws["cloudformation"], aws["sns"]
    parameters = [{"ParameterKey": "Name", "ParameterValue": name}]
    stack = {"StackName": name, "TemplateBody": TEMPLATE, "Parameters": parameters}
    cloudformation.create_stack(**stack)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
    )
    [output] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    arn = output["OutputValue"]
    topic = arn.rpartition(":")[0]
    assert counts(aws, topic) == ("2", "0")

    # An update does not change whether a subscription is confirmed.
    Mailbox(localstack_endpoint, f"inline-{name}@example.com").wait_for(1)
    [email] = mailbox.wait_for(1)
    [(_, token)] = LINK.findall(email["Body"]["text_part"])
    assert sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"] == arn
    policy = {"ParameterKey": "Policy", "ParameterValue": '{"kind": ["news"]}'}
    cloudformation.update_stack(**stack | {"Parameters": [*parameters, policy]})
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
    )
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (attributes["PendingConfirmation"], attributes["FilterPolicy"]) == (
        "false",
        policy["ParameterValue"],
    )
    assert counts(aws, topic) == ("1", "1")
    assert len(mailbox.emails()) == 1

    delete(cloudformation, name)


def test_stack_with_a_pending_subscription_is_deleted(
    aws: Clients, name: str, mailbox: Mailbox
) -> None:
    """CloudFormation skips the subscription, which AWS deletes after some days."""
    cloudformation = aws["cloudformation"]
    parameters = [{"ParameterKey": "Name", "ParameterValue": name}]
    cloudformation.create_stack(StackName=name, TemplateBody=TEMPLATE, Parameters=parameters)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
    )

    delete(cloudformation, name)


def delete(cloudformation: Any, stack: str) -> None:
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
    )


@pytest.mark.parametrize("protocol", ["email", "email-json"])
@pytest.mark.parametrize(
    "address", ["ada", "ada@", "a@example.com;b@example.com", "a b@example.com"]
)
def test_invalid_address(aws: Clients, topic: str, protocol: str, address: str) -> None:
    with pytest.raises(ClientError, match="Invalid parameter: Email address") as raised:
        aws["sns"].subscribe(TopicArn=topic, Protocol=protocol, Endpoint=address)
    assert raised.value.response["Error"]["Code"] == "InvalidParameter"
    assert listed(aws, topic) == []
