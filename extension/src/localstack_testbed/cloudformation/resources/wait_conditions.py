"""Wait conditions: a stack waits for signals that something outside of it sends.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

import json
import uuid
from typing import Any

from localstack_testbed.cloudformation.resources.model import (
    CancelledError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)
from localstack_testbed.cloudformation.responses import close_inbox, find_inbox, open_inbox


class WaitConditionHandle(ResourceType):
    """AWS::CloudFormation::WaitConditionHandle: ``Ref`` returns the URL for signals."""

    def create(self, context: Context, properties: Properties) -> str:
        return open_inbox().url

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        if inbox := find_inbox(physical_id):
            close_inbox(inbox)


class WaitCondition(ResourceType):
    """AWS::CloudFormation::WaitCondition."""

    def create(self, context: Context, properties: Properties) -> str:
        inbox = find_inbox(str(properties.get("Handle", "")))
        if inbox is None:
            raise ResourceError("WaitCondition requires the Handle of a WaitConditionHandle")
        count = int(properties.get("Count", 1))
        seconds = int(properties.get("Timeout", 0))

        def done() -> bool:
            signals = _signals(inbox.answers())
            return len(signals) >= count or any(_failed(each) for each in signals.values())

        try:
            context.wait_until(done, "signals", seconds, pause=0.05)
        except CancelledError:
            raise
        except ResourceError:
            received = len(_signals(inbox.answers()))
            raise ResourceError(
                f"WaitCondition timed out. Received {received} conditions when expecting {count}"
            ) from None
        for signal in _signals(inbox.answers()).values():
            if _failed(signal):
                raise ResourceError(
                    f"WaitCondition received failed message: '{signal.get('Reason', '')}' "
                    f"for uniqueId: {signal.get('UniqueId', '')}"
                )
        return f"{context.stack_id}/{context.logical_id}/{uuid.uuid4()}"

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitcondition.html
        raise ResourceError("Update to WaitCondition is not supported")

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        pass

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        inbox = find_inbox(str(properties.get("Handle", "")))
        signals = _signals(inbox.answers()) if inbox else {}
        data = {unique_id: signal.get("Data", "") for unique_id, signal in signals.items()}
        return {"Data": json.dumps(data)}


def _signals(answers: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the signals; a second one with the same UniqueId counts as the same."""
    return {str(answer.get("UniqueId", "")): answer for answer in answers}


def _failed(signal: dict[str, Any]) -> bool:
    return signal.get("Status") != "SUCCESS"
