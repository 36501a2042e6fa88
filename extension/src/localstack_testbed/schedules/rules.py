"""Scheduled rules of EventBridge, fired by the engine.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html

A rate starts when the rule is created
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html). AWS does not
document changes. Here it restarts when the expression changes or the rule is enabled, and continues
when PutRule changes anything else.
"""

import copy
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from localstack.aws.connect import connect_to
from localstack.services.events.models import (
    FormattedEvent,
    Rule,
    ValidationException,
    events_stores,
)
from localstack.services.events.provider import EventsProvider
from localstack.services.events.rule import RuleService
from localstack.services.events.scheduler import JobScheduler
from localstack.services.events.utils import extract_event_bus_name, to_json_str
from localstack.services.plugins import SERVICE_PLUGINS
from localstack.utils.aws.arns import parse_arn, sqs_queue_url_for_arn
from localstack.utils.aws.client_types import ServicePrincipal
from localstack.utils.xray.trace_header import TraceHeader

from localstack_testbed.hooks.patching import patch
from localstack_testbed.journal.journal import record
from localstack_testbed.schedules.delivery import (
    Delivery,
    DeliveryError,
    Failure,
    RetryPolicy,
    error_code,
    string_attributes,
)
from localstack_testbed.schedules.engine import next_whole_second
from localstack_testbed.schedules.expressions import InvalidExpression, rule_expression
from localstack_testbed.schedules.registry import (
    Key,
    ScheduleDescription,
    Schedules,
    UnknownScheduleError,
)

LOG = logging.getLogger(__name__)

BUS = "default"  # the only bus that supports scheduled rules

DISABLED = "DISABLED"

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class _KnownRule:
    """The last known state of a scheduled rule."""

    provider: EventsProvider
    account: str
    region: str
    name: str
    expression: str
    state: str

    def same_schedule(self, other: "_KnownRule | None") -> bool:
        return (
            other is not None
            and self.expression == other.expression
            and (self.state == DISABLED) == (other.state == DISABLED)
        )

    def rule(self) -> Rule | None:
        store = self.provider.get_store(self.region, self.account)
        return store.event_buses[BUS].rules.get(self.name)


class Rules:
    """All scheduled rules of all accounts and regions, by ARN."""

    def __init__(self, schedules: Schedules) -> None:
        self._schedules = schedules
        self._known: dict[str, _KnownRule] = {}

    def changed(self, provider: EventsProvider, account: str, region: str, name: str) -> None:
        """Update the engine after a rule of the default bus was created, changed or deleted."""
        rule = provider.get_store(region, account).event_buses[BUS].rules.get(name)
        if rule is None or not rule.schedule_expression:
            self._forget(account, region, name)
            return
        known = _KnownRule(
            provider, account, region, name, rule.schedule_expression, str(rule.state)
        )
        before, self._known[rule.arn] = self._known.get(rule.arn), known
        if known.state == DISABLED:
            self._schedules.engine.remove(Key(rule.arn))
        elif not known.same_schedule(before):
            now = self._schedules.clock.now()
            expression = rule_expression(known.expression)
            timing = partial(expression.next_after, since=next_whole_second(now))
            self._schedules.engine.put(Key(rule.arn), timing, self.fire, after=now)

    def reload(self) -> None:
        self._known.clear()
        service = SERVICE_PLUGINS.get_service("events")
        if service is None:
            return
        provider = cast(EventsProvider, service._provider)
        for account, region, store in list(events_stores.iter_stores()):
            bus = store.event_buses.get(BUS)
            for name in list(bus.rules) if bus else ():
                self.changed(provider, account, region, name)

    def descriptions(self) -> list[ScheduleDescription]:
        due = self._schedules.engine.due
        return [
            ScheduleDescription(
                "rule", rule.name, None, arn, rule.expression, rule.state, due(Key(arn))
            )
            for arn, rule in list(self._known.items())
        ]

    def fire(self, key: Key, due: datetime) -> None:
        """Send a rule's event to all its targets."""
        known = self._known.get(key.arn)
        rule = known.rule() if known else None
        if known is None or rule is None:
            raise UnknownScheduleError(f"no scheduled rule has the ARN {key.arn}")
        event = scheduled_event(rule, due)
        record("schedule", id=event["id"], service="events", resource=rule.arn, due=event["time"])
        errors = []
        for target in list(rule.targets.values()):
            try:
                self._delivery(known, rule, target, event, due).attempt()
            except DeliveryError as error:
                errors.append(f"target {target['Id']}: {error}")
        if errors:
            raise DeliveryError("; ".join(errors))

    def _delivery(
        self, known: _KnownRule, rule: Rule, target: Any, event: dict[str, Any], due: datetime
    ) -> Delivery:
        sender = known.provider._target_sender_store[f"{rule.arn}-{target['Id']}"]

        def send(attempt: int) -> None:
            # A scheduled event starts a new trace.
            new_trace: Any = TraceHeader
            sender.process_event(
                cast(FormattedEvent, copy.deepcopy(event)), new_trace().ensure_root_exists()
            )

        return Delivery(
            self._schedules,
            rule.arn,
            due,
            RetryPolicy.of(target),
            send,
            on_failure=lambda failure: send_dead_letter(rule, target, event, failure),
            is_permanent=is_permanent,
            entry={"causes": [event["id"]], "service": "events", "resource": target["Arn"]},
        )

    def _forget(self, account: str, region: str, name: str) -> None:
        for arn, known in list(self._known.items()):
            if (known.account, known.region, known.name) == (account, region, name):
                del self._known[arn]
                self._schedules.forget(arn)


def scheduled_event(rule: Rule, due: datetime) -> dict[str, Any]:
    """Return the event of a scheduled rule.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": rule.account_id,
        "time": due.strftime(TIME_FORMAT),
        "region": rule.region,
        "resources": [rule.arn],
        "detail": {},
    }


# Errors that are not retried: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
PERMANENT_ERRORS = {"NO_RESOURCE", "NO_PERMISSIONS"}


def _public_code(code: str) -> str:
    """Map the error code of a target's service to EventBridge's error code."""
    if "AccessDenied" in code or "NotAuthorized" in code:
        return "NO_PERMISSIONS"
    if "NotFound" in code or "NonExistent" in code or "DoesNotExist" in code:
        return "NO_RESOURCE"
    if "Throttl" in code or "TooManyRequests" in code:
        return "THROTTLING"
    return "ERROR_FROM_TARGET"


def is_permanent(error: Exception) -> bool:
    """Return whether EventBridge does not retry a delivery after this error."""
    return _public_code(error_code(error)) in PERMANENT_ERRORS


def send_dead_letter(rule: Rule, target: Any, event: dict[str, Any], failure: Failure) -> None:
    """Send an event to the target's dead-letter queue, if it has one.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    if not (queue := (target.get("DeadLetterConfig") or {}).get("Arn")):
        return
    client = connect_to(
        aws_access_key_id=rule.account_id, region_name=parse_arn(queue)["region"]
    ).sqs
    client.request_metadata(
        service_principal=ServicePrincipal.events, source_arn=rule.arn
    ).send_message(
        QueueUrl=sqs_queue_url_for_arn(queue),
        MessageBody=to_json_str(event),
        MessageAttributes=string_attributes(
            {
                "RULE_ARN": rule.arn,
                "TARGET_ARN": target["Arn"],
                "ERROR_CODE": _public_code(failure.code),
                "ERROR_MESSAGE": failure.message,
                "EXHAUSTED_RETRY_CONDITION": failure.exhausted,
                "RETRY_ATTEMPTS": str(failure.retries),
            }
        ),
    )


def replace_job_scheduler(schedules: Schedules) -> None:
    """Patch EventBridge's provider so that the engine fires its scheduled rules."""
    rules = Rules(schedules)
    schedules.sources.append(rules)

    @patch(JobScheduler.start, pass_target=False)
    def start(*args: Any) -> None:
        """Do not start LocalStack's own scheduler loop."""

    @patch(RuleService.create_schedule_job, pass_target=False)
    def create_schedule_job(self: Any, function: Callable[[], None]) -> None:
        """Do nothing: PutRule has put the rule into the engine."""

    @patch(RuleService._get_schedule_cron, pass_target=False)
    def get_schedule_cron(self: Any, expression: str) -> str:
        return expression

    @patch(RuleService._validate_input, pass_target=False)
    def validate_input(
        event_pattern: str | None, schedule_expression: str | None, event_bus_name: str | None
    ) -> None:
        if not event_pattern and not schedule_expression:
            raise ValidationException(
                "Parameter(s) EventPattern or ScheduleExpression must be specified."
            )
        if not schedule_expression:
            return
        if event_bus_name != BUS:
            raise ValidationException(
                "ScheduleExpression is supported only on the default event bus."
            )
        try:
            rule_expression(schedule_expression)
        except InvalidExpression as error:
            LOG.info("%s: %s", schedule_expression, error)
            raise ValidationException("Parameter ScheduleExpression is not valid.") from None

    def then_schedule(
        original: Any, self: EventsProvider, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        response = original(self, context, *args, **kwargs)
        if extract_event_bus_name(kwargs.get("event_bus_name")) == BUS:
            name = kwargs["name"] if "name" in kwargs else args[0]
            rules.changed(self, context.account_id, context.region, name)
        return response

    for method in (
        EventsProvider.put_rule,
        EventsProvider.enable_rule,
        EventsProvider.disable_rule,
        EventsProvider.delete_rule,
    ):
        patch(method)(then_schedule)
