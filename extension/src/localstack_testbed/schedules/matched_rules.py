"""Fixes of rules with an event pattern: retries, dead-letter queues, and disabled rules.

LocalStack tries each delivery once. Here the target's retry policy applies, and failed deliveries
go to the target's dead-letter queue. The scheduling engine makes the retries, by its clock.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html

LocalStack never sends a target's constant input if it is empty, such as ``{}``. Here it does.

LocalStack's disabled rules still match events. Here and on AWS they do not:
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html
"""

import copy
import json
import threading
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.requests.single_attempts import SingleAttempts
from localstack_testbed.schedules.delivery import Delivery, RetryPolicy
from localstack_testbed.schedules.registry import Schedules
from localstack_testbed.schedules.rules import is_permanent, send_dead_letter

WAITING_LIMIT = 10_000
"""Maximum number of deliveries in progress or waiting for a retry; others are not retried."""


class _Matched(threading.local):
    """The rule whose event the current thread is sending to targets."""

    rule: Any = None


def retry_deliveries(schedules: Schedules) -> None:
    """Patch EventBridge's provider, and what sends its events to targets."""
    from localstack.services.events import target as targets
    from localstack.services.events.provider import EventsProvider

    matched, unfinished = _Matched(), schedules.unfinished
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

        def process(content: Any) -> None:
            # LocalStack takes an empty input, such as {}, for no event.
            if constant := self.target.get("Input"):
                self.send_event(json.loads(constant), trace_header)
            else:
                original(self, content, trace_header)

        if rule is None:  # A scheduled rule, which has its own Delivery; or a retry.
            process(event)
            return

        def send(attempt: int) -> None:
            process(copy.deepcopy(event))

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
