"""SNS's delivery policies, as in AWS's table.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

from itertools import count

import pytest
from localstack_testbed.sns.delivery_policies import POLICIES

HOUR, DAY = 3_600, 86_400


def pauses(protocol: str) -> list[float]:
    policy = POLICIES[protocol]
    found = []
    for retry in count(1):
        pause = policy.delay_before(retry)
        if pause is None:
            break
        found.append(pause)
    return found


@pytest.mark.parametrize("protocol", ["sqs", "lambda", "firehose"])
def test_aws_managed_endpoints(protocol: str) -> None:
    found = pauses(protocol)
    assert found[:6] == [0, 0, 0, 1, 1, 1]
    assert found[5:15] == sorted(found[5:15])
    assert found[14] == pytest.approx(20)
    assert set(found[15:]) == {20}
    assert len(found) == 100_015
    assert sum(found) // DAY == 23


@pytest.mark.parametrize("protocol", ["email", "email-json", "sms", "application"])
def test_customer_managed_endpoints(protocol: str) -> None:
    found = pauses(protocol)
    assert found[:3] == [10, 10, 10]
    assert found[11] == pytest.approx(600)
    assert set(found[12:]) == {600}
    assert len(found) == 50
    assert sum(found) // HOUR == 6
