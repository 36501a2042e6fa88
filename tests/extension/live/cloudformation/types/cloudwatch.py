"""Examples of Amazon CloudWatch's resource types."""

from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, Change, Example, Seen

TOPIC = {"Type": "AWS::SNS::Topic"}
ALARM = {
    "Type": "AWS::CloudWatch::Alarm",
    "Properties": {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "MetricName": "Errors",
        "Namespace": "Example",
        "Period": 60,
        "Statistic": "Sum",
        "Threshold": 1,
    },
}
TAGS = Change(
    [{"Key": "kept", "Value": "1"}, {"Key": "removed", "Value": "1"}],
    [{"Key": "kept", "Value": "2"}, {"Key": "added", "Value": "1"}],
)
SUPPRESSION = {
    "ActionsSuppressor": {"Ref": "Child"},
    "ActionsSuppressorExtensionPeriod": 60,
    "ActionsSuppressorWaitPeriod": 60,
}


def _alarm(seen: Seen) -> Any:
    cloudwatch = seen.client("cloudwatch")
    answer = cloudwatch.describe_alarms(
        AlarmNames=[seen.physical_id], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarm = (answer["MetricAlarms"] + answer["CompositeAlarms"])[0]
    tags = cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    # The state depends on when the alarm was evaluated.
    return (
        {
            name: value
            for name, value in alarm.items()
            if "Timestamp" not in name and not name.startswith("State")
        },
        sorted((tag["Key"], tag["Value"]) for tag in tags),
    )


def _dashboard(seen: Seen) -> Any:
    answer = seen.client("cloudwatch").get_dashboard(DashboardName=seen.physical_id)
    return answer["DashboardName"], answer["DashboardBody"]


def _query(stat: str) -> Any:
    metric = {"Namespace": "Example", "MetricName": "Errors"}
    return [
        {
            "Id": "errors",
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat},
            "ReturnData": True,
        }
    ]


EXAMPLES = [
    Example(
        type="AWS::CloudWatch::Alarm",
        properties=ALARM["Properties"],  # type: ignore[arg-type]
        others={"Topic": TOPIC, "OtherTopic": TOPIC},
        changes={
            "ActionsEnabled": Change(False, ABSENT),
            "AlarmActions": Change([{"Ref": "Topic"}], [{"Ref": "OtherTopic"}]),
            "AlarmDescription": Change("one", ABSENT),
            "AlarmName": Change("a-1", "a-2"),
            "ComparisonOperator": Change("GreaterThanThreshold", "LessThanThreshold"),
            "DatapointsToAlarm": Change(1, ABSENT, also={"EvaluationPeriods": 2}),
            "Dimensions": Change([{"Name": "FunctionName", "Value": "one"}], ABSENT),
            "EvaluationPeriods": Change(1, 2),
            "InsufficientDataActions": Change([{"Ref": "Topic"}], ABSENT),
            "MetricName": Change("Errors", "Calls"),
            "Namespace": Change("Example", "Other"),
            "OKActions": Change([{"Ref": "Topic"}], ABSENT),
            "Period": Change(60, 120),
            "Statistic": Change("Sum", "Average"),
            "Tags": TAGS,
            "Threshold": Change(1, 2),
            "TreatMissingData": Change("breaching", ABSENT),
            "Unit": Change("Count", ABSENT),
        },
        observe=_alarm,
        exceptions=dict.fromkeys(
            (
                "EvaluateLowSampleCountPercentile",
                "ExtendedStatistic",
                "Metrics",
                "ThresholdMetricId",
            ),
            "In another example: an alarm without the other statistics.",
        ),
    ),
    Example(
        type="AWS::CloudWatch::Alarm",
        properties={
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 1,
        },
        changes={
            "EvaluateLowSampleCountPercentile": Change(
                "ignore",
                ABSENT,
                also={
                    "ExtendedStatistic": "p90",
                    "MetricName": "Errors",
                    "Namespace": "Example",
                    "Period": 60,
                },
            ),
            "ExtendedStatistic": Change(
                "p90",
                "p99",
                also={"MetricName": "Errors", "Namespace": "Example", "Period": 60},
            ),
            "Metrics": Change(_query("Sum"), _query("Average")),
        },
        observe=_alarm,
        exceptions={
            **dict.fromkeys(ALARM["Properties"], "In another example."),
            **dict.fromkeys(
                (
                    "ActionsEnabled",
                    "AlarmActions",
                    "AlarmDescription",
                    "AlarmName",
                    "DatapointsToAlarm",
                    "Dimensions",
                    "InsufficientDataActions",
                    "OKActions",
                    "Tags",
                    "TreatMissingData",
                    "Unit",
                ),
                "In another example.",
            ),
            "ThresholdMetricId": "For anomaly detection, of which there is nothing else here.",
        },
    ),
    Example(
        type="AWS::CloudWatch::CompositeAlarm",
        properties={"AlarmRule": {"Fn::Sub": "ALARM(${Child})"}},
        others={"Child": ALARM, "OtherChild": ALARM, "Topic": TOPIC},
        changes={
            "ActionsEnabled": Change(False, ABSENT),
            "ActionsSuppressor": Change(
                {"Ref": "Child"},
                {"Ref": "OtherChild"},
                also={
                    "ActionsSuppressorExtensionPeriod": 60,
                    "ActionsSuppressorWaitPeriod": 60,
                },
            ),
            "ActionsSuppressorExtensionPeriod": Change(60, 120, also=SUPPRESSION),
            "ActionsSuppressorWaitPeriod": Change(60, 120, also=SUPPRESSION),
            "AlarmActions": Change([{"Ref": "Topic"}], ABSENT),
            "AlarmDescription": Change("one", ABSENT),
            "AlarmName": Change("a-1", "a-2"),
            "AlarmRule": Change(
                {"Fn::Sub": "ALARM(${Child})"}, {"Fn::Sub": "ALARM(${OtherChild})"}
            ),
            "InsufficientDataActions": Change([{"Ref": "Topic"}], ABSENT),
            "OKActions": Change([{"Ref": "Topic"}], ABSENT),
            "Tags": TAGS,
        },
        observe=_alarm,
    ),
    Example(
        type="AWS::CloudWatch::Dashboard",
        properties={"DashboardBody": '{"widgets": []}'},
        changes={
            "DashboardBody": Change('{"widgets": []}', '{"start": "-PT6H", "widgets": []}'),
            "DashboardName": Change("d-1", "d-2"),
        },
        observe=_dashboard,
    ),
]
