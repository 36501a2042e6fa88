"""Filters of log events: in FilterLogEvents, metric filters and subscription filters.

In LocalStack every pattern matches every event, a metric filter counts the events of all log
groups, and a second subscription filter receives only what the first one has matched. A function
that cannot be invoked makes PutLogEvents fail, and any subscription filter CreateLogStream. Here,
as on AWS:

- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
- https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import time
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.logs.comparisons import InvalidPatternError
from localstack_testbed.logs.filter_pattern import Pattern, parse_pattern
from localstack_testbed.logs.metric_filters import Event, publish_metrics
from localstack_testbed.logs.subscriptions import deliver


def patch_service() -> None:
    """Apply the patterns of filters, and reject invalid ones."""
    from localstack.aws.api.logs import InvalidParameterException
    from localstack.services.logs import provider
    from localstack.services.logs.models import get_moto_logs_backend
    from localstack.services.logs.provider import LogsProvider
    from localstack.services.moto import call_moto
    from localstack.utils.bootstrap import is_api_enabled
    from moto.logs.models import LogEvent, LogGroup, LogsBackend, LogStream

    def checked(text: str | None) -> Pattern:
        try:
            return parse_pattern(text or "")
        except InvalidPatternError as error:
            raise InvalidParameterException(str(error)) from None

    def get_pattern_matcher(text: str) -> Callable[[str, Event], bool]:
        pattern = checked(text)
        return lambda _text, event: pattern.matches(event["message"])

    replace(provider, "get_pattern_matcher", get_pattern_matcher)

    @patch(LogGroup.create_log_stream)
    def create_log_stream(original: Callable[..., Any], self: Any, name: str) -> Any:
        """Create a stream also in a group with subscription filters.

        LocalStack then creates it, and fails when it copies a pattern that nothing uses.
        """
        try:
            return original(self, name)
        except TypeError:
            if name not in self.streams or not self.subscription_filters:
                raise
            return None

    @patch(LogsBackend.filter_log_events)
    def filter_log_events(original: Callable[..., Any], self: Any, *args: Any, **rest: Any) -> Any:
        checked(rest["filter_pattern"] if "filter_pattern" in rest else args[6])
        return original(self, *args, **rest)

    @patch(LogsBackend.put_metric_filter)
    def put_metric_filter(
        original: Callable[..., None],
        self: Any,
        filter_name: str,
        filter_pattern: str,
        log_group_name: str,
        metric_transformations: Any,
    ) -> None:
        checked(filter_pattern)
        # A second filter of this name would count twice.
        self.filters.delete_filter(filter_name, log_group_name)
        original(self, filter_name, filter_pattern, log_group_name, metric_transformations)

    put_filter: Any = LogsBackend.put_subscription_filter

    def put_subscription_filter(
        self: Any, group: str, name: str, pattern: str, *args: Any, **rest: Any
    ) -> None:
        checked(pattern)
        put_filter(self, group, name, pattern, *args, **rest)

    replace(LogsBackend, "put_subscription_filter", put_subscription_filter)

    @patch(LogsProvider.put_log_events, pass_target=False)
    def put_log_events(
        self: Any,
        context: Any,
        log_group_name: str,
        log_stream_name: str,
        log_events: list[Event],
        **rest: Any,
    ) -> Any:
        stored = call_moto(context)
        backend = get_moto_logs_backend(context.account_id, context.region)
        filters = backend.filters.get_matching_filters(log_group_name=log_group_name)
        if filters and is_api_enabled("cloudwatch"):
            publish_metrics(filters, log_events, context.account_id, context.region)
        return stored

    def store_events(stream: Any, log_events: list[Event]) -> str:
        stream.last_ingestion_time = int(time.time() * 1000)
        stream.stored_bytes += sum(len(event["message"]) for event in log_events)
        events = [LogEvent(stream.last_ingestion_time, dict(event)) for event in log_events]
        stream.events += events
        stream.upload_sequence_token += 1
        deliver(stream, events)
        return f"{stream.upload_sequence_token:056d}"

    replace(LogStream, "put_log_events", store_events)
