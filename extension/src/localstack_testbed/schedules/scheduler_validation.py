"""Validation of schedules, beyond the constraints of single values in the API's model.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html documents the
errors' codes, but not all messages. For the model's constraints, see
:mod:`localstack_testbed.limits.model`.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.aws.api.scheduler import ValidationException

from localstack_testbed.schedules.expressions import (
    Expression,
    InvalidExpression,
    schedule_expression,
)
from localstack_testbed.schedules.scheduler_targets import (
    EVENTS,
    JSON_SERVICES,
    UNIVERSAL,
    service_of,
)

EARLIEST_START = timedelta(minutes=5)

# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
READ_ONLY = re.compile(
    r"(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate"
    r"|batchGet|batchDescribe|batchRead|transactGet|adminGet|adminList|testMigration|retrieve"
    r"|testConnection|translateDocument|isAuthorized|invokeModel)(?![a-z])"
)


def check_schedule(request: Mapping[str, Any], now: datetime) -> None:
    """Validate a CreateSchedule or UpdateSchedule request.

    Raises
    ------
    ValidationException
        For the first error found.
    """
    expression = _parse(request)
    start, end = (in_utc(request.get(name)) for name in ("StartDate", "EndDate"))
    # AWS accepts a one-time schedule in the past, and never fires it.
    if not is_one_time(expression.text):
        if start and start < now - EARLIEST_START:
            raise ValidationException(
                "The StartDate you specify cannot be earlier than 5 minutes ago."
            )
        if end and end <= now:
            raise ValidationException("The EndDate you specify must be in the future.")
        if start and end and end <= start:
            raise ValidationException("The EndDate you specify must come after the StartDate.")
    _check_window(request["FlexibleTimeWindow"])
    _check_target(request["Target"])


def is_one_time(expression: str) -> bool:
    """Return whether an expression is due only once; it ignores StartDate and EndDate."""
    return expression.startswith("at(")


def in_utc(moment: Any) -> datetime | None:
    """Convert a time, with or without time zone, or a Unix time to UTC."""
    if moment is None:
        return None
    if isinstance(moment, datetime):
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(moment), UTC)


def _parse(request: Mapping[str, Any]) -> Expression:
    text = request["ScheduleExpression"]
    zone = request.get("ScheduleExpressionTimezone") or "UTC"
    try:
        return schedule_expression(text, zone)
    except InvalidExpression as error:
        if str(error).startswith("time zone"):
            raise ValidationException(f"Invalid Schedule Expression Timezone {zone}.") from None
        raise ValidationException(f"Invalid Schedule Expression {text}.") from None


def _check_window(window: Mapping[str, Any]) -> None:
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "FLEXIBLE" and minutes is None:
        raise ValidationException("MaximumWindowInMinutes must be specified with Mode FLEXIBLE.")
    if window["Mode"] == "OFF" and minutes is not None:
        raise ValidationException("MaximumWindowInMinutes cannot be specified with Mode OFF.")


def _check_target(target: Mapping[str, Any]) -> None:
    arn, given = target["Arn"], target.get("Input")
    if universal := UNIVERSAL.fullmatch(arn):
        action = universal["action"]
        if READ_ONLY.match(action):
            raise ValidationException(f"The action {action} of {arn} is not supported.")
    elif not re.fullmatch(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:.+", arn):
        raise ValidationException("Provided Arn is not in correct format.")
    needs_json = universal is not None or service_of(arn) in JSON_SERVICES
    if needs_json and given is not None and not _is_json(given):
        raise ValidationException(f"The Input of {arn} must be a valid JSON.")
    if service_of(arn) == EVENTS and not target.get("EventBridgeParameters"):
        raise ValidationException(f"EventBridgeParameters must be specified for {arn}.")
    if service_of(arn) == "kinesis" and not target.get("KinesisParameters"):
        raise ValidationException(f"KinesisParameters must be specified for {arn}.")
    if service_of(arn) == "sqs" and arn.endswith(".fifo") and not target.get("SqsParameters"):
        raise ValidationException(f"SqsParameters must be specified for {arn}.")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
