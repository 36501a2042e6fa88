"""Firing a scheduled rule now, in place of the clock."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.aws import Aws


def scheduled_rules(aws: Aws) -> list[str]:
    """Return the names of the rules that have a schedule."""
    pages = aws.events.get_paginator("list_rules").paginate()
    return [
        rule["Name"] for page in pages for rule in page["Rules"] if rule.get("ScheduleExpression")
    ]


def fire(aws: Aws, rule_name: str) -> dict[str, Any]:
    """Invoke a scheduled rule's functions as EventBridge does; return the event.

    Raises
    ------
    TestbedError
        If there is no such scheduled rule, or it has a target that is not a function.
    """
    rules = scheduled_rules(aws)
    if rule_name not in rules:
        raise TestbedError(
            f"There is no scheduled rule named {rule_name}.",
            advice=f"There are: {', '.join(rules) or 'none'}.",
        )
    rule = aws.events.describe_rule(Name=rule_name)
    targets = aws.events.list_targets_by_rule(Rule=rule_name)["Targets"]
    others = [target["Arn"] for target in targets if ":lambda:" not in target["Arn"]]
    if others:
        raise TestbedError(
            f"{rule_name} has a target that is not a function: {', '.join(others)}.",
            advice="Such targets cannot be fired by hand yet.",
        )
    event = scheduled_event(rule["Arn"], datetime.now(UTC))
    for target in targets:
        aws.lambda_.invoke(
            FunctionName=target["Arn"],
            InvocationType="Event",
            Payload=(target.get("Input") or json.dumps(event)).encode(),
        )
    return event


def scheduled_event(rule_arn: str, time: datetime) -> dict[str, Any]:
    """Return the event that EventBridge sends for a scheduled rule.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
    """
    _, _, _, region, account, _ = rule_arn.split(":", 5)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [rule_arn],
        "detail": {},
    }
