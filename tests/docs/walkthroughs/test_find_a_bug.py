"""A developer follows docs/find-a-bug.md in three terminals and an IDE."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from testbed.machine.ports import random_free_port
from testbed.machine.waiting import WaitedTooLong, until
from tests.debug_adapter import Ide
from tests.docs.pages import Block, blocks, commands, text_of
from tests.docs.walkthrough import Shell, unseen

_PAGE = "docs/find-a-bug.md"
_LIMIT_SECONDS = 60
# Commands that change nothing, and show what earlier ones started: people type more slowly.
_READS = re.compile(r"testbed (trace|logs|inbox)\b(?! confirm)")
_INSTRUCTION = re.compile(
    r"In `(?P<file>[^`]+)`, replace `(?P<old>[^`]+)` with `(?P<new>[^`]+)`"
    r"|open `(?P<source>[^`]+)`, set a breakpoint on the line `(?P<line>[^`]+)`, and press F5"
    r"|Press F5 to (?P<resume>continue)"
    r"|Ctrl-C in the (?P<terminal>second|third) terminal"
)
_TERMINAL = re.compile(r"In a (second|third) terminal, go to the same folder and run:$")
_SHOWN_BY = re.compile(r"[Tt]he (second|third) terminal shows:$")


class Terminal:
    """A terminal in which one command runs until Ctrl-C."""

    def __init__(self, command: str, folder: Path, environment: Mapping[str, str]) -> None:
        # A test runner's children may ignore Ctrl-C.
        usual = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._process = subprocess.Popen(
                shlex.split(command),
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        finally:
            signal.signal(signal.SIGINT, usual)
        self._command = command
        self._printed: list[str] = []
        self._looked_at = 0
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        self._printed.extend(iter(self._process.stdout.readline, ""))

    def await_text(self, shown: str) -> None:
        """Wait until the command prints what a page shows, after what it showed before."""

        def seen() -> bool:
            return unseen(shown, "".join(self._printed[self._looked_at :])) is None

        try:
            until(seen, within=_LIMIT_SECONDS, what=f"{shown!r} of {self._command}")
        except WaitedTooLong as error:
            raise AssertionError(f"{error}\n{''.join(self._printed)}") from None
        self._looked_at = len(self._printed)

    def press_ctrl_c(self) -> None:
        """Stop the command, and check that it ends as Ctrl-C ends a program."""
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(_LIMIT_SECONDS) == 128 + signal.SIGINT
        self._reader.join()
        assert "Traceback" not in "".join(self._printed)

    def close(self) -> None:
        """Stop the command if it still runs."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()


class Developer:
    """Somebody who does what the page says, in its order."""

    def __init__(self, home: Path, environment: Mapping[str, str], stack: ExitStack) -> None:
        self._folder = home / "orders"
        self._environment = environment
        self._stack = stack
        self._shell = stack.enter_context(Shell.started(home, environment))
        stack.callback(self._shell.run, "testbed down")
        self._pool = stack.enter_context(ThreadPoolExecutor(1))
        self._terminals: dict[str, Terminal] = {}
        self._ide: Ide | None = None
        self._frame: dict[str, object] = {}
        self._invocation: Future[tuple[int, str]] | None = None

    def read(self, prose: str) -> None:
        """Do what a paragraph says."""
        for found in _INSTRUCTION.finditer(prose):
            if found["file"]:
                file = self._folder / found["file"]
                content = file.read_text()
                assert content.count(found["old"]) == 1
                file.write_text(content.replace(found["old"], found["new"]))
            elif found["source"]:
                self._press_f5(self._folder / found["source"], found["line"])
            elif found["resume"]:
                assert self._ide
                assert self._invocation
                self._ide.resume(self._frame)
                status, printed = self._invocation.result(_LIMIT_SECONDS)
                assert status == 0, printed
                self._ide.close()
                self._ide = None
            else:
                self._terminals[found["terminal"]].press_ctrl_c()

    def _press_f5(self, source: Path, line: str) -> None:
        """Attach as VS Code does with the launch configuration in the folder."""
        launch = json.loads((self._folder / ".vscode" / "launch.json").read_text())
        [configuration] = launch["configurations"]
        [mapping] = configuration["pathMappings"]
        root = mapping["localRoot"].replace("${workspaceFolder}", str(self._folder))
        number = 1 + [each.strip() for each in source.read_text().splitlines()].index(line)
        self._ide = self._stack.enter_context(suppressed(Ide(configuration["connect"]["port"])))
        self._ide.attach({str(source): [number]}, pathMappings=[mapping | {"localRoot": root}])

    def type(self, block: Block, above: str, shown: str) -> None:
        """Run a block's commands, and see what the page shows."""
        lines = [each.text for each in commands(block)]
        if terminal := _TERMINAL.search(above):
            [command] = lines
            started = Terminal(command, self._folder, self._environment)
            self._stack.callback(started.close)
            self._terminals[terminal[1]] = started
            started.await_text(shown)
        elif self._ide:
            [command] = lines
            self._invocation = self._pool.submit(self._shell.run, command)
        else:
            self._run(block, lines, shown)

    def _run(self, block: Block, lines: list[str], shown: str) -> None:
        printed = ""

        def is_seen() -> bool:
            nonlocal printed
            printed = ""
            for line in lines:
                status, output = self._shell.run(line)
                assert status == 0, f"{block}: {line}\nexit status {status}\n{output}"
                printed += output
            return unseen(shown, printed) is None

        if not is_seen() and all(map(_READS.match, lines)):
            with suppress(WaitedTooLong):
                until(is_seen, within=_LIMIT_SECONDS, what=f"what {block} shows")
        missing = unseen(shown, printed)
        assert missing is None, f"{block} shows {missing!r}, but the commands print:\n{printed}"

    def look(self, above: str, shown: str) -> None:
        """See what a terminal or the IDE shows."""
        if terminal := _SHOWN_BY.search(above):
            self._terminals[terminal[1]].await_text(shown)
            return
        assert above.endswith("Among the variables is:"), above
        assert self._ide
        self._frame = self._ide.stopped_frame()
        name, _, value = shown.strip().partition(" = ")
        assert self._ide.variables(self._frame)[name] == value

    def save(self, block: Block, above: str) -> None:
        """Save a file that the page shows."""
        name = re.search(r"Replace `([^`]+)`:$", above)
        assert name, above
        (self._folder / name[1]).write_text(block.content, encoding="utf-8")


@contextmanager
def suppressed(ide: Ide) -> Iterator[Ide]:
    """Close an IDE's connection at the end, if it is still open."""
    yield ide
    with suppress(OSError):
        ide.close()


@pytest.fixture
def developer(tmp_path: Path) -> Iterator[Developer]:
    """A developer in an empty folder; everything that they start is stopped."""
    programs, home = tmp_path / "bin", tmp_path.resolve() / "home"
    programs.mkdir()
    home.mkdir()
    # Processes that run tests at the same time would all use 4566 and 5678.
    ports = "".join(
        f'[ "$1" != {command} ] || set -- "$@" --port {random_free_port()}\n'
        for command in ("up", "debug")
    )
    field = "import json, sys; print(json.load(sys.stdin)[sys.argv[2][1:]])"
    contents = {
        "testbed": f'{ports}exec {sys.executable} -m testbed "$@"',
        "pytest": f'exec {sys.executable} -m pytest -p no:cacheprovider "$@"',
        "jq": f"exec {sys.executable} -c '{field}' \"$@\"",
    }
    for name, content in contents.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{content}\n", encoding="utf-8")
        program.chmod(0o755)
    usual = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TESTBED_", "PYTEST_")) or name == "TESTBED_CACHE"
    }
    with ExitStack() as stack:
        environment = usual | {"PATH": f"{programs}:{os.environ['PATH']}"}
        yield Developer(home, environment, stack)


def parts() -> Iterator[tuple[str, Block | None]]:
    """Yield the page's paragraphs between blocks, each with the block after it."""
    lines = text_of(_PAGE).splitlines()
    begin = 0
    for block in (each for each in blocks() if each.page == _PAGE):
        yield " ".join(" ".join(lines[begin : block.line - 1]).split()), block
        begin = block.line + len(block.content.splitlines()) + 1
    yield " ".join(lines[begin:]), None


def test_find_a_bug(developer: Developer) -> None:
    page = list(parts())
    for number, (above, block) in enumerate(page):
        developer.read(above)
        match block and block.language:
            case "python":
                assert block
                developer.save(block, above)
            case "sh":
                assert block
                between, following = page[number + 1]
                follows = following and not between and following.language == "text"
                developer.type(block, above, following.content if following and follows else "")
            case "text" if above:
                assert block
                developer.look(above, block.content)
