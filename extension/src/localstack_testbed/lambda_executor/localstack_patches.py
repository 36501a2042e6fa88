"""Patches of LocalStack's Lambda service that the process executor requires."""

import base64
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import INVOKE_ENVIRONMENT, INVOKE_VERSION
from localstack_testbed.lambda_executor.debugging.patches import is_outdated

STARTING: set[Any] = set()
"""The environments that are starting, which LocalStack does not know before they have started."""


class _Environments(dict[str, Any]):
    """Environments by id; ``values`` is safe while another thread adds one."""

    def values(self) -> Any:
        return list(super().values())


def patch_environments() -> None:
    """Pass the client context to the executor; LocalStack discards it.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (``ClientContext``, base64)
    """

    @INVOKE_ENVIRONMENT.wrap
    def invoke(original: Callable[[Any, Any], Any], self: Any, invocation: Any) -> Any:
        executor = self.runtime_executor
        context = invocation.client_context
        executor.client_context = base64.b64decode(context).decode() if context else None
        return original(self, invocation)


def patch_assignment() -> None:
    """Fix two races between concurrent invocations, and remove the limit of concurrent starts.

    LocalStack publishes a new environment before the invocation that started it has reserved it,
    counts provisioned environments while other threads add theirs, and stops environments that
    are reserved for an invocation. It starts at most 16
    environments at a time, because of Docker; on AWS only the account's concurrency limits them.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
    """
    from localstack.services.lambda_.invocation.assignment import AssignmentService
    from localstack.services.lambda_.invocation.execution_environment import (
        ExecutionEnvironment,
        InvalidStatusException,
    )
    from localstack.services.lambda_.invocation.lambda_models import InitializationType

    @patch(AssignmentService.__init__)
    def init(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        self.environments = defaultdict(_Environments)
        self.on_demand_start_semaphore = nullcontext()

    @patch(AssignmentService.stop_environments_for_version, pass_target=False)
    def stop_environments(self: Any, manager: str) -> None:
        _stop_idle(self, manager)

    @patch(ExecutionEnvironment.start)
    def start(original: Callable[[Any], None], self: Any) -> None:
        if self.initialization_type == InitializationType.on_demand:
            self.started_by = threading.get_ident()
        STARTING.add(self)
        try:
            original(self)
        finally:
            STARTING.discard(self)

    @patch(ExecutionEnvironment.reserve)
    def reserve(original: Callable[[Any], None], self: Any) -> None:
        if getattr(self, "started_by", None) not in (None, threading.get_ident()):
            raise InvalidStatusException(f"Environment {self.id} awaits its first invocation")
        if is_outdated(self):
            raise InvalidStatusException(f"Environment {self.id} gets no more invocations")
        original(self)
        self.started_by = None


def patch_versions() -> None:
    """Explain in its state why a version runs on another runtime; keep all logs of a replaced one.

    AWS gives no reason for the state ``Active``. LocalStack stops the log handler of a replaced
    version before its last invocations have finished. (``lambda_service.function_logs`` empties its
    queue.) An invocation that has a version ends with it; one that is late gets the version that
    has replaced it. Environments are stopped when they are idle.
    """
    from localstack.aws.api.lambda_ import State
    from localstack.services.lambda_.invocation.version_manager import LambdaVersionManager

    from localstack_testbed.lambda_executor.executor import runtime_note

    @patch(LambdaVersionManager.start)
    def start_version(original: Callable[[Any], Any], self: Any) -> Any:
        state = original(self)
        if state.state == State.Active:
            note = runtime_note(self.function_version.config)
            state = self.state = replace(state, reason=note)
        return state

    @patch(LambdaVersionManager.stop)
    def stop_version(original: Callable[[Any], None], self: Any) -> None:
        self.shutdown_event.set()
        self.assignment_service.stop_environments_for_version(self.id)
        original(self)

    @INVOKE_VERSION.wrap
    def invoke(original: Callable[..., Any], self: Any, *, invocation: Any) -> Any:
        if self.shutdown_event.is_set() and (successor := _successor(self)):
            return successor.invoke(invocation=invocation)
        try:
            return original(self, invocation=invocation)
        finally:
            if self.shutdown_event.is_set():
                _stop_idle(self.assignment_service, self.id)


def _successor(manager: Any) -> Any:
    """Return what runs the version of a function that has replaced another one, or None."""
    from localstack.services.plugins import SERVICE_PLUGINS

    service: Any = SERVICE_PLUGINS.get_service("lambda")
    versions = service._provider.lambda_service.lambda_running_versions
    found = versions.get(manager.function_version.qualified_arn)
    return None if found is manager else found


def _stop_idle(assignment: Any, manager: str) -> None:
    """Stop the environments of a version that no invocation has, or is about to have.

    The others are stopped when their invocations end. LocalStack does not know an environment
    before it has started, and would keep its process for another ten minutes.
    """
    from localstack.services.lambda_.invocation.execution_environment import RuntimeStatus

    known = assignment.environments[manager]
    for environment in known.values():
        with environment.status_lock:
            awaited = getattr(environment, "started_by", None) is not None
            if awaited or environment.status != RuntimeStatus.READY:
                continue
            environment.status = RuntimeStatus.TIMING_OUT  # nothing can reserve it from now on
        environment.stop()
        known.pop(environment.id, None)
    if not known:
        assignment.environments.pop(manager, None)
