"""Events of alarms for functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

from datetime import UTC, datetime

from localstack_testbed.cloudwatch.alarm_events import function_event, region_name

ALARM = {
    "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:ratio",
    "AlarmName": "ratio",
    "StateValue": "ALARM",
    "StateReason": "too high",
    "StateUpdatedTimestamp": datetime(2026, 12, 24, 12, 0, 0, 123456, UTC),
}
DIMENSIONS = [{"Name": "FunctionName", "Value": "monitor"}]


def test_alarm_on_several_metrics() -> None:
    stat = {
        "Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": DIMENSIONS},
        "Period": 60,
        "Stat": "Sum",
    }
    queries = [
        {"Id": "e1", "Expression": "m1 * 2", "Label": "double", "ReturnData": True},
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
    ]
    event = function_event({**ALARM, "Metrics": queries}, "123456789012", "eu-west-1", {})
    assert event["time"] == "2026-12-24T12:00:00.123+0000"
    assert event["alarmData"]["state"] == {
        "value": "ALARM", "reason": "too high", "timestamp": "2026-12-24T12:00:00.123+0000"
    }  # fmt: skip
    assert event["alarmData"]["configuration"] == {
        "description": "",
        "metrics": [
            {"id": "e1", "expression": "m1 * 2", "label": "double", "returnData": True},
            {
                "id": "m1",
                "metricStat": {
                    "metric": {
                        "namespace": "AWS/Lambda",
                        "name": "Errors",
                        "dimensions": {"FunctionName": "monitor"},
                    },
                    "period": 60,
                    "stat": "Sum",
                },
                "returnData": False,
            },
        ],
    }


def test_alarm_without_dimensions() -> None:
    alarm = {
        **ALARM, "Namespace": "Shop", "MetricName": "Orders", "Period": 60,
        "ExtendedStatistic": "p99", "StateReasonData": {"threshold": 1.0},
    }  # fmt: skip
    event = function_event(alarm, "123456789012", "eu-west-1", {})
    assert event["alarmData"]["state"]["reasonData"] == '{"threshold": 1.0}'
    [query] = event["alarmData"]["configuration"]["metrics"]
    assert query["metricStat"]["metric"]["dimensions"] == {}
    assert query["metricStat"]["stat"] == "p99"


def test_names_of_regions() -> None:
    assert region_name("us-east-1") == "US East (N. Virginia)"
    assert region_name("nowhere-1") == "nowhere-1"
