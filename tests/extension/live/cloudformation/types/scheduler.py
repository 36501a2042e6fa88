"""Examples of EventBridge Scheduler's resource types."""

from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

ROLE = "arn:aws:iam::000000000000:role/resource-types"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:resource-types"
TARGET = {"Arn": QUEUE, "RoleArn": ROLE}
FIFO_TARGET = {
    "Arn": f"{QUEUE}.fifo",
    "RoleArn": f"{ROLE}-two",
    "Input": '{"first": 1}',
    "SqsParameters": {"MessageGroupId": "first"},
    "DeadLetterConfig": {"Arn": f"{QUEUE}-dead"},
    "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 100},
}


def observe_schedule(seen: Seen) -> Any:
    client = seen.client("scheduler")
    [found] = client.list_schedules(NamePrefix=seen.physical_id)["Schedules"]
    schedule = client.get_schedule(Name=found["Name"], GroupName=found["GroupName"])
    dates = {name: str(schedule[name]) for name in ("StartDate", "EndDate") if name in schedule}
    return {**schedule, "dates": dates}


def observe_group(seen: Seen) -> Any:
    client = seen.client("scheduler")
    found = client.get_schedule_group(Name=seen.physical_id)
    return {**found, "tags": client.list_tags_for_resource(ResourceArn=found["Arn"])["Tags"]}


EXAMPLES = [
    Example(
        type="AWS::Scheduler::Schedule",
        properties={
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "rate(30 days)",
            "Target": TARGET,
        },
        changes={
            "Description": Change("first", ABSENT),
            "EndDate": Change("2100-01-01T00:00:00Z", "2100-01-02T00:00:00Z"),
            "FlexibleTimeWindow": Change(
                {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}, {"Mode": "OFF"}
            ),
            "GroupName": Change(ABSENT, {"Ref": "Group"}),
            "KmsKeyArn": Change("arn:aws:kms:us-east-1:000000000000:key/first", ABSENT),
            "Name": Change("first", "other"),
            "ScheduleExpression": Change("rate(30 days)", "cron(0 0 1 1 ? 2099)"),
            "ScheduleExpressionTimezone": Change("Europe/Vilnius", ABSENT),
            "StartDate": Change(ABSENT, "2099-01-01T00:00:00Z"),
            "State": Change("DISABLED", ABSENT),
            "Target": Change(FIFO_TARGET, TARGET),
        },
        observe=observe_schedule,
        others={"Group": {"Type": "AWS::Scheduler::ScheduleGroup"}},
        unavailable={
            "Target": {
                "EcsParameters": ANY,
                "KinesisParameters": ANY,
                "SageMakerPipelineParameters": ANY,
            }
        },
    ),
    Example(
        type="AWS::Scheduler::ScheduleGroup",
        properties={},
        changes={
            "Name": Change("first", "other"),
            "Tags": Change([{"Key": "first", "Value": "1"}], [{"Key": "second", "Value": "2"}]),
        },
        observe=observe_group,
    ),
]
