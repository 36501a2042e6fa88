"""States of alarms that are updated.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from typing import Any

from tests.extension.conftest import Clients


def _state(aws: Clients, name: str) -> Any:
    answer = aws["cloudwatch"].describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarm = (answer["MetricAlarms"] + answer["CompositeAlarms"])[0]
    return alarm["StateValue"], alarm["StateReason"], alarm["AlarmDescription"]


def test_an_updated_metric_alarm_keeps_its_state(aws: Clients, name: str) -> None:
    for description in ("before", "after"):
        aws["cloudwatch"].put_metric_alarm(
            AlarmName=name,
            AlarmDescription=description,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="Errors",
            Namespace=name,
            Period=86400,
            Statistic="Sum",
            Threshold=1,
            TreatMissingData="ignore",  # an evaluation meanwhile keeps the state
        )
        if description == "before":
            assert _state(aws, name)[0] == "INSUFFICIENT_DATA"
            aws["cloudwatch"].set_alarm_state(
                AlarmName=name, StateValue="ALARM", StateReason="for the test"
            )
    assert _state(aws, name) == ("ALARM", "for the test", "after")


def test_an_updated_composite_alarm_keeps_its_state(aws: Clients, name: str) -> None:
    for description in ("before", "after"):
        aws["cloudwatch"].put_composite_alarm(
            AlarmName=name, AlarmDescription=description, AlarmRule="FALSE"
        )
        if description == "before":
            aws["cloudwatch"].set_alarm_state(
                AlarmName=name, StateValue="ALARM", StateReason="for the test"
            )
    assert _state(aws, name) == ("ALARM", "for the test", "after")
