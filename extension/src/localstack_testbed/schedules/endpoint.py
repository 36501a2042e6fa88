"""The clock of schedules, to be looked at and moved by tests: ``/_testbed/clock``.

``GET /_testbed/clock``
    ``{"now", "offset_seconds", "next": [{"kind", "name", "group", "arn", "expression", "state",
    "scheduled_time"}]}``: the time, and all rules and schedules, the next one first; those that
    will not fire have no ``scheduled_time``.
``POST /_testbed/clock/advance`` with ``{"seconds": number}`` or ``{"to": ISO 8601}``
    Moves the clock forward and fires all that is due until then, in order:
    ``{"now", "fired": [{"arn", "scheduled_time", "attempt", "error"}]}``. A retry is an attempt of
    its own, with the time at which it was due.
``POST /_testbed/schedules/fire`` with ``{"arn": ARN}``
    Fires a rule or schedule now, also one that is disabled: ``{"arn", "scheduled_time", "attempt",
    "error"}``.

Fields that have no value are left out. A request that cannot be carried out is answered with
status 400, an unknown ARN with 404, both with ``{"message"}``.
"""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.schedules.delivery import DeliveryError
from localstack_testbed.schedules.engine import Firing, TooManyFiringsError
from localstack_testbed.schedules.registry import (
    Key,
    ScheduleDescription,
    Schedules,
    UnknownScheduleError,
)

# The calendar ends, and the clock cannot go back.
MAX_ADVANCE = timedelta(days=36_525)


class BadRequestError(Exception):
    """The request makes no sense; the message says what would."""


class ClockEndpoint:
    """What is served below ``/_testbed``."""

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
            moment = self._moment(_body(request))
            if moment - self._schedules.clock.now() > MAX_ADVANCE:
                raise BadRequestError("the clock cannot be moved by more than a hundred years")
            firings = self._schedules.engine.advance(moment.astimezone(UTC))
        except (BadRequestError, TooManyFiringsError) as error:
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
            arn = _body(request).get("arn")
            if not isinstance(arn, str):
                raise BadRequestError('expected {"arn": "the ARN of a rule or schedule"}')
        except BadRequestError as error:
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
                    raise BadRequestError(f"seconds: {seconds!r} is not a number from 0 on")
                try:
                    return now + timedelta(seconds=seconds)
                except OverflowError:
                    raise BadRequestError(f"seconds: {seconds} are too many") from None
            case {"to": str() as text, **rest} if not rest:
                try:
                    moment = datetime.fromisoformat(text)
                except ValueError:
                    raise BadRequestError(f"to: {text!r} is not a time in ISO 8601") from None
                moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
                if moment < now:
                    raise BadRequestError(
                        f"to: {text} has passed, as it is {iso(now)}: the clock goes forward only"
                    )
                return moment
        raise BadRequestError('expected {"seconds": number} or {"to": "time in ISO 8601"}')


def serve(router: Router[Any], schedules: Schedules) -> None:
    """Add the endpoint to LocalStack's gateway."""
    router.add(ClockEndpoint(schedules))


def iso(moment: datetime) -> str:
    """Return a time in ISO 8601; its fraction of a second only if it has one."""
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


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(as_text=True) or "null")
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise BadRequestError("the body is not a JSON object")
    return body


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(_without_none(content)), status=status, mimetype="application/json")


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_none(each) for each in value]
    return value
