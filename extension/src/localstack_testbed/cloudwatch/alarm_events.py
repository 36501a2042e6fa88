"""Contents of the messages of alarms, for topics and functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

_TIMES = {
    "AlarmConfigurationUpdatedTimestamp": "AlarmConfigurationUpdatedTimestamp",
    "StateChangeTime": "StateUpdatedTimestamp",
}


def function_event(
    alarm: Mapping[str, Any], account: str, region: str, previous: dict[str, Any]
) -> dict[str, Any]:
    """Return the event that CloudWatch sends to a function when the state of an alarm changes."""
    state = state_of(
        alarm["StateValue"],
        alarm["StateReason"],
        alarm.get("StateReasonData"),
        alarm["StateUpdatedTimestamp"],
    )
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": account,
        "time": state["timestamp"],
        "region": region,
        "alarmData": {
            "alarmName": alarm["AlarmName"],
            "state": state,
            "previousState": previous,
            "configuration": {
                "description": alarm.get("AlarmDescription") or "",
                "metrics": [*map(_query, alarm.get("Metrics") or [_only_metric(alarm)])],
            },
        },
    }


def state_of(value: str, reason: str, reason_data: Any, moment: Any) -> dict[str, Any]:
    """Return a state of an alarm, as the event of a function has it."""
    if reason_data and not isinstance(reason_data, str):
        reason_data = json.dumps(reason_data)
    data = {"reasonData": reason_data} if reason_data else {}
    return {"value": value, "reason": reason, **data, "timestamp": _time(moment)}


def _only_metric(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query of an alarm on one metric."""
    return {
        "Id": str(uuid.uuid4()),
        "MetricStat": {
            "Metric": {name: alarm.get(name) for name in ("Namespace", "MetricName", "Dimensions")},
            "Period": alarm["Period"],
            "Stat": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        },
        "ReturnData": True,
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": query["Id"]}
    for name in ("Expression", "Label"):
        if name in query:
            found[name.lower()] = query[name]
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        found["metricStat"] = {
            "metric": {
                "namespace": metric["Namespace"],
                "name": metric["MetricName"],
                "dimensions": _dimensions(metric.get("Dimensions") or ()),
            },
            "period": int(stat["Period"]),
            "stat": stat["Stat"],
        }
    found["returnData"] = query.get("ReturnData", True)
    return found


def _dimensions(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in pairs}


def corrected(message: str, alarm: Any) -> dict[str, Any]:
    """Return the notification of an alarm with the times and the region as AWS writes them."""
    content: dict[str, Any] = json.loads(message)
    content["Region"] = region_name(alarm.region)
    for name, source in _TIMES.items():
        if name in content:
            content[name] = _time(alarm.alarm[source])
    for child in content.get("TriggeringChildren") or ():
        child["State"]["Timestamp"] = _time(datetime.fromisoformat(child["State"]["Timestamp"]))
    return content


def _time(moment: Any) -> str:
    """Format a time, such as ``2026-12-24T12:00:00.123+0000``; one without a zone is local."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}+0000"


@cache
def region_name(region: str) -> str:
    """Return the long name of a region, such as ``US East (N. Virginia)``."""
    from botocore.loaders import Loader  # type: ignore[import-untyped]

    for partition in Loader().load_data("partitions")["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region].get("description", region))
    return region
