"""A reader who follows a page literally: in one shell, in the order of the page.

Blocks of ``sh`` are run, and a block of ``text`` after one is what the page says that is seen. A
block of another language is a file whose name is in the sentence above it: "as `NAME`", or "Replace
`NAME`".
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.machine.waiting import WaitedTooLong, until
from tests.docs.pages import Block, blocks, commands, text_of

_FILE = re.compile(r"(?: as|\bReplace) `([\w./-]+)`[^`]*:$")
# The page shows this for a command that fails.
_FAILURE = re.compile(r"An error occurred|Error:")
# Commands that change nothing, and show what earlier ones started: people type more slowly.
_READS = re.compile(
    r"testbed (trace|logs|inbox|permissions|journal|status)$|testbed logs \w+$|aws logs "
)
_READ_LIMIT_SECONDS = 30
_ENDED = "the-command-has-ended"


@dataclass(frozen=True)
class Step:
    """A block of commands, and the lines that the page says they print; or a file to save."""

    block: Block
    seen: str = ""
    file: str | None = None

    def __str__(self) -> str:
        """Return its location as editors show it."""
        return str(self.block)


def steps(page: str) -> list[Step]:
    """Return what a page tells the reader to do, in order."""
    lines = text_of(page).splitlines()
    found: list[Step] = []
    for block in (each for each in blocks() if each.page == page):
        if block.language == "sh":
            found.append(Step(block))
        elif block.language == "text":
            found[-1] = Step(found[-1].block, seen=block.content)
        else:
            above = next(line for line in reversed(lines[: block.line - 1]) if line.strip())
            name = _FILE.search(above)
            assert name, f"{block}: the line above does not say which file it is: {above}"
            found.append(Step(block, file=name[1]))
    return found


class Shell:
    """A shell that a reader types into.

    Parameters
    ----------
    process
        An interactive bash without a prompt, whose errors go to its output.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Use a shell that waits for a command."""
        self._process = process

    @classmethod
    @contextmanager
    def started(cls, folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
        """Start a shell in a folder, and end it."""
        with subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield cls(process)
            finally:
                process.kill()

    def run(self, command: str) -> tuple[int, str]:
        """Run a command line; return its exit status and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        # The command must not read the next ones.
        self._process.stdin.write(
            f"{{ {command}\n}} </dev/null\nprintf '\\n%s %s\\n' {_ENDED} $?\n"
        )
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            if line.startswith(_ENDED):
                return int(line.split()[1]), printed
            printed += line
        raise AssertionError(f"the shell ended in {command}\n{printed}")


def follow(step: Step, shell: Shell, folder: Path) -> None:
    """Do what a step says, and check that what it shows is seen."""
    if step.file:
        (folder / step.file).write_text(step.block.content, encoding="utf-8")
        return
    lines = [each.text for each in commands(step.block)]
    printed = ""

    def is_seen() -> bool:
        nonlocal printed
        printed = _run_all(step, lines, shell)
        return unseen(step.seen, printed) is None

    if not is_seen() and all(map(_READS.match, lines)):
        with suppress(WaitedTooLong):
            until(is_seen, within=_READ_LIMIT_SECONDS, pace=1, what=f"what {step} shows")
    missing = unseen(step.seen, printed)
    assert missing is None, f"{step} shows {missing!r}, but the commands print:\n{printed}"


def _run_all(step: Step, lines: list[str], shell: Shell) -> str:
    printed = ""
    for line in lines:
        status, output = shell.run(line)
        printed += output
        fails = line == lines[-1] and _FAILURE.search(step.seen) is not None
        assert (status != 0) == fails, f"{step}: {line}\nexit status {status}\n{output}"
    return printed


def unseen(shown: str, printed: str) -> str | None:
    """Return the first line of a page that was not printed after the lines before it; None if all.

    Numbers and white space may differ, and "…" stands for anything. What the page leaves out may
    come between its lines.
    """
    rest = " ".join(printed.split())
    for line in shown.splitlines():
        found = _pattern(line).search(rest)
        if found is None:
            return line
        rest = rest[found.end() :]
    return None


def _pattern(line: str) -> re.Pattern[str]:
    shown = " ".join(line.split()).removeprefix("… ").removesuffix(" …")
    parts = re.findall(r"…|\d+|[^…\d]+", shown)
    return re.compile(
        "".join(
            ".*?" if part == "…" else r"\d+" if part.isdigit() else re.escape(part)
            for part in parts
        )
    )
