"""A stack has its outputs from the moment on at which it is complete.

LocalStack sets a stack's status first and its outputs afterwards: who asks in between sees a
complete stack without outputs, or with those of before an update.

Setting: ``TESTBED_STACK_OUTPUTS`` (``0`` switches the module off).
"""

from typing import Any

from localstack_testbed.decorators import on_infra_start, patch
from localstack_testbed.on_import import on_import
from localstack_testbed.switches import switch


@on_infra_start(should_load=switch("TESTBED_STACK_OUTPUTS"))
def set_outputs_first() -> None:
    """Patch what carries out change sets, when LocalStack loads it."""
    on_import("localstack.services.cloudformation.engine.v2.change_set_model_executor", _patch)


def _patch() -> None:
    from localstack.services.cloudformation.engine.v2.change_set_model_executor import (
        ChangeSetModelExecutor,
    )

    @patch(ChangeSetModelExecutor.execute)
    def execute(original: Any, self: Any) -> Any:
        result = original(self)
        if not result.failure_message:
            self._change_set.stack.resolved_outputs = result.outputs
        return result
