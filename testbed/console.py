"""What the person at the terminal sees: steps with their times, and errors that say what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from testbed.errors import TestbedError

# Results go to standard output, for other programs; everything else goes here.
progress = Console(stderr=True, highlight=False)
output = Console(highlight=False, soft_wrap=True)
# For what is cut off at the edge of a terminal, and has to be whole in a file.
wide = Console(highlight=False, width=None if output.is_terminal else 200)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print a line with its time when a step is done, with a spinner until then on a terminal."""
    started = time.perf_counter()
    with progress.status(escape(name)):
        yield
    done(name, time.perf_counter() - started)


def done(name: str, seconds: float) -> None:
    """Print the line of a step that took so many seconds."""
    progress.print(f"[green]✓[/] {escape(name):<44} [dim]{seconds:7.2f} s[/]")


def report(message: str) -> None:
    """Print what is being done while a step goes on."""
    progress.print(f"[dim]… {escape(message)}[/]")


def fail(error: TestbedError) -> None:
    """Print an expected failure: what happened, what explains it, what to do."""
    progress.print(f"[bold red]Error:[/] {escape(error.message)}", soft_wrap=True)
    if error.details:
        for line in error.details.splitlines():
            progress.print(f"  [dim]│[/] {escape(line)}", soft_wrap=True)
    if error.advice:
        progress.print(escape(error.advice), soft_wrap=True)
