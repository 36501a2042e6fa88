"""Expressions of schedules: what AWS takes, and when they fall due.

The calendar is our own, because no library found computes AWS's: croniter and cronsim count the
days of the week as Unix does, and pyawscron and aws-croniter know UTC only.

Sources, beside the ones that the modules of each kind of expression name:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

import re
from datetime import UTC, datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

from localstack_testbed.schedules.at import parse_at
from localstack_testbed.schedules.cron import parse_cron
from localstack_testbed.schedules.invalid_expression import InvalidExpression
from localstack_testbed.schedules.rate import parse_rate

__all__ = ["Expression", "InvalidExpression", "rule_expression", "schedule_expression"]

_FORM = re.compile(r"([a-z]+)\(([^()]*)\)")
_MAX_LENGTH = 256
"""Characters of an expression, by both APIs."""


class Expression(Protocol):
    """Tells when a schedule is due."""

    @property
    def text(self) -> str:
        """What it was made of."""

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the first due time strictly later than *moment*, in UTC; ``None`` if none is left.

        *since* is when a rate begins to count: the creation or the update of a rule, and the
        ``StartDate`` or else the creation of a schedule. It is a schedule's first due time, so
        ask with a *moment* before it; a rule is due one period later.
        """


def rule_expression(text: str) -> Expression:
    """Return the expression of an EventBridge rule, in UTC.

    Raises
    ------
    InvalidExpression
        Neither a rate nor a cron expression that AWS accepts for a rule.
    """
    match _split(text):
        case "rate", body:
            return parse_rate(text, body, for_rule=True)
        case "cron", body:
            return parse_cron(text, body, UTC, year_is_optional=False)
        case kind, _:
            raise InvalidExpression(f"kind: {kind!r} is not rate or cron")


def schedule_expression(text: str, timezone: str = "UTC") -> Expression:
    """Return the expression of a schedule of EventBridge Scheduler, in an IANA time zone.

    Raises
    ------
    InvalidExpression
        Not an expression that the Scheduler accepts, or no such time zone.
    """
    zone = _zone(timezone)
    match _split(text):
        case "rate", body:
            return parse_rate(text, body, for_rule=False)
        case "cron", body:
            return parse_cron(text, body, zone, year_is_optional=True)
        case "at", body:
            return parse_at(text, body, zone)
        case kind, _:
            raise InvalidExpression(f"kind: {kind!r} is not rate, cron or at")


def _split(text: str) -> tuple[str, str]:
    """Return the kind of an expression and what stands between its parentheses."""
    if len(text) > _MAX_LENGTH:
        raise InvalidExpression(
            f"length: {len(text)} characters, at most {_MAX_LENGTH} are allowed"
        )
    if not (form := _FORM.fullmatch(text)):
        raise InvalidExpression(f"form: expected kind(...), not {text!r}")
    return form[1], form[2]


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # also where the time zone database is missing
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a path; a folder of zones; not found
        raise InvalidExpression(f"time zone: {name!r} is not in the IANA database") from None
