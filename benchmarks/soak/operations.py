"""Operations of the clients, and the responses that AWS Lambda gives."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.soak.clients import Clients
from benchmarks.soak.deliveries import Deliveries
from benchmarks.soak.fleet import LAYER_VALUE, PREFIX, Fleet, version_bundle
from benchmarks.soak.tally import Tally, Unexpected, UnexpectedAnswer
from testbed.machine.waiting import WaitedTooLong, until

BURST = 6
_LINES = 1024  # of 1 KiB
_PAYLOAD = "x" * (2 * 2**20)
_DELIVERY_LIMIT_SECONDS = 90.0
_SHOWN = 300


@dataclass(frozen=True)
class Operation:
    """A kind of operation; ``weight`` is its relative frequency."""

    label: str
    weight: int
    act: Callable[[], None]


@dataclass(frozen=True)
class Answer:
    """The error and payload in a response of Invoke."""

    error: str | None
    payload: Any


class Operations:
    """All kinds of operations on one fleet.

    Parameters
    ----------
    tally
        Counts the invocations and the unexpected responses.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._started = time.monotonic()
        self._numbers = itertools.count(1)
        self._updating = threading.Lock()
        # The newest version that is known to be in use, and the newest that may be.
        self._version_in_use = self._version_begun = 0
        self._failures = Deliveries("asynchronous, to the dead-letter queue")
        self._results = Deliveries("by an event source mapping")
        self.kinds = self._kinds()

    def use(self, clients: Clients, fleet: Fleet) -> None:
        """Use a fleet that was just deployed."""
        self._clients, self._fleet = clients, fleet
        # Versions are not reused in later phases, so that each bundle is different.
        self._version_begun += 1
        fleet.update("versioned", version_bundle(self._version_begun))
        self._version_in_use = self._version_begun

    def perform(self, kind: Operation) -> None:
        """Perform an operation, and record an unexpected result."""
        try:
            kind.act()
        except UnexpectedAnswer as error:
            self._complain(kind.label, str(error))
        except (BotoCoreError, ClientError, WaitedTooLong) as error:
            self._complain(kind.label, f"{type(error).__name__}: {error}")

    def await_deliveries(self) -> None:
        """Wait for all expected messages, and record those that do not arrive."""
        queues = (
            (self._failures, self._fleet.failures_url),
            (self._results, self._fleet.results_url),
        )

        def all_arrived() -> bool:
            for deliveries, url in queues:
                deliveries.receive(self._clients.sqs, url)
            return all(deliveries.complete() for deliveries, _ in queues)

        try:
            until(all_arrived, within=_DELIVERY_LIMIT_SECONDS, what="delivery", every=0.1)
        except (WaitedTooLong, BotoCoreError, ClientError) as error:
            self._complain("deliveries", f"{type(error).__name__}: {error}")
        for deliveries, _ in queues:
            for complaint in deliveries.complaints():
                self._complain(deliveries.kind, complaint)

    def _complain(self, kind: str, text: str) -> None:
        second = time.monotonic() - self._started
        self._tally.unexpected(Unexpected(kind, second, text))

    def _kinds(self) -> list[Operation]:
        kinds: list[Operation] = []

        def add(label: str, weight: int, act: Callable[[str], None]) -> None:
            kinds.append(Operation(label, weight, lambda: act(label)))

        def fails(function: str, error: str, message: str, **event: Any) -> Callable[[str], None]:
            def act(label: str) -> None:
                _expect_failure(self._invoke(label, function, event), error, message)

            return act

        def answers(expected: Any, **event: Any) -> Callable[[str], None]:
            def act(label: str) -> None:
                _expect_value(self._invoke(label, "plain", event), expected)

            return act

        exited = "Runtime exited with error: "
        add("success", 12, self._echo)
        add("boto3 and S3", 4, self._store)
        add("layer", 3, answers(LAYER_VALUE, do="read layer"))
        add("1 MiB of log", 1, answers(None, do="print", value=_LINES))
        add("2 MiB of payload, both ways", 2, answers(_PAYLOAD, do="echo", value=_PAYLOAD))
        add("exception", 5, fails("failing", "ValueError", "no", do="raise", value="no"))
        add("error at import", 2, fails(
            "broken", "Runtime.ImportModuleError", "No module named 'module_that_is_missing'"
        ))  # fmt: skip
        add("timeout", 1, fails(
            "slow", "Sandbox.Timedout", "Task timed out after 1.00 seconds", do="sleep"
        ))  # fmt: skip
        add(
            "sys.exit",
            2,
            fails("failing", "Runtime.ExitError", f"{exited}exit status 3", do="exit"),
        )
        add("SIGKILL", 2, fails(
            "failing", "Runtime.ExitError", f"{exited}signal: killed", do="signal", value="SIGKILL"
        ))  # fmt: skip
        add("SIGSEGV", 1, fails(
            "failing", "Runtime.ExitError", f"{exited}signal: segmentation fault",
            do="signal", value="SIGSEGV",
        ))  # fmt: skip
        add("out of memory", 1, fails(
            "small", "Runtime.OutOfMemory", f"{exited}signal: killed", do="fill memory"
        ))  # fmt: skip
        add("child left running", 2, self._leave_child)
        add(self._failures.kind, 3, self._invoke_asynchronously)
        add(self._results.kind, 3, self._send_to_queue)
        add("version, during updates", 4, self._check_version)
        add("update of code", 1, self._update)
        add("creation and deletion", 1, self._create_and_delete)
        add(f"burst of {BURST}", 1, self._burst)
        return kinds

    def _invoke(self, label: str, function: str, event: dict[str, Any] | None) -> Answer:
        self._tally.count(label)
        response = self._clients.lambda_.invoke(
            FunctionName=PREFIX + function, Payload=json.dumps(event)
        )
        content = response["Payload"].read()
        return Answer(response.get("FunctionError"), json.loads(content) if content else None)

    def _text(self) -> str:
        return f"{PREFIX}{next(self._numbers)}"

    def _echo(self, label: str) -> None:
        text = self._text()
        _expect_value(self._invoke(label, "plain", {"do": "echo", "value": text}), text)

    def _store(self, label: str) -> None:
        text = self._text()
        _expect_value(self._invoke(label, "plain", {"do": "store", "value": text}), text)

    def _leave_child(self, label: str) -> None:
        for other_session in (False, True):
            event = {"do": "leave child", "value": other_session}
            answer = self._invoke(label, "failing", event)
            if answer.error or not isinstance(answer.payload, int):
                raise UnexpectedAnswer(f"expected a process id, got {_shown(answer)}")

    def _invoke_asynchronously(self, label: str) -> None:
        event = json.dumps({"do": "raise", "value": self._text()})
        self._failures.expect(event)
        self._tally.count(label)
        status = self._clients.lambda_.invoke(
            FunctionName=f"{PREFIX}asynchronous", InvocationType="Event", Payload=event
        )["StatusCode"]
        if status != 202:
            raise UnexpectedAnswer(f"expected status 202, got {status}")

    def _send_to_queue(self, label: str) -> None:
        text = self._text()
        self._results.expect(text)
        self._tally.count(label)
        self._clients.sqs.send_message(QueueUrl=self._fleet.events_url, MessageBody=text)

    def _check_version(self, label: str) -> None:
        earliest = self._version_in_use
        answer = self._invoke(label, "versioned", None)
        latest = self._version_begun
        if answer.error or answer.payload not in range(earliest, latest + 1):
            raise UnexpectedAnswer(f"expected version {earliest} to {latest}, got {_shown(answer)}")

    def _update(self, label: str) -> None:
        with self._updating:  # AWS rejects a second update during the first
            self._version_begun += 1
            self._fleet.update("versioned", version_bundle(self._version_begun))
            self._version_in_use = self._version_begun
            self._check_version(label)

    def _create_and_delete(self, label: str) -> None:
        name = f"brief-{next(self._numbers)}"
        self._fleet.create(name, version_bundle(-1))
        try:
            _expect_value(self._invoke(label, name, None), -1)
        finally:
            self._fleet.delete(name)
        try:
            answer = self._invoke(label, name, None)
        except self._clients.lambda_.exceptions.ResourceNotFoundException:
            return
        raise UnexpectedAnswer(f"expected the function to be deleted, got {_shown(answer)}")

    def _burst(self, label: str) -> None:
        with ThreadPoolExecutor(BURST) as pool:
            for each in [pool.submit(self._echo, label) for _ in range(BURST)]:
                each.result()


def _expect_value(answer: Answer, value: Any) -> None:
    if answer.error or answer.payload != value:
        expected = _shown(Answer(None, value))
        raise UnexpectedAnswer(f"expected {expected}, got {_shown(answer)}")


def _expect_failure(answer: Answer, error: str, message: str) -> None:
    payload = answer.payload if isinstance(answer.payload, dict) else {}
    if (
        answer.error != "Unhandled"
        or payload.get("errorType") != error
        or message not in payload.get("errorMessage", "")
    ):
        raise UnexpectedAnswer(f"expected {error}: {message}, got {_shown(answer)}")


def _shown(answer: Answer) -> str:
    text = json.dumps(answer.payload)
    return f"{answer.error or 'success'}: {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"
