"""The endpoints that show and advance the clock of schedules.

``GET /_testbed/clock``
    Returns the time, and all rules and schedules ordered by their next due time: ``{"now",
    "offset_seconds", "next": [{"kind", "name", "group", "arn", "expression", "state",
    "scheduled_time"}]}``. Those that will not fire have no ``scheduled_time``.
``POST /_testbed/clock/advance`` with ``{"seconds": number}`` or ``{"to": ISO 8601}``
    Advances the clock, and fires everything that is due until then, in order:
    ``{"now", "fired": [{"arn", "scheduled_time", "attempt", "error"}]}``. Retries are listed
    separately, with their own due time.
``POST /_testbed/schedules/fire`` with ``{"arn": ARN}``
    Fires a rule or schedule now, even if it is disabled: ``{"arn", "scheduled_time", "attempt",
    "error"}``.

Fields without a value are omitted. Invalid requests are answered with status 400, and unknown ARNs
with 404, both with ``{"message"}``.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.requests.json_bodies import InvalidBodyError, json_body, json_response
from localstack_testbed.schedules.delivery import DeliveryError
from localstack_testbed.schedules.engine import Firing, TooManyFiringsError
from localstack_testbed.schedules.registry import (
    Key,
    ScheduleDescription,
    Schedules,
    UnknownScheduleError,
)

# Years after 9999 cannot be represented, and the clock cannot be set back.
MAX_ADVANCE = timedelta(days=36_525)


class BadRequestError(Exception):
    """Raised for an invalid request; the message says what is expected."""


class ClockEndpoint:
    """The request handlers."""

    def __init__(self, schedules: Schedules) -> None:
        self._schedules = schedules

    @route("/_testbed/clock", methods=["GET"])
    def show(self, request: Request) -> Response:
        described = [each for source in self._schedules.sources for each in source.descriptions()]
        described.sort(key=lambda each: (each.due is None, each.due, each.arn))
        return _answer(
            {
                "now": iso(self._schedules.clock.now()),
                "offset_seconds": self._schedules.clock.offset.total_seconds(),
                "next": [_row(each) for each in described],
            }
        )

    @route("/_testbed/clock/advance", methods=["POST"])
    def advance(self, request: Request) -> Response:
        try:
            moment = self._moment(json_body(request))
            if moment - self._schedules.clock.now() > MAX_ADVANCE:
                raise BadRequestError("the clock cannot be advanced by more than a hundred years")
            firings = self._schedules.engine.advance(moment.astimezone(UTC))
        except (BadRequestError, InvalidBodyError, TooManyFiringsError) as error:
            return _answer({"message": str(error)}, status=400)
        return _answer(
            {
                "now": iso(self._schedules.clock.now()),
                "fired": [_fired(firing) for firing in firings],
            }
        )

    @route("/_testbed/schedules/fire", methods=["POST"])
    def fire(self, request: Request) -> Response:
        try:
            arn = json_body(request).get("arn")
            if not isinstance(arn, str):
                raise BadRequestError('expected {"arn": "the ARN of a rule or schedule"}')
        except (BadRequestError, InvalidBodyError) as error:
            return _answer({"message": str(error)}, status=400)
        now = self._schedules.clock.now()
        failure = None
        try:
            now = self._schedules.fire(arn)
        except UnknownScheduleError as error:
            return _answer({"message": str(error)}, status=404)
        except DeliveryError as error:
            failure = str(error)
        return _answer(_fired(Firing(Key(arn), now, failure)))

    def _moment(self, body: dict[str, Any]) -> datetime:
        now = self._schedules.clock.now()
        match body:
            case {"seconds": int() | float() as seconds, **rest} if not rest:
                if isinstance(seconds, bool) or not 0 <= seconds < math.inf:
                    raise BadRequestError(f"seconds: {seconds!r} is not a number of 0 or more")
                try:
                    return now + timedelta(seconds=seconds)
                except OverflowError:
                    raise BadRequestError(f"seconds: {seconds} is too large") from None
            case {"to": str() as text, **rest} if not rest:
                try:
                    moment = datetime.fromisoformat(text)
                except ValueError:
                    raise BadRequestError(f"to: {text!r} is not a time in ISO 8601") from None
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                if moment < now:
                    raise BadRequestError(
                        f"to: {text} is in the past, it is {iso(now)}: the clock only goes forward"
                    )
                return moment
        raise BadRequestError('expected {"seconds": number} or {"to": "time in ISO 8601"}')


def serve(router: Router[Any], schedules: Schedules) -> None:
    """Add the endpoints to LocalStack's router."""
    router.add(ClockEndpoint(schedules))


def iso(moment: datetime) -> str:
    """Format a time in ISO 8601; without a fraction of a second if it is zero."""
    return moment.isoformat().replace("+00:00", "Z")


def _row(described: ScheduleDescription) -> dict[str, Any]:
    return {
        "kind": described.kind,
        "name": described.name,
        "group": described.group,
        "arn": described.arn,
        "expression": described.expression,
        "state": described.state,
        "scheduled_time": described.due and iso(described.due),
    }


def _fired(firing: Firing[Key]) -> dict[str, Any]:
    return {
        "arn": firing.key.arn,
        "scheduled_time": iso(firing.scheduled_time),
        "attempt": firing.key.attempt,
        "error": firing.error,
    }


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return json_response(_without_none(content), status)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_none(each) for each in value]
    return value
