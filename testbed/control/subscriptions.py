"""The email subscriptions of a stack, which get nothing before they are confirmed.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from testbed.aws.stacks import stack_resources
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.control.inbox import Confirmation, Inbox

_MAIL_LIMIT_SECONDS = 10.0
# An email that is not there after this time has been deleted.
_FIRST_MAIL_LIMIT_SECONDS = 2.0


@dataclass(frozen=True)
class Subscription:
    """The subscription of an address to a topic."""

    address: str
    topic_arn: str
    protocol: str


def unconfirmed(aws: Aws, stack_name: str) -> list[Subscription]:
    """Return those of a stack's email subscriptions that wait for their confirmation."""
    topics = set(stack_resources(aws, stack_name, "AWS::SNS::Topic").values())
    # To topics of others, too: a subscription's ARN is its topic's with an id.
    own = stack_resources(aws, stack_name, "AWS::SNS::Subscription").values()
    topics.update(arn.rpartition(":")[0] for arn in own)
    return [
        Subscription(each["Endpoint"], topic, each["Protocol"])
        for topic in sorted(topics)
        for page in aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        for each in page["Subscriptions"]
        if each["SubscriptionArn"] == "PendingConfirmation" and "email" in each["Protocol"]
    ]


def confirm(aws: Aws, inbox: Inbox, stack_name: str) -> list[Confirmation]:
    """Confirm all of a stack's email subscriptions, as their subscribers would.

    If the email with the link has been deleted, to subscribe again has it sent again.

    Raises
    ------
    TestbedError
        If an email with a link does not come, or the link does not work.
    """
    confirmed = []
    for each in unconfirmed(aws, stack_name):
        follow = partial(inbox.confirm, each.address, each.topic_arn)
        what = f"email that asks {each.address} for a confirmation"
        try:
            try:
                confirmed += until(follow, within=_FIRST_MAIL_LIMIT_SECONDS, what=what)
            except WaitedTooLong:
                aws.sns.subscribe(
                    TopicArn=each.topic_arn, Protocol=each.protocol, Endpoint=each.address
                )
                confirmed += until(follow, within=_MAIL_LIMIT_SECONDS, what=what)
        except WaitedTooLong as error:
            raise TestbedError(str(error)) from error
    return confirmed
