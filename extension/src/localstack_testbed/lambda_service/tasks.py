"""The tasks of the Lambda service, which start and stop versions and delete functions.

A deleted function stays in LocalStack's store for half a second. A reset has to wait until such
tasks have finished.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.timing.activity import ACTIVITY


def patch_tasks() -> None:
    """Count the tasks that have not finished."""
    from localstack.services.lambda_.invocation.lambda_service import LambdaService

    @patch(LambdaService.__init__)
    def init(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        self.task_executor.submit = ACTIVITY.counted(self.task_executor.submit)
