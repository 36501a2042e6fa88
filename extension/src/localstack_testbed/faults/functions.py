"""Faults of functions: their process is killed, or an attempt at an asynchronous event fails."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.faults.registry import FAULTS
from localstack_testbed.hooks.shared_patches import INVOKE_ENVIRONMENT
from localstack_testbed.requests.calls import Call

LAMBDA = "lambda"
"""The caller of an invocation for an asynchronous event."""


def kill(environment: Any) -> None:
    """Kill the process of an execution environment."""
    environment.runtime_executor.kill()


def patch_environments() -> None:
    """Kill execution environments during invocations that a rule hits."""

    @INVOKE_ENVIRONMENT.wrap
    def invoke(original: Callable[[Any, Any], Any], self: Any, invocation: Any) -> Any:
        after = None
        if FAULTS.active:
            function = self.function_version.id
            names = (function.function_name, function.unqualified_arn())
            hits = FAULTS.hit(Call("lambda", "Invoke", names), "kill")
            after = min((rule.seconds for rule in hits), default=None)
        self.runtime_executor.kill_after = after
        return original(self, invocation)


def fail_attempt(function: str) -> None:
    """Delay or fail an attempt by Lambda to invoke a function for an asynchronous event.

    Only rules with the caller ``lambda`` apply; others apply to the call that sent the event.
    Lambda retries as after its own errors:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

    Raises
    ------
    CommonServiceException
        If a rule with an error hits the attempt.
    """
    if not any(rule.caller == LAMBDA for rule in FAULTS.active):
        return
    call = Call("lambda", "Invoke", (function,), caller=LAMBDA)
    for rule in FAULTS.hit(call, "error", "throttle", "delay", named_caller=True):
        if rule.error is None:
            rule.removed.wait(rule.seconds)
        else:
            raise CommonServiceException(
                rule.error.code, rule.error.message, status_code=rule.error.status
            )
