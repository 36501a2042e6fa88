"""Unchanged message bodies in the events of SQS event source mappings.

LocalStack parses JSON bodies to filter them, and serializes them again, which changes white space
and numbers, and removes the quotation marks of strings. On AWS, the event has the message's body:
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace


class _Event(dict[str, Any]):
    """An event with its message's original body."""

    def __init__(self, event: dict[str, Any]) -> None:
        super().__init__(event)
        self.message_body = event["body"]


def patch_poller() -> None:
    """Keep the bodies of messages in events."""
    from localstack.services.lambda_.event_source_mapping.pollers import sqs_poller

    transform: Any = sqs_poller.transform_into_events

    def transform_into_events(messages: list[dict[str, Any]]) -> list[_Event]:
        return [_Event(event) for event in transform(messages)]

    replace(sqs_poller, "transform_into_events", transform_into_events)

    @patch(sqs_poller.SqsPoller.filter_events)
    def filter_events(
        original: Callable[..., list[_Event]], self: Any, events: list[_Event]
    ) -> list[_Event]:
        matching = original(self, events)
        for event in matching:
            event["body"] = event.message_body
        return matching
