"""Deletes functions as AWS does."""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.lambda_service.function_logs import store_pending


def patch_deletion() -> None:
    """Allow deleting functions whose creation failed, and store the logs of the others first.

    LocalStack answers the former with an error, and stores logs with a role that may be gone.
    """
    from localstack.services.lambda_.invocation.lambda_service import LambdaService

    @patch(LambdaService.stop_version)
    def stop_version(original: Callable[[Any, str], None], self: Any, qualified_arn: str) -> None:
        managers = (self.lambda_running_versions, self.lambda_starting_versions)
        for manager in [each[qualified_arn] for each in managers if qualified_arn in each][:1]:
            store_pending(manager.log_handler)
            original(self, qualified_arn)
