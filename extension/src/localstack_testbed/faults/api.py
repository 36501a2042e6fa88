"""Faults of API calls, injected by handlers in LocalStack's handler chain.

Every request passes that chain, also calls of one service to another with ``IN_MEMORY_CLIENT=1``. A
request handler injects faults after the request was parsed and before the service executes it; a
response handler injects those that replace the response.
"""

from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.faults.definition import Action
from localstack_testbed.faults.functions import kill
from localstack_testbed.faults.registry import Registry
from localstack_testbed.faults.rules import Rule
from localstack_testbed.hooks.error_responses import answer_with_error
from localstack_testbed.requests.callers import EnvironmentCredentials, function_name, headers_of
from localstack_testbed.requests.calls import call_of

INVOKE = ("lambda", "Invoke")
_AFTERWARDS = "testbed_faults"


class ApiFaults:
    """Handlers that fail and delay calls, and kill the functions that make them."""

    def __init__(self, registry: Registry, environments: EnvironmentCredentials) -> None:
        self._registry = registry
        self._environments = environments

    def before(self, chain: Any, context: Any, response: Any) -> None:
        """Delay a request, or raise the error that replaces its response (request handler)."""
        if not self._registry.active or not context.operation:
            return
        environment = self._environments.signer(headers_of(context))
        call = call_of(context, function_name(environment) if environment else None)
        kinds: list[Action] = ["error", "throttle", "delay"]
        # For Invoke, the invoked function is killed instead of the caller.
        if call.by_function and (call.service, call.operation) != INVOKE:
            kinds.append("kill")
        hits = self._registry.hit(call, *kinds)
        if not hits:
            return
        afterwards = [rule for rule in hits if rule.action == "kill" or rule.after_call]
        if afterwards:
            setattr(context, _AFTERWARDS, (environment, afterwards))
        for rule in hits:
            if rule.action == "delay":
                rule.removed.wait(rule.seconds)
            elif rule.error and not rule.after_call:
                raise exception(rule)

    def after(self, chain: Any, context: Any, response: Any) -> None:
        """Replace the response by an error, or kill the caller (response handler)."""
        due: tuple[Any, list[Rule]] | None = context.__dict__.pop(_AFTERWARDS, None)
        if due is None:
            return
        environment, rules = due
        for rule in rules:
            if rule.action == "kill":
                kill(environment)
            else:
                answer_with_error(context, response, exception(rule))


def exception(rule: Rule) -> CommonServiceException:
    """Return the exception that LocalStack's services raise for the error of a rule."""
    assert rule.error is not None
    return CommonServiceException(
        rule.error.code,
        rule.error.message,
        status_code=rule.error.status,
        sender_fault=rule.error.status < 500,
    )
