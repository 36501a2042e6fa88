"""The client of fault injection, and the rules that `testbed fault add` makes of its options."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from testbed.commands.fault import fault
from testbed.control.faults import Fault, FaultNotFoundError, Faults, InvalidFaultError
from testbed.errors import TestbedError
from testbed.session import Session


class Endpoint:
    """An endpoint that stores all rules, but rejects a few invalid ones as the extension does."""

    def __init__(self) -> None:
        self.rules: dict[str, dict[str, Any]] = {}
        self.put: list[dict[str, Any]] = []
        self.is_another = False
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                rule = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if endpoint.is_another:
                    self.answer(404, {"Code": "NoSuchBucket"})
                    return
                invalid = {
                    ("status", 999): "status must be at most 599, not 999",
                    ("operation", ""): "sqs has no operation ''",
                    ("resource", ""): "resource is empty; omit it to match everything",
                }
                for field in rule.items():
                    if field in invalid:
                        self.answer(400, {"message": invalid[field]})
                        return
                endpoint.put.append(rule)
                identity = f"fault-{len(endpoint.put)}"
                endpoint.rules[identity] = {
                    "id": identity, **rule, "seen": 3, "hits": 1, "spent": False,
                }  # fmt: skip
                self.answer(200, endpoint.rules[identity])

            def do_GET(self) -> None:
                identity = self.path.removeprefix("/_testbed/faults").lstrip("/")
                if not identity:
                    self.answer(200, {"faults": list(endpoint.rules.values())})
                elif identity in endpoint.rules:
                    self.answer(200, endpoint.rules[identity])
                else:
                    self.answer(404, {"message": f"there is no fault {identity!r}"})

            def do_DELETE(self) -> None:
                identity = self.path.removeprefix("/_testbed/faults").lstrip("/")
                chosen = [identity] if identity else list(endpoint.rules)
                if identity and identity not in endpoint.rules:
                    self.answer(404, {"message": f"there is no fault {identity!r}"})
                    return
                self.answer(200, {"removed": [endpoint.rules.pop(each) for each in chosen]})

            def answer(self, status: int, content: dict[str, Any]) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("add", "rule"),
    [
        (
            lambda faults: faults.error("sns.Publish", code="InternalError", next=1),
            {"service": "sns", "operation": "Publish", "action": "error", "code": "InternalError",
             "next": 1},
        ),
        (
            lambda faults: faults.error("s3", code="X", status=500, message="m", after_call=True),
            {"service": "s3", "action": "error", "code": "X", "status": 500, "message": "m",
             "after_call": True},
        ),
        (
            lambda faults: faults.throttle("lambda.Invoke", resource="f", caller="events"),
            {"service": "lambda", "operation": "Invoke", "action": "throttle", "resource": "f",
             "caller": "events"},
        ),
        (
            lambda faults: faults.delay("sqs", 1.5, share=0.5, seed=3),
            {"service": "sqs", "action": "delay", "seconds": 1.5, "share": 0.5, "seed": 3},
        ),
        (
            lambda faults: faults.duplicate("q"),
            {"service": "sqs", "action": "duplicate", "resource": "q"},
        ),
        (
            lambda faults: faults.reorder("q", seconds=2),
            {"service": "sqs", "action": "reorder", "resource": "q", "seconds": 2},
        ),
        (
            lambda faults: faults.kill("f", seconds=1),
            {"service": "lambda", "operation": "Invoke", "action": "kill", "resource": "f",
             "seconds": 1},
        ),
        (
            lambda faults: faults.kill("f", at="sns.Publish"),
            {"service": "sns", "operation": "Publish", "action": "kill", "caller": "f"},
        ),
    ],
)  # fmt: skip
def test_faults_are_put_as_rules(
    endpoint: Endpoint, add: Callable[[Faults], Fault], rule: dict[str, Any]
) -> None:
    add(Faults(endpoint.url))
    assert endpoint.put == [rule]


def test_added_faults_are_removed_at_the_end_of_the_block(endpoint: Endpoint) -> None:
    Faults(endpoint.url).throttle("sns")
    with Faults(endpoint.url) as faults:
        faults.throttle("sqs")
        with faults.throttle("s3") as third:
            assert list(endpoint.rules) == ["fault-1", "fault-2", "fault-3"]
            assert third.hits == 1
        assert list(endpoint.rules) == ["fault-1", "fault-2"]
        fourth = faults.throttle("events")
        fourth.remove()
        fourth.remove()
        assert [rule["id"] for rule in faults.rules()] == ["fault-1", "fault-2"]
    assert list(endpoint.rules) == ["fault-1"]


def test_faults_are_removed_after_an_error(endpoint: Endpoint) -> None:
    def fail() -> None:
        with Faults(endpoint.url) as faults:
            faults.throttle("sqs")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert endpoint.rules == {}


def test_fault_that_was_removed_already_is_no_error(endpoint: Endpoint) -> None:
    with Faults(endpoint.url) as faults:
        faults.throttle("sqs")
        assert Faults(endpoint.url).remove_all() == 1


def test_invalid_rule(endpoint: Endpoint) -> None:
    with pytest.raises(InvalidFaultError) as raised:
        Faults(endpoint.url).error("sqs", code="X", status=999)
    assert raised.value.message == "Invalid fault rule: status must be at most 599, not 999"


def test_unknown_fault(endpoint: Endpoint) -> None:
    with pytest.raises(FaultNotFoundError) as raised:
        Faults(endpoint.url).remove("none-such")
    assert "none-such" in raised.value.message


def test_endpoint_without_faults(endpoint: Endpoint) -> None:
    endpoint.is_another = True
    with pytest.raises(TestbedError, match="has no fault injection") as raised:
        Faults(endpoint.url).throttle("sqs")
    assert "TESTBED_FAULTS" in raised.value.advice


def test_endpoint_that_does_not_answer() -> None:
    with pytest.raises(TestbedError, match="does not answer"):
        Faults("http://127.0.0.1:1").rules()


def command(endpoint: Endpoint, *arguments: str) -> Any:
    session = Session(Path(), None, endpoint.url)
    return CliRunner().invoke(fault, arguments, obj=session)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (
            "add sqs.SendMessage --queue q --error ServiceUnavailable --next 2",
            {"service": "sqs", "operation": "SendMessage", "resource": "q", "action": "error",
             "code": "ServiceUnavailable", "next": 2},
        ),
        (
            "add --function f --kill --seconds 0.5",
            {"service": "lambda", "operation": "Invoke", "resource": "f", "action": "kill",
             "seconds": 0.5},
        ),
        (
            "add sns.Publish --caller f --kill",
            {"service": "sns", "operation": "Publish", "caller": "f", "action": "kill"},
        ),
        (
            "add --queue q --duplicate --share 0.2 --seed 1",
            {"service": "sqs", "resource": "q", "action": "duplicate", "share": 0.2, "seed": 1},
        ),
        (
            "add s3.PutObject --bucket */state/* --error InternalError --after-call",
            {"service": "s3", "operation": "PutObject", "resource": "*/state/*",
             "action": "error", "code": "InternalError", "after_call": True},
        ),
        (
            "add dynamodb --resource table --delay 1.5",
            {"service": "dynamodb", "resource": "table", "action": "delay", "seconds": 1.5},
        ),
    ],
)  # fmt: skip
def test_options_make_a_rule(endpoint: Endpoint, arguments: str, rule: dict[str, Any]) -> None:
    result = command(endpoint, *arguments.split())
    assert result.exit_code == 0, result.output
    assert endpoint.put == [rule]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("add sqs", "Choose one fault: --error CODE, --throttle, --delay SECONDS"),
        (
            "add sqs --throttle --kill",
            "Choose one fault: --error CODE, --throttle, --delay SECONDS",
        ),
        ("add --throttle", "Name the calls"),
        ("add --throttle --resource x", "Name the calls"),
        ("add --throttle --queue q --topic t", "--queue and --topic"),
        ("add sns.Publish --queue q --throttle", "--queue matches calls of sqs"),
        ("add sns.Publish --function f --throttle", "use --caller f"),
        ("add sqs --error X --status 999", "status must be at most 599"),
        ("add sqs. --throttle", "sqs has no operation ''"),
        ("add sqs --throttle --resource=", "resource is empty"),
        ("add --throttle --queue=", "resource is empty"),
    ],
)
def test_invalid_options(endpoint: Endpoint, arguments: str, message: str) -> None:
    result = command(endpoint, *arguments.split())
    assert result.exit_code == 2
    assert message in result.output
    assert endpoint.put == []


def test_list_and_clear(endpoint: Endpoint) -> None:
    assert command(endpoint, "list").output == "There are no faults.\n"
    command(endpoint, "add", "sqs.SendMessage", "--error", "X", "--status", "500", "--next", "2")
    command(endpoint, "add", "--queue", "q", "--duplicate", "--share", "0.25")
    assert command(endpoint, "list").output.splitlines() == [
        "id       fault      calls            resource  caller  which   hits",
        "fault-1  X 500      sqs.SendMessage                    next 1  1 of 3",
        "fault-2  duplicate  sqs              q                 25%     1 of 3",
    ]
    assert command(endpoint, "clear", "fault-1").output == "Removed 1 fault.\n"
    assert list(endpoint.rules) == ["fault-2"]
    assert isinstance(command(endpoint, "clear", "fault-1").exception, FaultNotFoundError)
    command(endpoint, "add", "sqs", "--throttle")
    assert command(endpoint, "clear").output == "Removed 2 faults.\n"


@pytest.mark.parametrize("identity", ["", "..", "../faults", "fault-1?", "a b"])
def test_text_that_is_no_id_removes_nothing(endpoint: Endpoint, identity: str) -> None:
    """A script may pass an empty variable; without an ID, all faults would be removed."""
    command(endpoint, "add", "sqs", "--throttle")
    error = command(endpoint, "clear", identity).exception
    assert isinstance(error, FaultNotFoundError)
    assert error.message == f"There is no fault with the id {identity or repr('')}."
    assert list(endpoint.rules) == ["fault-1"]
