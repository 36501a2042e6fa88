"""Schedules of EventBridge Scheduler, which fire when they are due.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.extension.scheduling import Clock, Queue, Scheduler

OFF = {"Mode": "OFF"}


def at(moment: datetime) -> str:
    return f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})"


def test_one_time_schedule_fires_once(clock: Clock, scheduler: Scheduler, queue: Queue) -> None:
    moment = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    arn = scheduler.create(at(moment))

    assert not clock.advance_to(moment - timedelta(minutes=1), arn)
    assert clock.times(arn, seconds=61) == [moment]

    assert not clock.times(arn, seconds=3600)
    assert len(queue.messages(1)) == 1
    assert scheduler.get()["State"] == "ENABLED"


def test_one_time_schedule_is_due_in_its_time_zone(clock: Clock, scheduler: Scheduler) -> None:
    arn = scheduler.create("at(2099-07-01T12:00:00)", ScheduleExpressionTimezone="Europe/Vienna")

    assert clock.due(arn) == datetime.fromisoformat("2099-07-01T10:00:00Z")


def test_one_time_schedule_in_the_past_is_accepted_and_never_fires(
    clock: Clock, scheduler: Scheduler
) -> None:
    """AWS's behavior was recorded by LocalStack's own tests (test_scheduler.snapshot.json)."""
    arn = scheduler.create("at(2022-12-31T23:59:59)")

    assert clock.due(arn) is None
    assert clock.advance(arn, seconds=1) == []


def test_schedule_fires_in_real_time_and_not_before(
    clock: Clock, scheduler: Scheduler, queue: Queue
) -> None:
    moment = (clock.now() + timedelta(seconds=3)).replace(microsecond=0)
    scheduler.create(at(moment), Input="<aws.scheduler.scheduled-time>")

    [message] = queue.messages()

    assert message["Body"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    offset = timedelta(seconds=clock.show()["offset_seconds"])
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    assert sent + timedelta(milliseconds=1) + offset >= moment


def test_rate_fires_immediately_and_then_periodically(
    clock: Clock, scheduler: Scheduler, queue: Queue
) -> None:
    before = clock.now()
    arn = scheduler.create("rate(10 minutes)", Input="<aws.scheduler.scheduled-time>")
    after = clock.now()

    clock.advance(arn, seconds=20 * 60 + 2)

    first, *others = sorted(datetime.fromisoformat(body) for body in queue.bodies(3))
    assert before <= first <= after + timedelta(seconds=1)
    assert others == [first + timedelta(minutes=minutes) for minutes in (10, 20)]


def test_rate_begins_at_its_start_date_and_stops_at_its_end_date(
    clock: Clock, scheduler: Scheduler
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
    start = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    arn = scheduler.create(
        "rate(10 minutes)", StartDate=start, EndDate=start + timedelta(minutes=25)
    )

    times = clock.times(arn, seconds=3 * 3600)

    assert times == [start + timedelta(minutes=minutes) for minutes in (0, 10, 20)]
    assert clock.due(arn) is None


def test_cron_is_due_between_its_dates(clock: Clock, scheduler: Scheduler) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
    day = (clock.now() + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    noon = day + timedelta(hours=12)
    arn = scheduler.create(
        "cron(0 12 * * ? *)", StartDate=day, EndDate=noon + timedelta(days=1, hours=1)
    )

    assert clock.times(arn, seconds=6 * 24 * 3600) == [noon, noon + timedelta(days=1)]


def test_one_time_schedule_ignores_its_dates(clock: Clock, scheduler: Scheduler) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
    moment = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    arn = scheduler.create(at(moment), StartDate=moment + timedelta(days=1), EndDate=moment)

    assert clock.due(arn) == moment


def test_flexible_schedule_fires_at_one_moment_of_its_window(
    clock: Clock, scheduler: Scheduler, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html"""
    start = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    arn = scheduler.create(
        "rate(1 hour)",
        StartDate=start,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        Input="<aws.scheduler.scheduled-time>",
    )

    first, second = clock.times(arn, seconds=2 * 3600 + 15 * 60)

    assert start <= first < start + timedelta(minutes=15)
    assert second - first == timedelta(hours=1)
    assert sorted(queue.bodies(2)) == [
        moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (start, start + timedelta(hours=1))
    ]


def test_disabled_schedule_does_not_fire_until_it_is_enabled(
    clock: Clock, scheduler: Scheduler
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-state.html"""
    arn = scheduler.create("rate(10 minutes)", State="DISABLED")
    assert not clock.times(arn, seconds=1200)

    scheduler.update("rate(10 minutes)")
    assert clock.times(arn, seconds=602)

    scheduler.update("rate(10 minutes)", State="DISABLED")
    assert not clock.times(arn, seconds=1200)
    known = clock.known(arn)
    assert known is not None
    assert known["kind"] == "schedule"
    assert known["group"] == "default"
    assert known["state"] == "DISABLED"


def test_updated_schedule_fires_as_it_is_now(
    clock: Clock, scheduler: Scheduler, queue: Queue
) -> None:
    moment = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    arn = scheduler.create(at(moment), Input="old")

    scheduler.update(at(moment + timedelta(hours=1)), Input="new")

    assert not clock.advance_to(moment + timedelta(minutes=1), arn)
    assert len(clock.times(arn, seconds=3600)) == 1
    assert queue.bodies() == ["new"]


def test_update_of_other_properties_does_not_restart_the_rate(
    clock: Clock, scheduler: Scheduler
) -> None:
    arn = scheduler.create("rate(10 minutes)")
    clock.advance(seconds=120)
    due = clock.due(arn)

    scheduler.update("rate(10 minutes)", Description="changed")

    assert clock.due(arn) == due


def test_update_replaces_all_values(scheduler: Scheduler) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html"""
    scheduler.create(
        "rate(1 day)", State="DISABLED", Description="first", ActionAfterCompletion="DELETE"
    )

    scheduler.update("rate(2 days)")

    schedule = scheduler.get()
    assert schedule["State"] == "ENABLED"
    assert schedule["ActionAfterCompletion"] == "NONE"
    assert "Description" not in schedule


def test_deleted_schedule_does_not_fire(clock: Clock, scheduler: Scheduler) -> None:
    arn = scheduler.create("rate(10 minutes)", State="DISABLED")
    scheduler.update("rate(20 minutes)")
    scheduler.delete()

    assert clock.known(arn) is None
    assert not clock.times(arn, seconds=3600)


def test_schedule_is_deleted_after_its_completion(
    clock: Clock, scheduler: Scheduler, queue: Queue
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html"""
    moment = clock.now() + timedelta(hours=1)
    arn = scheduler.create(at(moment), ActionAfterCompletion="DELETE")
    clock.fire(arn)
    assert scheduler.get()["ActionAfterCompletion"] == "DELETE"

    clock.advance_to(moment, arn)

    with pytest.raises(scheduler.client.exceptions.ResourceNotFoundException):
        scheduler.get()
    assert clock.known(arn) is None
    assert len(queue.messages(2)) == 2


def test_deletion_of_a_group_deletes_its_schedules(
    clock: Clock, scheduler: Scheduler, name: str
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_DeleteScheduleGroup.html"""
    client = scheduler.client
    client.create_schedule_group(Name=name)
    start = clock.now() + timedelta(hours=1)
    arn = scheduler.create("rate(1 hour)", GroupName=name, StartDate=start)
    listed = client.list_schedules(GroupName=name)["Schedules"]
    assert [each["Arn"] for each in listed] == [arn]
    known = clock.known(arn)
    assert known is not None
    assert known["group"] == name

    client.delete_schedule_group(Name=name)

    assert not clock.times(arn, seconds=2 * 3600)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_schedule(Name=scheduler.name, GroupName=name)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_schedule_group(Name=name)


def test_schedules_with_the_same_name_in_two_groups(
    clock: Clock, scheduler: Scheduler, name: str
) -> None:
    scheduler.client.create_schedule_group(Name=name)
    start = (clock.now() + timedelta(hours=1)).replace(microsecond=0)
    one = scheduler.create("rate(1 hour)", StartDate=start)
    other = scheduler.create("rate(2 hours)", StartDate=start, GroupName=name)
    try:
        assert one != other
        assert clock.times(one, seconds=3 * 3600 - 60) == [start, start + timedelta(hours=1)]
    finally:
        scheduler.client.delete_schedule_group(Name=name)


def test_existing_schedules_cannot_be_created_again(scheduler: Scheduler, name: str) -> None:
    client = scheduler.client
    scheduler.create("rate(1 day)", State="DISABLED")
    with pytest.raises(client.exceptions.ConflictException):
        scheduler.create("rate(1 day)")
    client.create_schedule_group(Name=name)
    with pytest.raises(client.exceptions.ConflictException):
        client.create_schedule_group(Name=name)
    client.delete_schedule_group(Name=name)


def test_unknown_schedules_are_not_found(scheduler: Scheduler, name: str) -> None:
    client = scheduler.client
    missing = client.exceptions.ResourceNotFoundException
    with pytest.raises(missing):
        scheduler.create("rate(1 day)", GroupName=name)
    with pytest.raises(missing):
        scheduler.update("rate(1 day)")
    with pytest.raises(missing):
        client.delete_schedule(Name=name)
    with pytest.raises(missing):
        client.delete_schedule_group(Name=name)


@pytest.mark.parametrize(
    "arguments",
    [
        {"ScheduleExpression": "rate(0 minutes)"},
        {"ScheduleExpression": "every day"},
        {"ScheduleExpression": "at(2100-02-30T00:00:00)"},
        {"ScheduleExpressionTimezone": "Europe/Atlantis"},
        {"StartDate": datetime(2020, 1, 1)},
        {"EndDate": datetime(2020, 1, 1)},
        {"StartDate": datetime(2100, 1, 2), "EndDate": datetime(2100, 1, 1)},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}},
        {"FlexibleTimeWindow": {"Mode": "SOMETIMES"}},
        {"State": "PAUSED"},
        {"Name": "a space"},
        {"Target": {"RoleArn": "role"}},
        {"Target": {"Arn": "queue"}},
        {"Target": {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Input": "no json"}},
        {"Target": {"Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default"}},
        {"Target": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}},
        {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage"}},
        {"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}},
        {"Target": {"RetryPolicy": {"MaximumEventAgeInSeconds": 86401}}},
        {"Target": {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}}},
    ],
    ids=str,
)
def test_requests_that_aws_rejects(scheduler: Scheduler, arguments: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html"""
    client = scheduler.client
    request = {
        "Name": scheduler.name,
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": OFF,
        "Target": scheduler.target,
    }
    target = scheduler.target | arguments.get("Target", {})
    with pytest.raises(client.exceptions.ValidationException):
        client.create_schedule(**request | arguments | {"Target": target})


def test_expressions_that_localstack_rejects_and_aws_accepts(
    clock: Clock, scheduler: Scheduler
) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based"""
    arn = scheduler.create("cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)")

    assert clock.due(arn) is not None
