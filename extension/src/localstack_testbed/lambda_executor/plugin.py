"""The LocalStack plug-in for the executor ``process``, and its start and stop."""

from typing import Any

from localstack.runtime.exceptions import LocalstackExit
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

from localstack_testbed.hooks.settings import InvalidSettingError
from localstack_testbed.lambda_executor.environment_service import EnvironmentService

NAME = "process"


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    name = NAME

    def load(self, *args: Any, **kwargs: Any) -> Any:
        from localstack_testbed.lambda_executor.executor import ProcessRuntimeExecutor

        return ProcessRuntimeExecutor


def start_executor() -> None:
    """Check the settings, start the first supervisor in advance, and serve the endpoint."""
    try:
        service = EnvironmentService.instance()
    except InvalidSettingError as error:
        raise LocalstackExit(str(error), code=1) from error
    service.prepare()
    from localstack.services.edge import ROUTER

    from localstack_testbed.lambda_executor.debugging import endpoint as debugging_endpoint
    from localstack_testbed.lambda_executor.isolation_endpoint import serve

    serve(ROUTER, service)
    debugging_endpoint.serve(ROUTER)


def stop_executor() -> None:
    """Stop all environments, before LocalStack waits for their invocations."""
    EnvironmentService.instance().stop()
