"""Client of the emulator's clock, which schedules follow: read it, advance it, fire a schedule.

The extension of LocalStack serves it (``localstack_testbed.schedules.endpoint``). Its answers are
returned as they are, so that ``--json`` shows them unchanged.
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
from testbed.errors import TestbedError, similar


class Schedule(TypedDict):
    """A scheduled rule of EventBridge, or a schedule of EventBridge Scheduler.

    ``scheduled_time`` is the time of the next firing, in ISO 8601, if there will be one.

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
    """The clock, and the schedules that follow it in the order of their next firings.

    ``offset_seconds`` is how far the clock is ahead of real time.
    """

    now: str
    offset_seconds: float
    next: list[Schedule]


class Firing(TypedDict):
    """An attempt to invoke the targets of a schedule; it succeeded if there is no ``error``.

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
    """The time after an advance of the clock, and the firings that were due until then."""

    now: str
    fired: list[Firing]


class InvalidAdvanceError(TestbedError):
    """The clock cannot be moved to that time."""


class Clock:
    """The clock that schedules follow at an endpoint.

    Every method raises a TestbedError if the endpoint does not answer or has no such clock.

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
        """Move the clock forward, and fire everything that is due until then, in order.

        Raises
        ------
        InvalidAdvanceError
            If there would be too many firings.
        """
        return self._advance({"seconds": duration.total_seconds()})

    def advance_to(self, moment: datetime) -> Advance:
        """Move the clock forward to a time, and fire everything that is due until then, in order.

        Raises
        ------
        InvalidAdvanceError
            If the time is in the past, or there would be too many firings.
        """
        return self._advance({"to": moment.isoformat()})

    def fire(self, name: str | None = None) -> Firing:
        """Fire a rule or a schedule now, even if it is disabled.

        Parameters
        ----------
        name
            A name, a group and a name as in "group/name", or an ARN. It may be omitted if there is
            only one schedule.

        Raises
        ------
        TestbedError
            If no schedule has this name, or more than one does.
        """
        chosen = choose(name, self.view()["next"])
        return cast(Firing, self._request("POST", "/_testbed/schedules/fire", {"arn": chosen}))

    def _advance(self, body: dict[str, Any]) -> Advance:
        self.view()  # an endpoint without a clock might understand the next request differently
        return cast(Advance, self._request("POST", "/_testbed/clock/advance", body))

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> object:
        # The answer to an advance comes when everything that it fired has been delivered.
        limit = None if body else ANSWER_SECONDS
        response = self._endpoint.send(method, path, body=body, answer_within=limit)
        answer = json_object(response) or {}
        if response.ok and not answer.keys().isdisjoint(("now", "arn")):
            return answer
        if body and "message" in answer and response.status_code == HTTPStatus.BAD_REQUEST:
            raise InvalidAdvanceError(str(answer["message"]))
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"The emulator at {self._endpoint.url} has no clock for schedules.",
                advice="Use the LocalStack of `testbed up`, without TESTBED_SCHEDULES=0.",
            )
        raise self._endpoint.unexpected(method, path, response)


def choose(name: str | None, schedules: list[Schedule]) -> str:
    """Return the ARN of the schedule with a name, or of the only one.

    Raises
    ------
    TestbedError
        If no schedule has this name, or more than one does. The message lists them.
    """
    found = [each for each in schedules if name is None or name in _names(each)]
    if len(found) == 1:
        return found[0]["arn"]
    if not schedules:
        raise TestbedError(
            "There are no scheduled rules and no schedules.",
            advice="Deploy a stack that has one with `testbed deploy`, or create one with"
            " `aws events put-rule` or `aws scheduler create-schedule`.",
        )
    labels = sorted(label(each["arn"]) for each in found or schedules)
    if not found:
        raise TestbedError(
            f"There is no scheduled rule or schedule {name}.",
            advice=similar(name or "", labels, "rules and schedules"),
        )
    if len(set(labels)) < len(labels):
        labels = sorted(each["arn"] for each in found)
    what = f"More than one schedule is named {name}" if name else "There are several schedules"
    raise TestbedError(f"{what}: {', '.join(labels)}.", advice="Name the one to fire.")


def check_firings(firings: list[Firing]) -> None:
    """Raise an error if a firing has failed.

    Raises
    ------
    TestbedError
        With the name and the error of the first one that failed.
    """
    failed = [firing for firing in firings if "error" in firing]
    if not failed:
        return
    first = failed[0]
    raise TestbedError(
        f"{label(first['arn'])} failed"
        if len(firings) == 1
        else f"{len(failed)} of {len(firings)} firings failed, first {label(first['arn'])}",
        details=first["error"],
        advice="Deliveries are retried as the target's retry policy says. After the last retry the"
        " event goes to the target's dead-letter queue, if it has one.",
    )


def label(arn: str) -> str:
    """Return the name in the ARN of a rule or schedule, after its group if not the default one.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html
    """
    return arn.split(":", 5)[5].partition("/")[2].removeprefix("default/")


def _names(schedule: Schedule) -> set[str]:
    names = {schedule["name"], schedule["arn"]}
    return names | {f"{schedule['group']}/{schedule['name']}"} if "group" in schedule else names
