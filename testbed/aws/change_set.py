"""The changes that a change set or a deletion would make to a stack, for review.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.aws.stacks import list_resources

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


@dataclass(frozen=True)
class Change:
    """A resource that is added, modified, removed or imported."""

    action: str
    logical_id: str
    resource_type: str
    replaces: bool

    def __str__(self) -> str:
        """Return the change as a line of text."""
        note = "  (replacement)" if self.replaces else ""
        return f"{self.action:<7} {self.resource_type:<32} {self.logical_id}{note}"


def changes_of(aws: Aws, stack_name: str, change_set: str) -> Iterator[Change]:
    """Return the changes in a change set."""
    pages = aws.cloudformation.get_paginator("describe_change_set").paginate(
        StackName=stack_name, ChangeSetName=change_set
    )
    for page in pages:
        for change in page.get("Changes", ()):
            if resource := change.get("ResourceChange"):
                yield Change(
                    action=resource.get("Action", ""),
                    logical_id=resource.get("LogicalResourceId", ""),
                    resource_type=resource.get("ResourceType", ""),
                    replaces=resource.get("Replacement") in ("True", "Conditional"),
                )


def removal_of(aws: Aws, stack_name: str) -> Iterator[Change]:
    """Return the changes of deleting a stack: its resources and the stack itself."""
    for resource in list_resources(aws, stack_name):
        if resource["ResourceStatus"] != "DELETE_COMPLETE":
            yield Change("Remove", resource["LogicalResourceId"], resource["ResourceType"], False)
    yield Change("Remove", stack_name, "AWS::CloudFormation::Stack", False)
