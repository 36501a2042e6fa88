"""Removal of a subscription's redrive policy.

LocalStack rejects a redrive policy without a queue, so that a subscription that has one keeps it.
On AWS, and here, an empty value removes it.
https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_service() -> None:
    """Remove the redrive policy of a subscription if it is set to nothing."""
    from localstack.aws.api.sns import NotFoundException
    from localstack.services.sns.provider import SnsProvider

    @patch(SnsProvider.set_subscription_attributes)
    def set_subscription_attributes(
        original: Callable[..., None],
        self: Any,
        context: Any,
        subscription_arn: str,
        attribute_name: str,
        attribute_value: str | None = None,
        **rest: Any,
    ) -> None:
        if attribute_name == "RedrivePolicy" and attribute_value in (None, "", "{}"):
            store = self.get_store(context.account_id, context.region)
            subscription = store.subscriptions.get(subscription_arn)
            if subscription is None:
                raise NotFoundException("Subscription does not exist")
            subscription.pop("RedrivePolicy", None)
            return
        original(
            self,
            context,
            subscription_arn=subscription_arn,
            attribute_name=attribute_name,
            attribute_value=attribute_value,
            **rest,
        )
