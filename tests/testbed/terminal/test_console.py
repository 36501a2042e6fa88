"""Data from outside cannot control the terminal: control characters are escaped."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import ANY

import pytest
from botocore.exceptions import ClientError

from testbed.aws.change_set import Change
from testbed.aws.logs import LogLine, LogSource
from testbed.control.inbox import Confirmation, Email
from testbed.control.journal import JournalEntry
from testbed.control.permissions import Denial, Permission, PrincipalUsage
from testbed.demo.checklist import Checklist
from testbed.demo.story import heading, say
from testbed.deployment.deploy import Deployment
from testbed.errors import TestbedError
from testbed.pytest_plugin import fixtures
from testbed.pytest_plugin.report import explain
from testbed.pytest_plugin.running import RunningTestbed
from testbed.terminal import console
from testbed.terminal.console import _SafeConsole
from testbed.terminal.control_characters import visible, visible_lines
from testbed.trace.tree import TreeNode
from tests.conftest import ROOT, CommandHere

# A link (OSC 8), a colour, the same by C1, bells, an override of the direction of text, a lone
# surrogate, separators of lines, and what rich takes for markup and emoji.
HOSTILE = (
    "\x1b]8;;https://example.com\x1b\\a\x1b]8;;\x07\x1b[31m\x9b31m\x00\x08\x0b\r\x7f\x85"
    "\u202e\u2066\u2028\u2029\ufeff\ud800[red]b[/red][link=https://example.com]c[/link] :smile:"
)
LINE_BREAK = "d\ne"
_ALLOWED = "\n\t"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def hidden(text: str) -> list[str]:
    """Return the control characters in a text, except line breaks and tabs."""
    return [each for each in text if each not in _ALLOWED and visible(each) != each]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, über „Ärger“ 😀 👩\u200d🔧", "plain text, über „Ärger“ 😀 👩\u200d🔧"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\x00\x07\x08\x0b\x0c\r\x7f", r"\x00\x07\x08\x0b\x0c\r\x7f"),
        ("\x85\x9b", r"\x85\x9b"),
        ("\u202a\u202e\u2066\u2069", r"\u202a\u202e\u2066\u2069"),
        ("\u200e\u061c\ufeff", r"\u200e\u061c\ufeff"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\ud800\udfff", r"\ud800\udfff"),
        ("\U000e0041", r"\U000e0041"),
        ("a\nb\tc", r"a\nb\tc"),
    ],
)  # fmt: skip
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown


def test_line_breaks_and_tabs_of_bodies_stay() -> None:
    assert visible_lines("a\r\nb\n\tc\rd\x1b") == "a\nb\n\tc\\rd\\x1b"


def test_hidden_characters_are_found() -> None:
    assert len(hidden(HOSTILE)) >= 15
    assert hidden("[31m\n\t ü") == []


@pytest.fixture
def command(tmp_path: Path) -> CommandHere:
    return CommandHere(tmp_path / "state")


def entries() -> list[JournalEntry]:
    """One entry of each kind, with hostile text wherever the journal has data from outside."""
    names = ("resource", "source", "subject", "error", "message", "operation", "service", "caller")
    fields = dict.fromkeys((*names, "rule", "action", "status"), HOSTILE + LINE_BREAK)
    kinds = ("api", "invocation", "schedule", "delivery", "queue", "email", "fault")
    made = []
    for position, kind in enumerate(kinds, start=1):
        own: dict[str, Any] = {**fields, "position": position, "kind": kind, "id": kind}
        own |= {"time": "2026-11-24T12:00:00Z", "to": [HOSTILE], "causes": ["invocation"]}
        own["status"] = 400 if kind == "api" else "failed"
        if kind == "invocation":
            own["causes"] = []
        made.append(JournalEntry.of(own))
    return made


EMAIL = Email(
    "1", HOSTILE, HOSTILE, (HOSTILE + LINE_BREAK,), HOSTILE + LINE_BREAK, HOSTILE + "\n\tx"
)
RULE = {
    "id": HOSTILE, "action": "error", "code": HOSTILE, "status": 500, "service": HOSTILE,
    "operation": HOSTILE, "resource": HOSTILE + LINE_BREAK, "caller": HOSTILE, "seen": 1,
    "hits": 1, "spent": False,
}  # fmt: skip
SCHEDULE = {
    "kind": "rule", "name": HOSTILE, "arn": f"arn:aws:events:us-east-1:0:rule/{HOSTILE}\nx",
    "expression": HOSTILE, "state": "DISABLED",
}  # fmt: skip
FIRING = {
    "arn": SCHEDULE["arn"], "scheduled_time": "2026-11-24T12:00:00Z", "attempt": 2,
    "error": HOSTILE + LINE_BREAK,
}  # fmt: skip
VIEW = {
    "endpoint_url": HOSTILE, "api_url": HOSTILE, "stack": HOSTILE, "stack_status": HOSTILE,
    "functions": {HOSTILE + LINE_BREAK: HOSTILE},
    "queues": {HOSTILE: {"visible": 1, "in_flight": 1}}, "unconfirmed": [HOSTILE + LINE_BREAK],
    "nested_stacks": {HOSTILE + LINE_BREAK: HOSTILE}, "outputs": {HOSTILE: HOSTILE}, "host": {},
}  # fmt: skip
PRINCIPAL = PrincipalUsage(
    HOSTILE,
    (Permission(HOSTILE, HOSTILE, HOSTILE + LINE_BREAK, 1),),
    (Denial(HOSTILE, HOSTILE, HOSTILE + LINE_BREAK, 1),),
)
LOG_LINE = LogLine("1", "function", datetime.now(UTC), HOSTILE + "\n\tx")


def raises(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail


CLIENT_ERROR = ClientError({"Error": {"Code": HOSTILE, "Message": HOSTILE}}, "GetObject")
HOSTILE_ERROR = TestbedError(HOSTILE, details=HOSTILE + "\n" + HOSTILE, advice=HOSTILE)


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("arguments", "patched", "value"),
    [
        ("journal", "testbed.control.journal.Journal.read", lambda *_, **__: (7, entries())),
        ("trace invocation", "testbed.control.journal.Journal.read",
         lambda *_, **__: (7, entries())),
        ("inbox", "testbed.control.inbox.Inbox.emails", lambda _: [EMAIL]),
        ("inbox confirm", "testbed.control.inbox.Inbox.confirm",
         lambda *_: [Confirmation(HOSTILE, f"arn:{HOSTILE}", "")]),
        ("fault list", "testbed.control.faults.Faults.rules", lambda _: [RULE]),
        ("fault add sqs --throttle", "testbed.control.faults.Faults.add",
         lambda *_, **__: SimpleNamespace(rule=RULE)),
        ("clock", "testbed.control.clock.Clock.view",
         lambda _: {"now": "2026-11-24T12:00:00Z", "offset_seconds": 0, "next": [SCHEDULE]}),
        ("clock advance 1h", "testbed.control.clock.Clock.advance_by",
         lambda *_: {"now": "2026-11-24T12:00:00Z", "fired": [FIRING]}),
        ("tick", "testbed.control.clock.Clock.fire", lambda *_: FIRING),
        ("status", "testbed.commands.status.overview", lambda _: VIEW),
        ("permissions", "testbed.control.permissions.Permissions.principals",
         lambda _: [PRINCIPAL]),
        ("deploy", "testbed.deployment.deploy.deploy",
         lambda *_: Deployment({}, True, [HOSTILE + LINE_BREAK])),
        ("status", "testbed.commands.status.overview", raises(CLIENT_ERROR)),
        ("status", "testbed.commands.status.overview", raises(HOSTILE_ERROR)),
        ("status", "testbed.commands.status.overview", raises(ValueError(HOSTILE))),
        (f"tick a b{HOSTILE}", "testbed.commands.status.overview", lambda: None),
        (f"status --{HOSTILE}", "testbed.commands.status.overview", lambda: None),
    ],
)  # fmt: skip
def test_command_shows_what_is_hostile(
    command: CommandHere,
    monkeypatch: pytest.MonkeyPatch,
    arguments: str,
    patched: str,
    value: Any,
    as_json: bool,
) -> None:
    monkeypatch.setattr(patched, value)
    monkeypatch.setattr("testbed.commands.description.describe", lambda _: VIEW)
    words = ["--endpoint-url", "http://127.0.0.1:9", *arguments.split(" ")]
    if as_json:
        words.append("--json")
    ended = command.run(*words)
    printed = ended.stdout + ended.stderr
    assert hidden(printed) == []
    assert r"\x1b" in printed or r"\u001b" in printed
    if not as_json:
        assert "[red]b[/red]" in printed
        assert LINE_BREAK not in printed


def test_logs_keep_line_breaks_and_tabs(
    command: CommandHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.aws.logs.log_sources", lambda *_: [LogSource.of("function")])
    monkeypatch.setattr("testbed.aws.logs.log_lines", lambda *_: iter([LOG_LINE]))
    printed = command.run("--endpoint-url", "http://127.0.0.1:9", "logs").stdout
    assert hidden(printed) == []
    shown = visible(HOSTILE).replace(r"\r", "\n")  # Lambda writes tracebacks with carriage returns
    assert printed.endswith(f"{shown}\n\tx\n")


def test_inbox_keeps_line_breaks_and_tabs_of_bodies_only(
    command: CommandHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("testbed.control.inbox.Inbox.emails", lambda _: [EMAIL])
    printed = command.run("--endpoint-url", "http://127.0.0.1:9", "inbox").stdout
    assert f"\n\n{visible(HOSTILE)}\n\tx\n" in printed
    assert r"d\ne" in printed


def test_deployment_to_an_account(command: CommandHere, monkeypatch: pytest.MonkeyPatch) -> None:
    def deploy(_project: Any, _aws: Any, _report: Any, review: Callable[..., bool]) -> Any:
        assert review([Change("Add", HOSTILE + LINE_BREAK, HOSTILE, replaces=False)])
        outputs = {HOSTILE: HOSTILE + LINE_BREAK}
        hostile = [HOSTILE + LINE_BREAK]
        return SimpleNamespace(
            changed=True, uploaded=hostile, left_behind=hostile, notes=hostile, outputs=outputs
        )

    monkeypatch.setattr("testbed.deployment.deploy.deploy", deploy)
    monkeypatch.setattr("testbed.deployment.ownership.check_ownership", lambda *_: True)
    caller = {"Account": HOSTILE, "Arn": HOSTILE + LINE_BREAK}
    monkeypatch.setattr(
        "testbed.aws.account.Account", lambda *_: SimpleNamespace(caller=lambda: caller)
    )
    monkeypatch.setattr(
        "testbed.aws.stacks.stack_resources", lambda *_: {"a": HOSTILE + LINE_BREAK}
    )
    monkeypatch.setattr("testbed.deployment.destroy.destroy_stack", lambda *_: None)
    for words in ("deploy", "destroy"):
        ended = command.run(words, "--target", "aws", "--yes")
        printed = ended.stdout + ended.stderr
        assert ended.returncode == 0
        assert hidden(printed) == []
        assert printed.count("[red]b[/red]") >= 3
        assert LINE_BREAK not in printed


def test_json_is_ascii_and_means_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"text": HOSTILE + LINE_BREAK}, indent=None)
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert hidden(printed) == []
    assert json.loads(printed) == {"text": HOSTILE + LINE_BREAK}


def test_doctor_review_and_demo(capsys: pytest.CaptureFixture[str]) -> None:
    from testbed.doctor import report
    from testbed.doctor.finding import Finding, Level

    report.print_findings([Finding(Level.PROBLEM, HOSTILE, HOSTILE, HOSTILE)])
    heading(HOSTILE)
    say(HOSTILE)
    checklist = Checklist([HOSTILE, HOSTILE + LINE_BREAK])
    checklist.check_off(HOSTILE, HOSTILE + LINE_BREAK)
    console.output.print(checklist.view())
    with console.step(HOSTILE), console.live(checklist.view):
        console.report(HOSTILE)
    written = capsys.readouterr()
    printed = written.out + written.err
    assert hidden(printed) == []
    assert printed.count("[red]b[/red]") >= 9
    assert LINE_BREAK not in printed


def test_question_before_a_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert console.confirm(f"Change {HOSTILE}?")
    assert hidden(capsys.readouterr().out) == []


def test_report_of_a_failed_test() -> None:
    unavailable = dict.fromkeys(("inbox", "clock", "faults", "permissions", "clean"), "")
    journal = SimpleNamespace(entries=entries)
    testbed = cast(RunningTestbed, SimpleNamespace(journal=journal, unavailable=unavailable))
    told = explain(testbed, datetime(2026, 11, 24, tzinfo=UTC))
    assert "[red]b[/red]" in told
    assert hidden(told) == []
    assert LINE_BREAK not in told


@pytest.mark.parametrize("error", [HOSTILE_ERROR, CLIENT_ERROR], ids=["ours", "AWS"])
def test_failure_of_a_fixture(error: Exception) -> None:
    with pytest.raises(pytest.fail.Exception) as failed, fixtures.expected_failures():
        raise error
    assert "[red]b[/red]" in str(failed.value)
    assert hidden(str(failed.value)) == []


def test_on_a_terminal_only_colours_are_escape_sequences() -> None:
    file = io.StringIO()
    terminal = _SafeConsole(file=file, force_terminal=True, color_system="standard", width=400)
    terminal.print(HOSTILE, style="red")
    terminal.print(console.text((HOSTILE, "bold")))
    terminal.print(console.tree(TreeNode(((HOSTILE, ""),))))
    from rich.text import Text

    terminal.print(Text(HOSTILE))  # as nobody should
    printed = file.getvalue()
    assert "\x1b[" in printed
    assert hidden(_COLOUR.sub("", printed)) == []
    assert printed.count(r"\x1b]8;;") >= 4


# Modules that may print themselves: separate programs, whose output a program reads.
_OWN_PROGRAMS = {
    "testbed/websites/hosting.py": "prints JSON for the process that has started it",
    "testbed/emulators/environments.py": "prints a path for shell scripts",
    "testbed/emulators/runtimes.py": "prints a path for the LocalStack that has started it",
}
_PRINTING_OF_CLICK = {
    "echo",
    "echo_via_pager",
    "secho",
    "style",
    "confirm",
    "prompt",
    "progressbar",
}


def prints(source: str) -> list[str]:
    """Return what in a module's code would bypass :mod:`testbed.terminal`."""
    found = []
    tree = ast.parse(source)
    guarded = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        match node:
            case ast.Import(names=names):
                found += [each.name for each in names if each.name.split(".")[0] == "rich"]
            case ast.ImportFrom(module=str(module), names=names):
                if module.split(".")[0] == "rich":
                    found.append(module)
                if module == "click":
                    found += [each.name for each in names if each.name in _PRINTING_OF_CLICK]
                if module == "sys":
                    found += [each.name for each in names if each.name in ("stdout", "stderr")]
            case ast.Call(func=ast.Name(id="print" | "pprint")):
                found.append("print")
            case ast.Attribute(value=ast.Name(id="click"), attr=name) if name in _PRINTING_OF_CLICK:
                found.append(f"click.{name}")
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"),
                attr="write" | "writelines" | "buffer",
            ):
                found.append("write")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "import click\nclick.echo(1)",
        "from click import secho",
        "import rich",
        "def f():\n    from rich.console import Console",
        "import sys\nsys.stderr.write('')",
        "from sys import stdout",
    ],
)
def test_printing_is_found(source: str) -> None:
    assert prints(source)


def test_everything_is_printed_by_the_console() -> None:
    package = ROOT / "testbed"
    sources = [path for path in package.rglob("*.py") if path.parent != package / "terminal"]
    found = {
        path.relative_to(ROOT).as_posix(): names
        for path in sources
        if (names := prints(path.read_text(encoding="utf-8")))
    }
    assert found == dict.fromkeys(_OWN_PROGRAMS, ANY)
