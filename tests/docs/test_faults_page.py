"""The claims of docs/faults.md that no other test shows."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from tests.conftest import Deployed

_DELAY_SECONDS = 0.3


def test_rules_for_the_same_call_add_up_and_the_first_error_is_answered(
    running_testbed: Deployed, aws: Aws, unique_name: str, queue: str
) -> None:
    call, resource = "sqs.GetQueueUrl", unique_name
    with running_testbed.testbed.faults() as faults:
        delays = [faults.delay(call, _DELAY_SECONDS, resource=resource) for _ in range(2)]
        first = faults.error(call, code="OverLimit", status=400, resource=resource)
        second = faults.error(call, code="InternalError", status=400, resource=resource)
        started = time.monotonic()
        with pytest.raises(ClientError, match="OverLimit"):
            aws.sqs.get_queue_url(QueueName=unique_name)
        assert time.monotonic() - started >= 2 * _DELAY_SECONDS
        assert [each.hits for each in (*delays, first, second)] == [1, 1, 1, 1]
    assert aws.sqs.get_queue_url(QueueName=unique_name)["QueueUrl"] == queue
