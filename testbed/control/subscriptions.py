"""The email subscriptions of a stack, which receive nothing until they are confirmed.

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

_EMAIL_LIMIT_SECONDS = 10.0
# An email that has not arrived after this time was deleted.
_FIRST_EMAIL_LIMIT_SECONDS = 2.0


@dataclass(frozen=True)
class Subscription:
    """A subscription of an email address to a topic."""

    address: str
    topic_arn: str
    protocol: str


def unconfirmed(aws: Aws, stack_name: str) -> list[Subscription]:
    """Return the email subscriptions of a stack that are pending confirmation."""
    topics = set(stack_resources(aws, stack_name, "AWS::SNS::Topic").values())
    # The topic of a subscription may be in another stack. Its ARN begins the subscription's ARN.
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
    """Confirm all email subscriptions of a stack, as their subscribers would.

    If a confirmation email was deleted, the address is subscribed again to get another one.

    Raises
    ------
    TestbedError
        If a confirmation email does not arrive, or its link is not valid.
    """
    confirmed = []
    for each in unconfirmed(aws, stack_name):
        follow = partial(inbox.confirm, each.address, each.topic_arn)
        what = f"confirmation email to {each.address}"
        try:
            try:
                confirmed += until(follow, within=_FIRST_EMAIL_LIMIT_SECONDS, what=what)
            except WaitedTooLong:
                aws.sns.subscribe(
                    TopicArn=each.topic_arn, Protocol=each.protocol, Endpoint=each.address
                )
                confirmed += until(follow, within=_EMAIL_LIMIT_SECONDS, what=what)
        except WaitedTooLong as error:
            raise TestbedError(
                str(error),
                advice="`testbed inbox` shows the emails that were sent, and `testbed journal"
                " --kind email` when.",
            ) from error
    return confirmed
