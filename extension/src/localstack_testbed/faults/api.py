"""Faults of API calls, in the chain of LocalStack's handlers that every request goes through.

Calls from one service to another take the same way, also with ``IN_MEMORY_CLIENT=1``. A call is
hit after it was parsed and before its service gets it; what is to happen after the call waits for
the service's answer, which then does not reach the caller.
"""

from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.requests.calls import call_of
from localstack_testbed.faults.functions import kill
from localstack_testbed.faults.registry import Registry
from localstack_testbed.faults.rules import Action, Rule
from localstack_testbed.hooks.error_responses import answer_with_error
from localstack_testbed.requests.callers import Environments, function_name, headers_of

INVOKE = ("lambda", "Invoke")
_AFTERWARDS = "testbed_faults"


class ApiFaults:
    """Makes API calls fail, or take long; and kills their callers."""

    def __init__(self, registry: Registry, environments: Environments) -> None:
        self._registry = registry
        self._environments = environments

    def before(self, chain: Any, context: Any, response: Any) -> None:
        """A request handler: it raises what the service is to answer instead."""
        if not self._registry.active or not context.operation:
            return
        environment = self._environments.caller(headers_of(context))
        call = call_of(context, function_name(environment) if environment else None)
        kinds: list[Action] = ["error", "throttle", "delay"]
        # Of Invoke, it is the function that is killed, and not its caller.
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
                rule.ended.wait(rule.seconds)
            elif rule.error and not rule.after_call:
                raise exception(rule)

    def after(self, chain: Any, context: Any, response: Any) -> None:
        """A response handler: it puts the service's answer away."""
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
    """Return the error of a rule, as LocalStack's services raise theirs."""
    assert rule.error is not None
    return CommonServiceException(
        rule.error.code,
        rule.error.message,
        status_code=rule.error.status,
        sender_fault=rule.error.status < 500,
    )
