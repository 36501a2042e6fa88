"""Conditions whose values are known before the deployment."""

from typing import Any

from testbed.project.known_values import KnownValues


def test_conditions_that_use_others_often_are_evaluated_once() -> None:
    conditions: dict[str, Any] = {"C0": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}
    for number in range(1, 60):
        before = {"Condition": f"C{number - 1}"}
        conditions[f"C{number}"] = {"Fn::And": [before, before]}

    known = KnownValues({"Conditions": conditions}, {}, "us-east-1")

    assert not known.exists({"Condition": "C59"})
    assert known.exists({"Condition": "Unknown"})
