"""Change sets of a SAM template that has not changed.

LocalStack treats every template with a transform as changed, and updates the stack. On AWS the
change set fails, or the update with "No updates are to be performed", and ``sam deploy`` reports
that there is nothing to deploy. Here the results of the SAM transform are compared. Templates with
other macros, whose results are unknown, remain LocalStack's.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-create.html
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import patch

SAM = "AWS::Serverless-2016-10-31"


def patch_change_sets() -> None:
    """Compare templates after the SAM transform."""
    from localstack.services.cloudformation.engine.v2.change_set_model import (
        ChangeType,
        parent_change_type_of,
    )
    from localstack.services.cloudformation.v2.entities import ChangeSet

    @patch(ChangeSet.has_changes)
    def has_changes(original: Callable[[Any], bool], self: Any) -> bool:
        changed = original(self)
        if not changed or self.template.get("Transform") not in (SAM, [SAM]):
            return changed
        node = self.update_model.node_template
        parts: Any = [node.mappings, node.parameters, node.conditions, node.resources, node.outputs]
        if parent_change_type_of(parts) != ChangeType.UNCHANGED:
            return True
        # Without tags, a stack keeps those that it has.
        return bool(self.tags) and _by_key(self.tags) != _by_key(self.stack.tags)


def _by_key(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
