"""The implementation of LocalStack's executor interface with local processes."""

import logging
import uuid
from contextlib import ExitStack
from typing import cast

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import (
    FunctionVersion,
    InvocationResult,
    VersionFunctionConfiguration,
)
from localstack.services.lambda_.invocation.runtime_executor import (
    LambdaRuntimeException,
    RuntimeExecutor,
)

from localstack_testbed.lambda_executor.debugging.sessions import (
    SESSIONS,
    DebugSession,
    FunctionKey,
)
from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.lambda_executor.environment_variables import function_variables
from localstack_testbed.lambda_executor.files import (
    EnvironmentFiles,
    isolated_paths,
    shared_paths,
)
from localstack_testbed.lambda_executor.platform_log import platform_log
from localstack_testbed.lambda_executor.runtime_process import RuntimeProcess
from localstack_testbed.lambda_executor.sandbox import MEGABYTE, FunctionLimits, Request, Sandbox
from localstack_testbed.lambda_executor.supervisor_client import Launch

LOG = logging.getLogger(__name__)

# Variables with these prefixes affect the interpreter itself and require a new one.
INTERPRETER_VARIABLES = ("PYTHON", "LD_", "OPENSSL_", "SSL_")


class ProcessRuntimeExecutor(RuntimeExecutor):
    """One execution environment of a function version, which runs as a local process."""

    client_context: str | None = None
    kill_after: float | None = None
    # The session for which the environment was started.
    debugging: DebugSession | None = None
    _sandbox: Sandbox | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        version = self.function_version
        service = EnvironmentService.instance()
        session = self.debugging = SESSIONS.of(FunctionKey.of_version(version.id))
        asked = version.config.runtime or ""
        runtime = service.choose(version.config.internal_revision, asked).runtime
        supervisor = service.supervisor(runtime)
        if version.config.code is None:
            raise LambdaRuntimeException(f"{version.qualified_arn} has no code to run")
        layers = [layer.code for layer in version.config.layers if layer.code is not None]
        files = EnvironmentFiles(
            code=service.code.prepare(version.config.code, supervisor),
            layers=service.code.prepare_layers(layers, supervisor),
            temporary=service.directory / f"tmp-{uuid.uuid4()}",
        )
        storage = version.config.ephemeral_storage.size * MEGABYTE
        own = version.config.environment or {}
        logging_config = cast("dict[str, str]", version.config.logging_config)
        self._resources = ExitStack()
        self._resources.enter_context(service.code.in_use(files.code, files.layers))
        self._resources.callback(lambda: service.discard(runtime, files.temporary))

        def start_process() -> RuntimeProcess:
            # A new one if the previous supervisor has exited.
            supervisor = service.supervisor(runtime)
            if supervisor.isolated:
                paths = isolated_paths()
            else:
                paths = shared_paths(files, supervisor.packages)
            packages = None if session is None else session.packages(runtime)
            if session is not None:
                session.environment, session.task_root = self, str(paths.task_root)

            def launch(runtime_api: str) -> Launch:
                return Launch(
                    handler=version.config.handler or "",
                    files=files,
                    storage=storage,
                    path=paths.module_path(asked),
                    environment=function_variables(
                        prepared=env_vars,
                        own=own,
                        logging_config=logging_config,
                        paths=paths,
                        runtime=runtime,
                        runtime_api=runtime_api,
                    ),
                    fork=not any(name.startswith(INTERPRETER_VARIABLES) for name in own),
                    debugger=session.debugger.settings(packages) if session and packages else None,
                )

            return RuntimeProcess(
                supervisor,
                launch,
                version.config.memory_size * MEGABYTE,
                debugged=packages is not None,
            )

        self._sandbox = Sandbox(
            limits=FunctionLimits(
                version=version.id.qualifier,
                timeout=version.config.timeout,
                memory_size=version.config.memory_size,
            ),
            start_process=start_process,
            platform_log=platform_log(logging_config),
            suspension=session,
        )
        runtime_version = cast("dict[str, str]", version.config.runtime_version_config or {})
        self._sandbox.initialize(
            runtime=f"{runtime.replace('python', 'python:')}.v1",
            runtime_arn=runtime_version.get("RuntimeVersionArn", ""),
        )

    def stop(self) -> None:
        if self._sandbox is not None:
            with self._resources:
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
                kill_after=self.kill_after,
            )
        )
        return InvocationResult(
            payload["invoke-id"], result.payload, is_error=result.failed, logs=result.logs
        )

    def kill(self) -> None:
        """Kill the process immediately, like a crash."""
        if self._sandbox is not None:
            self._sandbox.kill()

    def stop_debugging(self) -> None:
        """Do not wait for a debugger any more, if the environment was started for one."""
        if self._sandbox is not None and self.debugging is not None:
            self._sandbox.end_suspension()

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
            The function's runtime is not Python; LocalStack returns the message as its
            ``StateReason``.
        """
        version = function_version.config
        asked = version.runtime or f"package type {version.package_type}"
        if not asked.startswith("python3."):
            raise LambdaRuntimeException(
                f"{function_version.qualified_arn} requires {asked}, but the process executor "
                "supports only Python: start LocalStack with LAMBDA_RUNTIME_EXECUTOR=docker"
            )
        service = EnvironmentService.instance()
        choice = service.choose(version.internal_revision, asked)
        if (note := runtime_note(version)) is not None:
            LOG.warning("%s: %s", function_version.id.function_name, note)
        supervisor = service.supervisor(choice.runtime)
        if version.code is not None:
            service.code.prepare(version.code, supervisor)
        layers = [layer.code for layer in version.layers if layer.code is not None]
        service.code.prepare_layers(layers, supervisor)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Forget the version. LocalStack deletes its links to the code."""
        EnvironmentService.instance().forget(function_version.config.internal_revision)


def runtime_note(config: VersionFunctionConfiguration) -> str | None:
    """Return a sentence about a prepared version that runs on another runtime, else None."""
    asked = config.runtime or ""
    choice = EnvironmentService.instance().choose(config.internal_revision, asked)
    if choice.reason is None:
        return None
    return f"Runtime is {asked}, which {choice.reason}; it runs on {choice.runtime}"
