"""Schedule expressions: ``rate``, ``cron`` and ``at``.

The cron calendar is implemented here because no library supports AWS's: croniter and cronsim number
the days of the week as Unix does, and pyawscron and aws-croniter support UTC only.

General documentation (for each kind of expression, see its module):
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
"""The maximum number of characters in both APIs."""


class Expression(Protocol):
    """A parsed schedule expression."""

    @property
    def text(self) -> str:
        """The expression as it was given."""

    def next_after(self, moment: datetime, since: datetime) -> datetime | None:
        """Return the first due time after *moment*, in UTC, or ``None``.

        *since* is the start of a rate: a rule's creation or update; a schedule's ``StartDate`` or,
        without one, its creation. It is a schedule's first due time, so *moment* has to be before
        it the first time; a rule is first due one period later.
        """


def rule_expression(text: str) -> Expression:
    """Parse the expression of an EventBridge rule, in UTC.

    Raises
    ------
    InvalidExpression
        An expression that AWS rejects.
    """
    match _split(text):
        case "rate", body:
            return parse_rate(text, body, for_rule=True)
        case "cron", body:
            return parse_cron(text, body, UTC, year_is_optional=False)
        case kind, _:
            raise InvalidExpression(f"kind: {kind!r} is not rate or cron")


def schedule_expression(text: str, timezone: str = "UTC") -> Expression:
    """Parse the expression of an EventBridge Scheduler schedule, in an IANA time zone.

    Raises
    ------
    InvalidExpression
        An expression that AWS rejects, or an unknown time zone.
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
    """Split an expression into its kind and the part in parentheses."""
    if len(text) > _MAX_LENGTH:
        raise InvalidExpression(
            f"length: {len(text)} characters, at most {_MAX_LENGTH} are allowed"
        )
    if not (form := _FORM.fullmatch(text)):
        raise InvalidExpression(f"form: expected kind(...), not {text!r}")
    return form[1], form[2]


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC  # does not require a time zone database
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a path; a folder of zones; not found
        raise InvalidExpression(f"time zone: {name!r} is not in the IANA database") from None
