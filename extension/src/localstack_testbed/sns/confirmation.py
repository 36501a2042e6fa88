"""Confirmation of SNS's email subscriptions.

LocalStack sends notifications to every subscribed address immediately. On AWS and here, the address
first gets an email with a link, and no notifications until the link is opened, or
ConfirmSubscription is called with its token; subscribing again sends the email again.
https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html. A pending subscription:

- Subscribe returns ``pending confirmation`` instead of the ARN, unless ``ReturnSubscriptionArn`` is
  set (https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html);
- lists contain ``PendingConfirmation`` instead of the ARN
  (https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html);
- the topic's attributes count it as pending
  (https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html);
- it cannot be deleted (https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html);
  the deletion of a stack skips it.

AWS deletes pending subscriptions after some days; here they and their tokens do not expire.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from localstack.utils.aws.arns import parse_arn

from localstack_testbed.hooks.patching import patch
from localstack_testbed.journal.journal import record

SUBJECT = "AWS Notification - Subscription Confirmation"
EMAIL = """\
You have chosen to subscribe to the topic:
{topic_arn}

To confirm this subscription, click or visit the link below (If this was in error no action is \
necessary):
{link}

Please do not reply directly to this email.
"""
# For the protocol email-json, whose message has the link in ``SubscribeURL``.
MESSAGE = (
    "You have chosen to subscribe to the topic {topic_arn}.\n"
    "To confirm the subscription, visit the SubscribeURL included in this message."
)
CANNOT_UNSUBSCRIBE = (
    "Invalid parameter: SubscriptionArn Reason: "
    "Cannot unsubscribe a subscription that is pending confirmation"
)

_EMAIL = ("email", "email-json")
_ADDRESS = re.compile(r"[^\s@,;]+@[^\s@,;]+")


def _is_address(endpoint: str | None) -> bool:
    """Return whether an endpoint can be an email address; without one LocalStack raises an error.

    The rules of SNS are not documented.
    """
    return not endpoint or _ADDRESS.fullmatch(endpoint) is not None


def is_pending(subscription: Any) -> bool:
    """Return whether a subscription is pending confirmation."""
    return bool(subscription["PendingConfirmation"] == "true")


def patch_service() -> None:
    """Deliver no notifications until an email subscription is confirmed."""
    from localstack.aws.api.sns import InvalidParameterException
    from localstack.services.sns.provider import SnsProvider
    from localstack.services.sns.publisher import PublishDispatcher
    from localstack.services.sns.utils import get_topic_subscriptions

    @patch(PublishDispatcher._should_publish)
    def should_publish(
        original: Callable[..., bool], self: Any, policies: Any, message: Any, subscriber: Any
    ) -> bool:
        confirmed = {**subscriber, "PendingConfirmation": "false"}
        wanted = original(self, policies, message, confirmed)
        if not (wanted and is_pending(subscriber)):
            return wanted
        record(
            "delivery",
            causes=[message.message_id],
            service="sns",
            source=subscriber["TopicArn"],
            resource=subscriber["Endpoint"],
            status="pending",
            message="the subscription is not confirmed",
        )
        return False

    @patch(SnsProvider.subscribe)
    def subscribe(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        topic_arn: str,
        return_subscription_arn: bool | None = None,
        **request: Any,
    ) -> Any:
        if request.get("protocol") in _EMAIL and not _is_address(request.get("endpoint")):
            raise InvalidParameterException("Invalid parameter: Email address")
        response = original(
            self,
            context,
            topic_arn=topic_arn,
            return_subscription_arn=return_subscription_arn,
            **request,
        )
        store = _store_of(self, topic_arn)
        subscription = store.subscriptions.get(response["SubscriptionArn"])
        if subscription and is_pending(subscription) and "email" in subscription["Protocol"]:
            _send_email(self, context, store, subscription)
            if not return_subscription_arn:
                response["SubscriptionArn"] = "pending confirmation"
        return response

    @patch(SnsProvider.unsubscribe)
    def unsubscribe(
        original: Callable[..., None], self: Any, context: Any, subscription_arn: str, **rest: Any
    ) -> None:
        if subscription_arn and subscription_arn.count(":") == 6:
            try:
                store = _store_of(self, subscription_arn)
                subscription = store.subscriptions.get(subscription_arn)
            except ValueError:  # an invalid account or region
                subscription = None
            if subscription and is_pending(subscription):
                raise InvalidParameterException(CANNOT_UNSUBSCRIBE)
        original(self, context, subscription_arn=subscription_arn, **rest)

    @patch(SnsProvider.list_subscriptions_by_topic)
    def list_subscriptions_by_topic(
        original: Callable[..., Any], self: Any, *args: Any, **request: Any
    ) -> Any:
        response = original(self, *args, **request)
        response["Subscriptions"] = [
            {**each, "SubscriptionArn": "PendingConfirmation"} if is_pending(each) else each
            for each in response["Subscriptions"]
        ]
        return response

    @patch(SnsProvider.get_topic_attributes)
    def get_topic_attributes(
        original: Callable[..., Any], self: Any, context: Any, topic_arn: str, **rest: Any
    ) -> Any:
        response = original(self, context, topic_arn=topic_arn, **rest)
        subscriptions = get_topic_subscriptions(_store_of(self, topic_arn), topic_arn)
        count = Counter(is_pending(each) for each in subscriptions)
        response["Attributes"] = {
            **response["Attributes"],
            "SubscriptionsConfirmed": str(count[False]),
            "SubscriptionsPending": str(count[True]),
        }
        return response


def _store_of(provider: Any, arn: str) -> Any:
    """Return LocalStack's SNS store for the account and region of an ARN."""
    parts = parse_arn(arn)
    return provider.get_store(parts["account"], parts["region"])


def _send_email(provider: Any, context: Any, store: Any, subscription: Any) -> None:
    from localstack.services.sns import publisher
    from localstack.services.sns.models import SnsMessage, SnsMessageType

    module: Any = publisher
    arn, topic_arn = subscription["SubscriptionArn"], subscription["TopicArn"]
    token = next(token for token, of in store.subscription_tokens.items() if of == arn)
    link = module.create_subscribe_url(module.get_cert_base_url(), topic_arn, token)
    text = EMAIL if subscription["Protocol"] == "email" else MESSAGE
    message = SnsMessage(
        type=SnsMessageType.SubscriptionConfirmation,
        token=token,
        subject=SUBJECT,
        message=text.format(topic_arn=topic_arn, link=link),
    )
    provider._publisher.publish_to_topic_subscriber(
        publisher.SnsPublishContext(
            message=message,
            store=store,
            request_headers=context.request.headers,
            topic_attributes=store.topics[topic_arn]["attributes"],
        ),
        topic_arn=topic_arn,
        subscription_arn=arn,
    )
