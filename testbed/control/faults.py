"""Client of fault injection: rules that make calls, messages and functions fail.

Our extension of LocalStack applies the rules (``localstack_testbed.faults``), and defines their
fields (``rule.json`` there).
"""

from __future__ import annotations

import re
from http import HTTPStatus
from types import TracebackType
from typing import Any, NotRequired, Self, TypedDict, Unpack, cast

from testbed.control.endpoint import Endpoint, LacksFeatureError, json_object, lacks_endpoint
from testbed.errors import TestbedError

_ID = re.compile(r"[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*")  # one segment of a URL's path


class CallFilter(TypedDict, total=False):
    """The calls that a fault is injected into; without any of these, all.

    ``resource`` is the name of a function, queue, topic, table, event bus or bucket, or a bucket
    and key (``bucket/key``); ``*`` matches anything. ``caller`` is the name of a function,
    ``functions`` for any function, ``clients`` for requests from outside LocalStack, or the service
    that calls (``events``, ``sns``, ``lambda``, ``apigateway``, ``scheduler``). The fault is
    injected into all these calls, a random ``share`` of them (the same ones each time if there is a
    ``seed``), or the ``next`` N.
    """

    resource: str
    caller: str
    share: float
    seed: int
    next: int


class FaultRule(TypedDict):
    """A rule as the endpoint returns it.

    ``seen`` counts the calls that matched, ``hits`` those that the fault was injected into. A rule
    is ``spent`` when it was injected into the ``next`` N calls.
    """

    id: str
    action: str
    service: str
    operation: NotRequired[str]
    resource: NotRequired[str]
    caller: NotRequired[str]
    code: NotRequired[str]
    status: NotRequired[int]
    message: NotRequired[str]
    seconds: NotRequired[float]
    after_call: NotRequired[bool]
    share: NotRequired[float]
    seed: NotRequired[int]
    next: NotRequired[int]
    seen: int
    hits: int
    spent: bool


class InvalidFaultError(TestbedError):
    """The rule of a fault is invalid; the message says why."""


class FaultNotFoundError(TestbedError):
    """There is no fault with this id."""


class Fault:
    """An injected fault; as a context manager, it is removed at the end of the block.

    Examples
    --------
    ::

        from testbed import Aws, Faults, Stack


        def test_first_call_is_throttled(stack: Stack, aws: Aws, faults: Faults) -> None:
            throttled = faults.throttle("sqs.SendMessage", next=1)
            # boto3 retries the call.
            aws.sqs.send_message(QueueUrl=stack.resource("Orders"), MessageBody="tea")
            assert throttled.spent
            assert throttled.hits == 1
    """

    def __init__(self, faults: Faults, identity: str) -> None:
        self._faults = faults
        self.id = identity

    @property
    def rule(self) -> FaultRule:
        """The rule with its current counters."""
        return self._faults.rule(self.id)

    @property
    def hits(self) -> int:
        """The number of calls that the fault was injected into so far."""
        return self.rule["hits"]

    @property
    def spent(self) -> bool:
        """Whether the fault was injected into as many calls as ``next`` says."""
        return self.rule["spent"]

    def remove(self) -> None:
        """Remove the fault, unless it was removed already."""
        self._faults._discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


class Faults:
    """The faults of a running LocalStack; as a context manager, those it added end with the block.

    In all methods ``call`` is a service, or a service and an operation with a dot between, named as
    in boto3: ``sns``, ``sns.Publish``. ``which`` selects the calls (:class:`CallFilter`).

    Methods that add a fault raise an InvalidFaultError if the rule is invalid. Every method raises
    a TestbedError if the endpoint does not answer, has no fault injection, or requires another
    control secret.

    Parameters
    ----------
    endpoint
        The URL of LocalStack.

    Examples
    --------
    ::

        from testbed import Faults

        with Faults(endpoint_url) as faults:
            fault = faults.delay("sqs.SendMessage", 0.1, resource="orders")
            assert fault.hits == 0
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self._endpoint = Endpoint.of(endpoint)
        self._added: dict[str, Fault] = {}

    def error(
        self,
        call: str,
        *,
        code: str,
        status: int | None = None,
        message: str | None = None,
        after_call: bool = False,
        **which: Unpack[CallFilter],
    ) -> Fault:
        """Fail calls with an AWS error.

        Parameters
        ----------
        code
            The error code, such as ``ServiceUnavailable``.
        status
            The HTTP status; required only for codes that AWS does not document.
        message
            The error message.
        after_call
            Whether the call is executed first, so that only its response is lost.
        """
        return self.add(
            call,
            {
                "action": "error",
                "code": code,
                "status": status,
                "message": message,
                "after_call": after_call or None,
                **which,
            },
        )

    def throttle(self, call: str, **which: Unpack[CallFilter]) -> Fault:
        """Fail calls with the throttling error of their service."""
        return self.add(call, {"action": "throttle", **which})

    def delay(self, call: str, seconds: float, **which: Unpack[CallFilter]) -> Fault:
        """Delay calls by some seconds, at most 900, before they are executed."""
        return self.add(call, {"action": "delay", "seconds": seconds, **which})

    def duplicate(self, queue: str, **which: Unpack[CallFilter]) -> Fault:
        """Deliver messages of a standard queue twice."""
        return self.add("sqs", {"action": "duplicate", "resource": queue, **which})

    def reorder(
        self, queue: str, *, seconds: float | None = None, **which: Unpack[CallFilter]
    ) -> Fault:
        """Deliver each message of a standard queue after the one sent next.

        Parameters
        ----------
        seconds
            How long a message waits for the next one at most; 10 by default, at most 900.
        """
        rule = {"action": "reorder", "resource": queue, "seconds": seconds, **which}
        return self.add("sqs", rule)

    def kill(
        self,
        function: str,
        *,
        seconds: float | None = None,
        at: str | None = None,
        **which: Unpack[CallFilter],
    ) -> Fault:
        """Kill the process of a function during an invocation.

        Parameters
        ----------
        seconds
            How long after the start of the invocation; 0 by default, at most 900.
        at
            Kill it instead at a call that it makes (``sns.Publish``): after the call was executed,
            before its response arrives.
        """
        rule: dict[str, Any] = {"action": "kill", "seconds": seconds}
        if at is None:
            return self.add("lambda.Invoke", {**rule, "resource": function, **which})
        return self.add(at, {**rule, "caller": function, **which})

    def add(self, call: str, rule: dict[str, Any]) -> Fault:
        """Add a fault by the fields of its rule; fields that are None are omitted."""
        service, dot, operation = call.partition(".")
        body = {"service": service, "operation": operation if dot else None, **rule}
        shown = self._request(
            "PUT", body={name: value for name, value in body.items() if value is not None}
        )
        fault = Fault(self, shown["id"])
        self._added[fault.id] = fault
        return fault

    def rule(self, identity: str) -> FaultRule:
        """Return the rule with this id; raise a FaultNotFoundError if there is none."""
        return cast(FaultRule, self._request("GET", identity))

    def rules(self) -> list[FaultRule]:
        """Return all rules of the endpoint, also those that others added."""
        return cast("list[FaultRule]", self._request("GET")["faults"])

    def _discard(self, fault: Fault) -> None:
        """Remove a fault that was added here, unless it was removed already."""
        if self._added.pop(fault.id, None):
            try:
                self.remove(fault.id)
            except FaultNotFoundError:
                return

    def clear(self) -> None:
        """Remove all faults that were added here."""
        for fault in list(self._added.values()):
            self._discard(fault)

    def remove(self, identity: str) -> None:
        """Remove the rule with this id; raise a FaultNotFoundError if there is none."""
        self._request("DELETE", identity)

    def remove_all(self) -> int:
        """Remove all rules of the endpoint, also those that others added; return their number."""
        return len(self._request("DELETE")["removed"])

    def _request(
        self, method: str, identity: str | None = None, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        if identity is not None and not _ID.fullmatch(identity):
            raise _not_found(identity)  # an empty one would stand for all faults
        url = "/_testbed/faults" if identity is None else f"/_testbed/faults/{identity}"
        response = self._endpoint.send(method, url, body=body)
        answer = json_object(response) or {}
        if response.ok and not answer.keys().isdisjoint(("id", "faults", "removed")):
            return answer
        if response.status_code == HTTPStatus.BAD_REQUEST and "message" in answer:
            raise InvalidFaultError(f"Invalid fault rule: {answer['message']}")
        if identity and response.status_code == HTTPStatus.NOT_FOUND and "no fault" in str(answer):
            raise _not_found(identity)
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"The emulator at {self._endpoint.url} has no fault injection.",
                advice="Use the LocalStack of `testbed up`, without TESTBED_FAULTS=0.",
            )
        raise self._endpoint.unexpected(method, url, response)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()


def _not_found(identity: str) -> FaultNotFoundError:
    return FaultNotFoundError(
        f"There is no fault with the id {identity or repr(identity)}.",
        advice="`testbed fault list` shows the ids of all faults.",
    )
