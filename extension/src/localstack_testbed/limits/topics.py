"""Limits of SNS messages and subjects.

A message with its attributes has at most ``MaximumMessageSize`` bytes, a topic attribute: by
default 256 KiB, at most 1 MiB (https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html).
A subject has at most 100 characters, and neither line breaks nor control characters
(https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import patch, replace

SIZE = "MaximumMessageSize"
DEFAULT_BYTES = 256 * 1024
MAX_BYTES = 1024 * 1024
SUBJECT_LIMIT = 100


def patch_topics() -> None:
    """Check published messages and subjects, and the attribute ``MaximumMessageSize``."""
    from localstack.aws.api import CommonServiceException
    from localstack.aws.api.sns import InvalidParameterException
    from localstack.services.sns import provider
    from localstack.services.sns.provider import SnsProvider

    module: Any = provider
    # LocalStack's limit is below that of some topics.
    replace(provider, "MAXIMUM_MESSAGE_LENGTH", MAX_BYTES)

    def check_subject(subject: str | None) -> None:
        text = subject or ""
        if len(text) > SUBJECT_LIMIT or any(unicodedata.category(each) == "Cc" for each in text):
            raise InvalidParameterException("Invalid parameter: Subject")

    def check_limit(value: str | None) -> None:
        text = value or ""
        if not (text.isascii() and text.isdigit() and 1024 <= int(text) <= MAX_BYTES):
            raise InvalidParameterException(f"Invalid parameter: {SIZE}")

    def size_of(message: str, attributes: Mapping[str, Any] | None) -> int:
        # LocalStack's parser sets missing fields to None, which its own sum cannot handle.
        given = {
            name: {part: value for part, value in attribute.items() if value is not None}
            for name, attribute in (attributes or {}).items()
        }
        size: int = module._get_total_publish_size(message, given)
        return size

    @patch(SnsProvider.publish)
    def publish(
        original: Callable[..., Any], self: Any, context: Any, message: str, **request: Any
    ) -> Any:
        check_subject(request.get("subject"))
        attributes = request.get("message_attributes")
        limit = _limit(self, request.get("topic_arn") or request.get("target_arn"))
        if message and size_of(message, attributes) > limit:
            raise InvalidParameterException("Invalid parameter: Message too long")
        return original(self, context, message=message, **request)

    @patch(SnsProvider.publish_batch)
    def publish_batch(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        topic_arn: str,
        publish_batch_request_entries: list[Mapping[str, Any]],
        **request: Any,
    ) -> Any:
        for entry in publish_batch_request_entries:
            check_subject(entry.get("Subject"))
        size = sum(
            size_of(entry["Message"], entry.get("MessageAttributes"))
            for entry in publish_batch_request_entries
        )
        if size > _limit(self, topic_arn):
            raise CommonServiceException(
                "BatchRequestTooLong",
                "The length of all the messages put together is more than the limit.",
                sender_fault=True,
            )
        return original(
            self,
            context,
            topic_arn=topic_arn,
            publish_batch_request_entries=publish_batch_request_entries,
            **request,
        )

    @patch(SnsProvider.set_topic_attributes)
    def set_topic_attributes(
        original: Callable[..., None], self: Any, context: Any, **request: Any
    ) -> None:
        if request.get("attribute_name") == SIZE:
            check_limit(request.get("attribute_value"))
        original(self, context, **request)

    @patch(SnsProvider.create_topic)
    def create_topic(original: Callable[..., Any], self: Any, context: Any, **request: Any) -> Any:
        attributes = request.get("attributes") or {}
        if SIZE in attributes:
            check_limit(attributes[SIZE])
        return original(self, context, **request)


def _limit(provider: Any, arn: str | None) -> int:
    """Return the maximum message size of a topic in bytes, or the default for other targets."""
    if not arn or arn.count(":") != 5:
        return DEFAULT_BYTES
    region, account = arn.split(":")[3:5]
    try:
        topic = provider.get_store(account, region).topics.get(arn)
    except ValueError:  # an invalid account or region, for which LocalStack raises AWS's error
        return DEFAULT_BYTES
    return int(topic["attributes"].get(SIZE, DEFAULT_BYTES)) if topic else DEFAULT_BYTES
