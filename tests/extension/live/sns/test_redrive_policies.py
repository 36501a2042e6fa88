"""Redrive policies of subscriptions.

https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

import json

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients

QUEUE = "arn:aws:sqs:us-east-1:000000000000:"


@pytest.mark.parametrize("nothing", ["", "{}"])
def test_empty_policy_removes_it(aws: Clients, name: str, nothing: str) -> None:
    sns = aws["sns"]
    topic = sns.create_topic(Name=name)["TopicArn"]
    arn = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=QUEUE + name,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{QUEUE}{name}-dlq"})},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="RedrivePolicy", AttributeValue=nothing
    )
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert "RedrivePolicy" not in attributes


def test_removal_from_a_missing_subscription_is_an_error(aws: Clients, name: str) -> None:
    arn = f"arn:aws:sns:us-east-1:000000000000:{name}:00000000-0000-0000-0000-000000000000"
    with pytest.raises(ClientError, match="Subscription does not exist"):
        aws["sns"].set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="RedrivePolicy", AttributeValue=""
        )
