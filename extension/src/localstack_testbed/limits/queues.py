"""Limits of SQS queue attributes and message attributes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import patch, replace

RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1024 * 1024),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
ATTRIBUTES_LIMIT = 10


def patch_attributes() -> None:
    """Check the range of queue attributes."""
    from localstack.aws.api.sqs import InvalidAttributeValue
    from localstack.services.sqs.models import FifoQueue, StandardQueue

    def validate(original: Callable[..., None], self: Any, attributes: Mapping[str, str]) -> None:
        original(self, attributes)
        for name, (low, high) in RANGES.items():
            value = str(attributes.get(name, low))
            if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
                raise InvalidAttributeValue(f"Invalid value for the parameter {name}.")

    for queue in (StandardQueue, FifoQueue):
        patch(queue.validate_queue_attributes)(validate)


def patch_messages() -> None:
    """Check the number of message attributes."""
    from localstack.services.sqs import provider

    module: Any = provider
    check: Callable[[Any], None] = module.check_attributes

    def check_attributes(attributes: Mapping[str, Any] | None) -> None:
        check(attributes)
        if attributes and len(attributes) > ATTRIBUTES_LIMIT:
            raise module.InvalidParameterValueException(
                f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
                f"[{ATTRIBUTES_LIMIT}]."
            )

    replace(module, "check_attributes", check_attributes)
