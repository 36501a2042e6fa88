"""The schedules of an endpoint, and the clock they go by: to be looked at, fired and moved.

Our extension of LocalStack serves them (``localstack_testbed.schedules.endpoint``); what it answers
is kept in its form, so that ``--json`` shows it unchanged.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict, cast

from testbed.control.endpoint import (
    ANSWER_SECONDS,
    Endpoint,
    LacksFeatureError,
    json_object,
    lacks_endpoint,
)
from testbed.errors import TestbedError


class Schedule(TypedDict):
    """A rule with a schedule, or a schedule of EventBridge Scheduler.

    ``scheduled_time`` is when it fires next, in ISO 8601; it is left out if it will not.

    Examples
    --------
    ::

        from testbed import Clock, Schedule, Stack


        def test_report_is_scheduled_daily(stack: Stack, clock: Clock) -> None:
            def daily(schedule: Schedule) -> bool:
                return schedule["expression"] == "rate(1 day)"

            assert any(daily(schedule) for schedule in clock.view()["next"])
    """

    kind: str
    name: str
    group: NotRequired[str]
    arn: str
    expression: str
    state: str
    scheduled_time: NotRequired[str]


class View(TypedDict):
    """The clock, and all that goes by it, the next one first."""

    now: str
    offset_seconds: float
    next: list[Schedule]


class Firing(TypedDict):
    """An attempt to deliver what a schedule sends; without ``error`` it did not fail.

    Examples
    --------
    ::

        from testbed import Clock, Firing, Stack


        def test_report_is_sent(stack: Stack, clock: Clock) -> None:
            firing: Firing = clock.fire(stack.resource("Nightly"))
            assert firing["attempt"] == 1
            assert "error" not in firing
    """

    arn: str
    scheduled_time: str
    attempt: int
    error: NotRequired[str]


class Advance(TypedDict):
    """The time after a clock was moved, and what was fired on its way, in order."""

    now: str
    fired: list[Firing]


class RefusedError(TestbedError):
    """The clock cannot be moved in this way."""


class Clock:
    """The clock of schedules behind an endpoint.

    Every method raises a TestbedError if the endpoint does not answer, or has no such clock.

    Examples
    --------
    ::

        from datetime import timedelta

        from testbed import Clock, Stack


        def test_nothing_is_due_within_a_minute(stack: Stack, clock: Clock) -> None:
            fired = clock.advance_by(timedelta(minutes=1))["fired"]
            nightly = stack.resource("Nightly")
            assert not any(nightly in firing["arn"] for firing in fired)
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self._endpoint = Endpoint.of(endpoint)

    def view(self) -> View:
        """Return the time and all schedules."""
        return cast(View, self._request("GET", "/_testbed/clock"))

    def advance_by(self, duration: timedelta) -> Advance:
        """Move the clock forward, and fire in order all that is due until then.

        Raises
        ------
        RefusedError
            If that would fire too much.
        """
        return self._advance({"seconds": duration.total_seconds()})

    def advance_to(self, moment: datetime) -> Advance:
        """Move the clock to a moment, and fire in order all that is due until then.

        Raises
        ------
        RefusedError
            If the moment has passed, or that would fire too much.
        """
        return self._advance({"to": moment.isoformat()})

    def fire(self, name: str | None = None) -> Firing:
        """Fire a rule or schedule now, also one that is disabled.

        Parameters
        ----------
        name
            A name, a group and a name as in "group/name", or an ARN. It can be left out if there
            is only one.

        Raises
        ------
        TestbedError
            If there is none of this name, or more than one.
        """
        chosen = choose(name, self.view()["next"])
        return cast(Firing, self._request("POST", "/_testbed/schedules/fire", {"arn": chosen}))

    def _advance(self, body: dict[str, Any]) -> Advance:
        self.view()  # an endpoint without a clock might take the next request for something else
        return cast(Advance, self._request("POST", "/_testbed/clock/advance", body))

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> object:
        # An advance answers when all that it fired has been delivered.
        limit = None if body else ANSWER_SECONDS
        response = self._endpoint.send(method, path, body=body, answer_within=limit)
        answer = json_object(response) or {}
        if response.ok and not answer.keys().isdisjoint(("now", "arn")):
            return answer
        if body and "message" in answer and response.status_code == HTTPStatus.BAD_REQUEST:
            raise RefusedError(str(answer["message"]))
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"{self._endpoint.url} has no clock that can be moved, and fires no schedule by"
                " hand.",
                advice="Time there is AWS's, or the emulator's own. In the LocalStack of"
                " `testbed up` schedules go by a clock that can be moved, unless"
                " TESTBED_SCHEDULES=0 is set.",
            )
        raise self._endpoint.unexpected(method, path, response)


def choose(name: str | None, schedules: list[Schedule]) -> str:
    """Return the ARN of the schedule that is meant.

    Raises
    ------
    TestbedError
        If there is none of this name, or more than one; it lists what there is.
    """
    meant = [each for each in schedules if name is None or name in _names(each)]
    if len(meant) == 1:
        return meant[0]["arn"]
    if not schedules:
        raise TestbedError(
            f"There is no rule or schedule {name or 'that could be fired'}.",
            advice="There are none at all. Deploy the stack with: testbed deploy",
        )
    labels = sorted(label(each["arn"]) for each in meant or schedules)
    if not meant:
        raise TestbedError(
            f"There is no rule or schedule {name}.", advice=f"There are: {', '.join(labels)}."
        )
    if len(set(labels)) < len(labels):
        labels = sorted(each["arn"] for each in meant)
    what = f"There are several of the name {name}" if name else "There are several schedules"
    raise TestbedError(f"{what}: {', '.join(labels)}.", advice="Say which one to fire.")


def label(arn: str) -> str:
    """Return the name in the ARN of a rule or schedule, with its group unless that is the default.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
    """
    return arn.split(":", 5)[5].partition("/")[2].removeprefix("default/")


def _names(schedule: Schedule) -> set[str]:
    names = {schedule["name"], schedule["arn"]}
    return names | {f"{schedule['group']}/{schedule['name']}"} if "group" in schedule else names
