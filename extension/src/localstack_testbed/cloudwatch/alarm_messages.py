"""Messages of alarms: notifications of topics, and events of functions that are alarm actions.

LocalStack's have times without a zone, dimensions as a list, no long name of the region, and lack
``DatapointsToAlarm`` and ``reasonData``; an alarm on several metrics fails.
"""

import json
from collections.abc import Callable
from typing import Any

from localstack_testbed.cloudwatch.alarm_events import corrected, function_event, state_of
from localstack_testbed.hooks.patching import patch


def patch_messages() -> None:
    """Make the messages of alarms like AWS's."""
    from localstack.services.cloudwatch import provider_v2

    @patch(provider_v2.CloudwatchProvider._update_state)
    def update_state(
        original: Callable[..., Any], self: Any, context: Any, alarm: Any, *args: Any
    ) -> Any:
        alarm.testbed_previous_reason_data = alarm.alarm.get("StateReasonData")
        return original(self, context, alarm, *args)

    @patch(provider_v2.create_message_response_update_state_lambda, pass_target=False)
    def event_of(alarm: Any, old_state: str, old_state_reason: str, old_timestamp: Any) -> str:
        reason_data = alarm.testbed_previous_reason_data
        previous = state_of(old_state, old_state_reason, reason_data, old_timestamp)
        return json.dumps(function_event(alarm.alarm, alarm.account_id, alarm.region, previous))

    @patch(provider_v2.create_message_response_update_state_sns)
    def notification(original: Callable[..., str], alarm: Any, *args: Any) -> str:
        message = corrected(original(alarm, *args), alarm)
        trigger = message["Trigger"]
        trigger["Dimensions"] = trigger["Dimensions"] or []
        if datapoints := alarm.alarm.get("DatapointsToAlarm"):
            trigger["DatapointsToAlarm"] = int(datapoints)
        return json.dumps(message)

    @patch(provider_v2.create_message_response_update_composite_alarm_state_sns)
    def composite_notification(original: Callable[..., str], alarm: Any, *args: Any) -> str:
        return json.dumps(corrected(original(alarm, *args), alarm))
