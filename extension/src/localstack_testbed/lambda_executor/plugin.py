"""What LocalStack finds: the executor by its name, and its part in start and shutdown."""

from typing import Any

from localstack import config
from localstack.runtime.exceptions import LocalstackExit
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_shutdown, on_infra_start
from localstack_testbed.lambda_executor import localstack_patches
from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.lambda_executor.settings import SettingsError

NAME = "process"


class ProcessRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    name = NAME

    def load(self, *args: Any, **kwargs: Any) -> Any:
        from localstack_testbed.lambda_executor.executor import ProcessRuntimeExecutor

        return ProcessRuntimeExecutor


def _is_chosen() -> bool:
    return bool(config.LAMBDA_RUNTIME_EXECUTOR == NAME)


@on_infra_start(should_load=_is_chosen)
def prepare_lambda_executor() -> None:
    """Check the settings, and start to import what functions will need."""
    try:
        service = EnvironmentService.instance()
    except SettingsError as error:
        raise LocalstackExit(str(error), code=1) from error
    service.prepare()
    from localstack.services.edge import ROUTER

    from localstack_testbed.lambda_executor.endpoint import serve

    serve(ROUTER, service)
    package = "localstack.services.lambda_.invocation"
    on_import(f"{package}.execution_environment", localstack_patches.pass_client_context)
    on_import(f"{package}.assignment", localstack_patches.keep_new_environment_for_its_invocation)
    on_import(f"{package}.lambda_service", localstack_patches.delete_failed_functions)
    on_import(f"{package}.version_manager", localstack_patches.keep_last_logs)


@on_infra_shutdown(should_load=_is_chosen)
def stop_lambda_executor() -> None:
    """End all environments, before LocalStack waits for their invocations."""
    EnvironmentService.instance().stop()
