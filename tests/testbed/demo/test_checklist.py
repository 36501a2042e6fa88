"""Checklists of the demo."""

import io

from rich.console import Console
from rich.text import Text

from testbed.demo.checklist import Checklist

VIEW = """\
  ✓ check begins       HTTP 503 [down]
  · alert published
  ✓ email received     [critical] shop is DOWN
"""


def plain(text: Text) -> str:
    """Print as to a file or a pipe."""
    console = Console(file=io.StringIO(), width=80, soft_wrap=True, highlight=False)
    console.print(text)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def test_checklist_shows_what_was_seen_and_what_is_open() -> None:
    checklist = Checklist(["check begins", "alert published", "email received"])
    checklist.check_off("email received", "[critical] shop is DOWN")
    checklist.check_off("check begins", "HTTP 503 [down]")

    assert plain(checklist.view()) == VIEW
