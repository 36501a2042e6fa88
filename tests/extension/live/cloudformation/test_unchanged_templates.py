"""Change sets and updates of changed and unchanged SAM templates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.stacks import Stack, parameters

TEMPLATE: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"Name": {"Type": "String"}, "Words": {"Type": "String", "Default": "one"}},
    "Resources": {
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": {"Ref": "Name"}, "Type": "String", "Value": {"Ref": "Words"}},
        }
    },
}
TAGS = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
LIMIT_SECONDS = 20.0


class SamStack(Stack):
    def __init__(self, aws: Clients, name: str) -> None:
        super().__init__(aws["cloudformation"], name, json.dumps(TEMPLATE))
        self.create()

    def request(self, **changes: Any) -> dict[str, Any]:
        """Return the request that created the stack, with some arguments changed."""
        more = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"], "Tags": TAGS}
        request = super().request(**more | changes)
        return {name: value for name, value in request.items() if value is not None}

    def change_set(self, **changes: Any) -> dict[str, Any]:
        """Create a change set, and return its final description."""
        made = self.client.create_change_set(ChangeSetName="another", **self.request(**changes))

        def ended() -> dict[str, Any] | None:
            found = dict(self.client.describe_change_set(ChangeSetName=made["Id"]))
            return found if found["Status"] in ("CREATE_COMPLETE", "FAILED") else None

        found = until(ended, within=LIMIT_SECONDS, what="end of the change set")
        self.client.delete_change_set(ChangeSetName=made["Id"])
        return found


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[SamStack]:
    yield SamStack(aws, name)
    aws["cloudformation"].delete_stack(StackName=name)


def test_unchanged_template_is_rejected(stack: SamStack) -> None:
    found = stack.change_set()
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == (
        "The submitted information didn't contain changes. "
        "Submit different information to create a change set."
    )
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.client.update_stack(**stack.request())


def test_tags_in_another_order_or_left_out_are_no_change(stack: SamStack) -> None:
    """An empty list is something else: it removes the tags."""
    for tags, status in ((TAGS[::-1], "FAILED"), (None, "FAILED"), ([], "CREATE_COMPLETE")):
        assert stack.change_set(Tags=tags)["Status"] == status


def test_changed_template_is_a_change(stack: SamStack) -> None:
    for change in (
        {"Parameters": parameters(Name=stack.name, Words="two")},
        {"Tags": [*TAGS, {"Key": "c", "Value": "3"}]},
        {
            "TemplateBody": json.dumps(
                TEMPLATE | {"Outputs": {"Words": {"Value": {"Ref": "Words"}}}}
            )
        },
    ):
        assert stack.change_set(**change)["Status"] == "CREATE_COMPLETE", change
