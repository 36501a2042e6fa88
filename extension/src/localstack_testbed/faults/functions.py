"""Functions: how one is killed, or its event refused."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.faults.registry import FAULTS
from localstack_testbed.faults.rules import Call
from localstack_testbed.hooks.shared_patches import INVOKE_ENVIRONMENT

LAMBDA = "lambda"
"""The caller of an attempt at an asynchronous event: Lambda itself."""


def kill(environment: Any) -> None:
    """End the process of an environment, as a crash does."""
    environment.runtime_executor.kill()


def patch_environments() -> None:
    """Kill those environments that are to be killed."""

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


def refuse_attempt(function: str) -> None:
    """Fail an attempt of Lambda's own to run a function for an asynchronous event.

    Only rules for the caller ``lambda`` are meant: the others are for the call that brought the
    event. Lambda tries again, as after its own errors:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

    Raises
    ------
    CommonServiceException
        If a rule says so.
    """
    if not any(rule.caller == LAMBDA for rule in FAULTS.active):
        return
    call = Call("lambda", "Invoke", (function,), caller=LAMBDA)
    for rule in FAULTS.hit(call, "error", "throttle", "delay", named_caller=True):
        if rule.error is None:
            rule.ended.wait(rule.seconds)
        else:
            raise CommonServiceException(
                rule.error.code, rule.error.message, status_code=rule.error.status
            )
