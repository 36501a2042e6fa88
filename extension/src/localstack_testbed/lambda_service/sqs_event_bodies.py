"""Event source mappings pass the bodies of SQS messages on as they are.

LocalStack reads bodies that are JSON, for the sake of filters, and writes them anew: other spaces
and numbers, and a text without its quotation marks. On AWS the body is the message's:
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace


class _Event(dict[str, Any]):
    """An event that knows its message's body."""

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
