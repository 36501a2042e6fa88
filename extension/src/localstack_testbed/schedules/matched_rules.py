"""Events that match a rule are delivered by its targets' retry policies; LocalStack tries once.

Nor does a disabled rule match anything, as it does in LocalStack:
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html

What cannot be delivered goes to the target's dead-letter queue:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html. The retries are put into
the engine of schedules, and go by its clock.
"""

import copy
import threading
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.requests.single_attempts import SingleAttempts
from localstack_testbed.schedules.delivery import Delivery, RetryPolicy
from localstack_testbed.schedules.registry import Schedules
from localstack_testbed.schedules.rules import is_permanent, send_dead_letter

WAITING_LIMIT = 10_000
"""Deliveries that may be under way or wait for a retry; further ones are tried once."""


class _Count:
    """How many deliveries are not done yet."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self.value += number


class _Matched(threading.local):
    """The rule whose targets a thread sends an event to."""

    rule: Any = None


def repeat_deliveries(schedules: Schedules) -> None:
    """Patch EventBridge's provider, and what sends its events to targets."""
    from localstack.services.events import target as targets
    from localstack.services.events.provider import EventsProvider

    matched, unfinished = _Matched(), _Count()
    replace(targets, "connect_to", SingleAttempts())

    @patch(EventsProvider._process_rules)
    def process_rules(
        original: Callable[..., None], self: Any, rule: Any, *args: Any, **kwargs: Any
    ) -> None:
        if rule.state == "DISABLED":
            return
        matched.rule = rule
        try:
            original(self, rule, *args, **kwargs)
        finally:
            matched.rule = None

    @patch(targets.TargetSender.process_event)
    def process_event(
        original: Callable[..., None], self: Any, event: Any, trace_header: Any
    ) -> None:
        rule = matched.rule
        if rule is None:  # A scheduled rule, whose delivery is repeated already; or a retry.
            original(self, event, trace_header)
            return

        def send(attempt: int) -> None:
            original(self, copy.deepcopy(event), trace_header)

        public = {name: value for name, value in event.items() if name != "event-bus-name"}
        policy = RetryPolicy.of(self.target)
        if unfinished.value >= WAITING_LIMIT:
            policy = RetryPolicy(retries=0, age=policy.age)
        unfinished.add(1)
        Delivery(
            schedules,
            rule.arn,
            schedules.clock.now(),
            policy,
            send,
            on_failure=lambda failure: send_dead_letter(rule, self.target, public, failure),
            is_permanent=is_permanent,
            on_done=lambda: unfinished.add(-1),
            entry={
                "causes": [event["id"]],
                "service": "events",
                "resource": self.target["Arn"],
            },
        ).attempt()
