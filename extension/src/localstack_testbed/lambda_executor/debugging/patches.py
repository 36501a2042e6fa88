"""Patches of LocalStack's Lambda service for functions that are being debugged.

A debugged function has one execution environment, which was started for the debugging session.
Environments from before the session, or from an ended one, get no more invocations and are
stopped. Environments with provisioned concurrency are not debugged.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import INVOKE_VERSION
from localstack_testbed.lambda_executor.debugging.held_messages import held_messages
from localstack_testbed.lambda_executor.debugging.repeated_calls import HEADER, RepeatedCalls
from localstack_testbed.lambda_executor.debugging.sessions import (
    SESSIONS,
    DebugSession,
    FunctionKey,
)

START_LIMIT_SECONDS = 24 * 60 * 60


def patch_environments() -> None:
    """Stop environments that get no more invocations, and keep the one that is debugged."""
    from localstack.services.lambda_.invocation.execution_environment import ExecutionEnvironment

    @patch(ExecutionEnvironment.release)
    def release(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        if is_outdated(self):
            self.keepalive_passed()

    @patch(ExecutionEnvironment.keepalive_passed)
    def keepalive_passed(original: Callable[[Any], None], self: Any) -> None:
        session = _session(self)
        if session is None or is_outdated(self):
            original(self)

    @patch(ExecutionEnvironment._get_startup_timeout_seconds)
    def get_startup_timeout(original: Callable[[Any], int], self: Any) -> int:
        return START_LIMIT_SECONDS if _session(self) is not None else original(self)


def patch_invocations() -> None:
    """Run the invocations of a debugged function one after the other."""

    @INVOKE_VERSION.wrap
    def invoke(original: Callable[..., Any], self: Any, *, invocation: Any) -> Any:
        session = SESSIONS.of(FunctionKey.of_version(self.function_version.id))
        if session is None:
            return original(self, invocation=invocation)
        with held_messages(invocation.payload), session.turn():
            return original(self, invocation=invocation)


def patch_provider() -> None:
    """Answer repeated Invoke calls of a debugged function with the first one's result."""
    from localstack.services.lambda_.provider import LambdaProvider

    calls = RepeatedCalls()

    @patch(LambdaProvider.invoke)
    def invoke(
        original: Callable[..., Any], self: Any, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        def call() -> Any:
            return original(self, context, *args, **kwargs)

        return calls.once(context.request.headers.get(HEADER), call) if SESSIONS else call()


def start_environment(session: DebugSession) -> None:
    """Start the environment of a session ahead of the first invocation, unless there is one.

    Raises
    ------
    ValueError
        The function does not exist, or cannot be invoked.
    """
    manager = _version_manager(session.function)
    assignment = manager.assignment_service
    stop_outdated(assignment, session.function)
    with session.turn():
        known = assignment.environments[manager.id]
        if session.ended or any(not is_outdated(each) for each in list(known.values())):
            return
        environment = assignment.start_environment(manager.id, manager.function_version)
        environment.started_by = None
        known[environment.id] = environment
    if session.ended:
        stop_outdated(assignment, session.function)


def stop_outdated(assignment: Any, function: FunctionKey) -> None:
    """Stop a function's environments that get no more invocations, unless one is running."""
    for environments in list(assignment.environments.values()):
        for environment in list(environments.values()):
            if FunctionKey.of_version(environment.function_version.id) == function and is_outdated(
                environment
            ):
                environment.runtime_executor.stop_debugging()
                environment.keepalive_passed()


def end_environments(session: DebugSession) -> None:
    """Stop the environments of a session that has ended."""
    stop_outdated(_lambda_service().assignment_service, session.function)


def _version_manager(function: FunctionKey) -> Any:
    return _lambda_service().get_lambda_version_manager(f"{function.arn}:$LATEST")


def _lambda_service() -> Any:
    from localstack.services.plugins import SERVICE_PLUGINS

    service: Any = SERVICE_PLUGINS.get_service("lambda")
    return service._provider.lambda_service


def _session(environment: Any) -> DebugSession | None:
    return SESSIONS.of(FunctionKey.of_version(environment.function_version.id))


def is_outdated(environment: Any) -> bool:
    """Return whether an environment gets no more invocations."""
    if environment.initialization_type != "on-demand":
        return False
    session, executor = _session(environment), environment.runtime_executor
    return executor.debugging is not session or (
        session is not None and session.environment is not executor
    )
