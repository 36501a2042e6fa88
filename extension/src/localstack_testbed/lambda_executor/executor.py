"""LocalStack's interface to an execution environment, with processes behind it."""

import logging
import tempfile
from functools import cache
from pathlib import Path
from typing import cast

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import (
    LambdaRuntimeException,
    RuntimeExecutor,
)

from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.lambda_executor.environment_variables import Places, function_variables
from localstack_testbed.lambda_executor.platform_log import platform_log
from localstack_testbed.lambda_executor.runtime_process import RuntimeProcess
from localstack_testbed.lambda_executor.sandbox import MEGABYTE, FunctionLimits, Request, Sandbox
from localstack_testbed.lambda_executor.supervision import Launch

LOG = logging.getLogger(__name__)

# Variables by these names change the interpreter itself, so it has to start anew.
INTERPRETER_VARIABLES = ("PYTHON", "LD_", "OPENSSL_", "SSL_")


class ProcessRuntimeExecutor(RuntimeExecutor):
    """One execution environment of a function version, in a process of this machine."""

    client_context: str | None = None
    _sandbox: Sandbox | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        version = self.function_version
        service = EnvironmentService.instance()
        code = version.config.code
        if code is None:
            raise LambdaRuntimeException(f"{version.qualified_arn} has no code to run")
        temporary = Path(tempfile.mkdtemp(prefix="tmp-", dir=service.directory))
        places = Places(
            task_root=code.get_unzipped_code_location().resolve(),
            layers=tuple(
                layer.code.get_unzipped_code_location().resolve()
                for layer in version.config.layers
                if layer.code is not None
            ),
            runtime=service.settings.packages,
            temporary=temporary,
        )
        own = version.config.environment or {}
        logging_config = cast("dict[str, str]", version.config.logging_config)
        runtime = version.config.runtime or ""

        def launch(runtime_api: str) -> Launch:
            return Launch(
                handler=version.config.handler or "",
                directory=places.task_root,
                path=places.module_path,
                environment=function_variables(
                    prepared=env_vars,
                    own=own,
                    logging_config=logging_config,
                    places=places,
                    runtime=runtime,
                    runtime_api=runtime_api,
                ),
                fork=not any(name.startswith(INTERPRETER_VARIABLES) for name in own),
            )

        self._sandbox = Sandbox(
            limits=FunctionLimits(
                version=version.id.qualifier,
                timeout=version.config.timeout,
                memory_size=version.config.memory_size,
            ),
            start_process=lambda: RuntimeProcess(
                service.supervisor(), launch, version.config.memory_size * MEGABYTE
            ),
            temporary=temporary,
            platform_log=platform_log(logging_config),
        )
        runtime_version = cast("dict[str, str]", version.config.runtime_version_config or {})
        self._sandbox.initialize(
            runtime=f"{runtime.replace('python', 'python:')}.v1",
            runtime_arn=runtime_version.get("RuntimeVersionArn", ""),
        )

    def stop(self) -> None:
        if self._sandbox is not None:
            self._sandbox.stop(finish=not EnvironmentService.instance().stopping)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        assert self._sandbox is not None
        result = self._sandbox.invoke(
            Request(
                request_id=payload["invoke-id"],
                function_arn=payload["invoked-function-arn"],
                payload=payload["payload"].encode() or b"{}",
                trace_id=payload["trace-id"],
                client_context=self.client_context,
            )
        )
        return InvocationResult(
            payload["invoke-id"], result.payload, is_error=result.failed, logs=result.logs
        )

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        host = config.GATEWAY_LISTEN[0].host
        return "127.0.0.1" if host in ("0.0.0.0", "::") else str(host)  # noqa: S104 - compared only

    def get_runtime_endpoint(self) -> str:
        return ""

    def get_logs(self) -> str:
        return self._sandbox.log() if self._sandbox is not None else ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        """Unpack a version's code and layers.

        Raises
        ------
        LambdaRuntimeException
            The version is not for a Python runtime; LocalStack shows the message as the
            function's ``StateReason``.
        """
        version = function_version.config
        runtime = version.runtime or f"package type {version.package_type}"
        if not runtime.startswith("python3."):
            raise LambdaRuntimeException(
                f"{function_version.qualified_arn} needs {runtime}, and the process executor runs "
                "Python only: start LocalStack with LAMBDA_RUNTIME_EXECUTOR=docker for it"
            )
        if runtime != "python3.13":
            _warn_of_other_version(function_version.id.function_name, runtime)
        service = EnvironmentService.instance()
        for code in (version.code, *(layer.code for layer in version.layers)):
            if code is not None:
                service.code.prepare(code, service.supervisor())

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Do nothing: LocalStack deletes the code with the version."""


@cache
def _warn_of_other_version(function: str, runtime: str) -> None:
    LOG.warning("Function %s is for %s and runs on python3.13 here", function, runtime)
