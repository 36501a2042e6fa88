"""Alarm rules of composite alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.types.cloudwatch import ALARM


@pytest.mark.parametrize(
    "rule", ['ALARM("${Child}") OR FALSE', "NOT OK ( ${Child} )", "INSUFFICIENT_DATA(${Child.Arn})"]
)
def test_a_rule_with_alarms_that_exist(aws: Clients, rule: str) -> None:
    composite = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmRule": {"Fn::Sub": rule}},
    }
    with deployed(aws, {"Resources": {"Child": ALARM, "Composite": composite}}):
        pass


def test_a_rule_with_an_alarm_that_does_not_exist(aws: Clients, name: str) -> None:
    composite = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmRule": f"TRUE OR ALARM({name})"},
    }
    stack = Deployed(aws, name)
    assert stack.create({"Resources": {"Composite": composite}}) == "ROLLBACK_COMPLETE"
    assert f"alarms [{name}] in the alarm rule do not exist" in stack.report()
    stack.delete()
