"""The states of alarms that are updated.

PutMetricAlarm and PutCompositeAlarm overwrite an alarm, but not its state. LocalStack sets it to
INSUFFICIENT_DATA, so that an alarm that was in ALARM before invokes its actions again.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_service() -> None:
    """Keep the state of an alarm that is updated."""
    from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider
    from localstack.utils.aws import arns

    def keep_state(put: Callable[[], None], provider: Any, context: Any, request: Any) -> None:
        arn = arns.cloudwatch_alarm_arn(request["AlarmName"], context.account_id, context.region)
        alarms = provider.get_store(context.account_id, context.region).alarms
        before = alarms[arn].alarm if arn in alarms else {}
        state = {name: value for name, value in before.items() if name.startswith("State")}
        put()
        alarms[arn].alarm.update(state)

    @patch(CloudwatchProvider.put_metric_alarm)
    def put_metric_alarm(
        original: Callable[..., None], self: Any, context: Any, request: Any
    ) -> None:
        keep_state(lambda: original(self, context, request), self, context, request)

    @patch(CloudwatchProvider.put_composite_alarm)
    def put_composite_alarm(
        original: Callable[..., None], self: Any, context: Any, request: Any
    ) -> None:
        keep_state(lambda: original(self, context, request), self, context, request)
