"""Faults on purpose: rules by which calls of an endpoint fail, and messages and functions suffer.

Our extension of LocalStack carries them out (``localstack_testbed.faults``). Rules of a
:class:`Faults` end with it::

    with Faults(endpoint_url) as faults:
        faults.throttle("sqs.SendMessage", resource="incident-queue", next=2)
        with faults.error("sns.Publish", code="InternalError"):
            ...  # every Publish fails here
        ...  # and none here
"""

from __future__ import annotations

from http import HTTPStatus
from types import TracebackType
from typing import Any, NotRequired, Self, TypedDict, Unpack, cast

from testbed.control.endpoint import Endpoint, LacksFeatureError, json_object, lacks_endpoint
from testbed.errors import TestbedError


class Which(TypedDict, total=False):
    """Which calls a fault happens to.

    ``resource`` is the name of a function, queue, topic, table or event bus, or a bucket's, alone
    or with a key behind it (``bucket/key``); ``*`` stands for anything. ``caller`` is a function's
    name, ``functions``, ``clients`` (requests from outside), or the service that calls
    (``events``, ``sns``, ``lambda``, ``apigateway``, ``scheduler``). It hits all these calls, a
    ``share`` of them (the same ones each time with a ``seed``), or the ``next`` so many.
    """

    resource: str
    caller: str
    share: float
    seed: int
    next: int


class Rule(TypedDict):
    """A rule as the endpoint shows it.

    ``seen`` counts the calls that matched, ``hits`` those that the fault happened to; a rule that
    is ``spent`` hits no more.
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


class RefusedError(TestbedError):
    """The rule makes no sense; the message says why."""


class NoFaultError(TestbedError):
    """There is no fault of this id."""


class Fault:
    """A rule that was put; as a context manager, removed at the end.

    Examples
    --------
    ::

        from testbed import Aws, Faults, Stack


        def test_first_call_is_throttled(stack: Stack, aws: Aws, faults: Faults) -> None:
            throttled = faults.throttle("sqs.SendMessage", next=1)
            # boto3 retries the throttled call.
            aws.sqs.send_message(QueueUrl=stack.resource("Orders"), MessageBody="tea")
            assert throttled.spent
            assert throttled.hits == 1
    """

    def __init__(self, faults: Faults, identity: str) -> None:
        self._faults = faults
        self.id = identity

    @property
    def rule(self) -> Rule:
        """The rule with its counters, as they are now."""
        return cast(Rule, self._faults.request("GET", f"/{self.id}"))

    @property
    def hits(self) -> int:
        """How many calls it has hit."""
        return self.rule["hits"]

    @property
    def spent(self) -> bool:
        """Whether it has hit as many as it was to hit."""
        return self.rule["spent"]

    def remove(self) -> None:
        """End it; nothing happens if it is gone already."""
        self._faults.forget(self)

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
    """The faults of an endpoint; as a context manager, what it added is removed at the end.

    ``call`` is a service, or a service and an operation with a dot between, spelled as boto3 and
    the API reference do: ``sns``, ``sns.Publish``. All that add a fault raise RefusedError if it
    makes no sense.

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
        **which: Unpack[Which],
    ) -> Fault:
        """Let calls fail with an AWS error.

        ``status`` can be left out for errors that AWS documents. With ``after_call``, the call is
        carried out, and only its answer is lost.
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

    def throttle(self, call: str, **which: Unpack[Which]) -> Fault:
        """Let a service answer that it is called too often."""
        return self.add(call, {"action": "throttle", **which})

    def delay(self, call: str, seconds: float, **which: Unpack[Which]) -> Fault:
        """Let calls wait before they are carried out."""
        return self.add(call, {"action": "delay", "seconds": seconds, **which})

    def duplicate(self, queue: str, **which: Unpack[Which]) -> Fault:
        """Let messages of a standard queue come twice."""
        return self.add("sqs", {"action": "duplicate", "resource": queue, **which})

    def reorder(self, queue: str, *, seconds: float | None = None, **which: Unpack[Which]) -> Fault:
        """Let messages of a standard queue be overtaken by the next one, if it comes in time."""
        rule = {"action": "reorder", "resource": queue, "seconds": seconds, **which}
        return self.add("sqs", rule)

    def kill(
        self,
        function: str,
        *,
        seconds: float | None = None,
        at: str | None = None,
        **which: Unpack[Which],
    ) -> Fault:
        """Kill a function in the middle of an invocation.

        So many ``seconds`` after its beginning (0 if left out), or ``at`` a call that it makes
        (``sns.Publish``): the call is carried out, and its answer is never seen.
        """
        rule: dict[str, Any] = {"action": "kill", "seconds": seconds}
        if at is None:
            return self.add("lambda.Invoke", {**rule, "resource": function, **which})
        return self.add(at, {**rule, "caller": function, **which})

    def add(self, call: str, rule: dict[str, Any]) -> Fault:
        """Add any rule, without its fields that are None."""
        service, _, operation = call.partition(".")
        body = {"service": service, "operation": operation or None, **rule}
        shown = self.request(
            "PUT", body={name: value for name, value in body.items() if value is not None}
        )
        fault = Fault(self, shown["id"])
        self._added[fault.id] = fault
        return fault

    def rules(self) -> list[Rule]:
        """Return all rules of the endpoint, whoever has put them."""
        return cast("list[Rule]", self.request("GET")["faults"])

    def forget(self, fault: Fault) -> None:
        """Remove a fault that was added here; nothing happens if it is gone already."""
        if self._added.pop(fault.id, None):
            try:
                self.request("DELETE", f"/{fault.id}")
            except NoFaultError:
                return

    def clear(self) -> None:
        """Remove all that was added here."""
        for fault in list(self._added.values()):
            self.forget(fault)

    def remove(self, identity: str) -> None:
        """Remove any rule of the endpoint.

        Raises
        ------
        NoFaultError
            If there is none of this id.
        """
        self.request("DELETE", f"/{identity}")

    def remove_all(self) -> int:
        """Remove all rules of the endpoint, whoever has put them; return how many there were."""
        return len(self.request("DELETE")["removed"])

    def request(
        self, method: str, path: str = "", body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask the endpoint.

        Raises
        ------
        RefusedError
            If the rule makes no sense.
        NoFaultError
            If there is no fault of this id.
        TestbedError
            If the endpoint does not answer, has no faults, or requires another secret.
        """
        url = f"/_testbed/faults{path}"
        response = self._endpoint.send(method, url, body=body)
        answer = json_object(response) or {}
        if response.ok and not answer.keys().isdisjoint(("id", "faults", "removed")):
            return answer
        if response.status_code == HTTPStatus.BAD_REQUEST and "message" in answer:
            raise RefusedError(f"That is no fault. {answer['message']}")
        if response.status_code == HTTPStatus.NOT_FOUND and "no fault" in str(answer):
            raise NoFaultError(
                f"There is no fault {path.lstrip('/')}.", advice="See: testbed fault list"
            )
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"{self._endpoint.url} does not make faults on purpose.",
                advice="The LocalStack of `testbed up` does, unless TESTBED_FAULTS=0 is set.",
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
