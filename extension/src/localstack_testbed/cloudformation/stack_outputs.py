"""Stacks whose outputs are complete as soon as their status is.

LocalStack sets a stack's status before its outputs and its template. A client that reads the stack
in between finds a complete stack without outputs, or with the old ones; an update in between is
compared with the old template.
"""

from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_executor() -> None:
    """Set the outputs and the template before the status."""
    from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
        ChangeSetModelExecutor,
    )

    @patch(ChangeSetModelExecutor.execute)
    def execute(original: Any, self: Any) -> Any:
        result = original(self)
        if not result.failure_message:
            change_set = self._change_set
            stack = change_set.stack
            stack.resolved_outputs = result.outputs
            stack.resolved_resources = result.resources
            stack.resolved_parameters = change_set.resolved_parameters
            stack.template = change_set.template
            stack.template_body = change_set.template_body
            stack.processed_template = change_set.processed_template
        return result
