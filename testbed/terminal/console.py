"""The console: everything that a command prints is printed here, with control characters escaped.

Data from outside (object keys, messages, emails, log lines, names, errors) may contain escape
sequences. :mod:`testbed.terminal.control_characters` escapes them, and nothing is parsed as markup.
"""

from __future__ import annotations

import io
import json
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click
from rich.console import Console
from rich.live import Live
from rich.segment import Segment, Segments
from rich.style import Style
from rich.text import Text
from rich.tree import Tree

from testbed.terminal.control_characters import visible, visible_lines

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import ConsoleOptions, RenderableType

    from testbed.errors import TestbedError

# A text, or a text and its style.
Part = str | tuple[str, str] | Text
_REFRESHES_PER_SECOND = 20


class _SafeConsole(Console):
    """A console on which no text can control the terminal or is parsed as markup."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Escape control characters, including line breaks: rich drops some, and prints others."""
        return super().render_str(visible(text), **{**options, "markup": False})

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Escape control characters that were not escaped before."""
        for segment in super().render(renderable, options):
            if segment.control:  # rich's own, such as cursor movements of a spinner
                yield segment
            else:
                yield Segment(visible_lines(segment.text), segment.style)


# Results go to standard output, for other programs to read; everything else goes here.
progress = _SafeConsole(stderr=True)
output = _SafeConsole(soft_wrap=True)
# For text that is wrapped at the width of a terminal, and is not wrapped in a file.
wide = _SafeConsole(width=None if output.is_terminal else 200)


def text(*parts: Part) -> Text:
    """Return one line of text, with all control characters escaped, including line breaks."""
    made = Text()
    for part in parts:
        if isinstance(part, Text):
            made.append_text(part)
        else:
            content, style = part if isinstance(part, tuple) else (part, "")
            made.append(visible(content), style)
    return made


def lines(content: str) -> Text:
    """Return several lines of text, with all other control characters escaped."""
    return Text(visible_lines(content))


def joined(separator: str, texts: Iterable[Text]) -> Text:
    """Join texts with a separator, which may be a line break."""
    return Text(separator).join(texts)


def line(*parts: str | tuple[str, str], multiline: bool = False) -> None:
    """Print a result on one line, however long it is.

    Parameters
    ----------
    multiline
        Whether line breaks and tabs in the parts are kept.
    """
    clean = visible_lines if multiline else visible
    segments = [
        Segment(clean(part), None)
        if isinstance(part, str)
        else Segment(clean(part[0]), Style.parse(part[1]))
        for part in parts
    ]
    output.print(Segments([*segments, Segment.line()]))


def print_json(value: Any, indent: int | None = 2) -> None:
    """Print JSON in ASCII, in which strings contain no control characters."""
    content = json.dumps(value, indent=indent).replace("\x7f", "\\u007f")
    line(content, multiline=True)


class Branch(Protocol):
    """A line of a tree, as styled pieces of text, and the lines below it."""

    @property
    def parts(self) -> Sequence[tuple[str, str]]: ...

    @property
    def children(self) -> Sequence[Branch]: ...


def tree(root: Branch) -> Tree:
    """Return a tree to print, with all control characters of its lines shown."""
    made = Tree(text(*root.parts), guide_style="dim")
    made.children += map(tree, root.children)
    return made


def live(view: Callable[[], RenderableType]) -> AbstractContextManager[object]:
    """Show the result of a function on a terminal, updated continually while the block runs."""
    return Live(
        console=output,
        get_renderable=view,
        refresh_per_second=_REFRESHES_PER_SECOND,
        transient=True,
    )


def confirm(question: str) -> bool:
    """Ask a yes-or-no question, with no as the default."""
    return click.confirm(visible(question), default=False)


def prompt(name: str, check: Callable[[str], str | None], *, hidden: bool = False) -> str:
    """Ask for a value until it is valid; return it. The empty text can be a valid value.

    Parameters
    ----------
    check
        Returns what is wrong with a value, or None.
    hidden
        Whether the value is not shown while it is typed.
    """

    def checked(value: str) -> str:
        if problem := check(value):
            raise click.UsageError(visible(problem))
        return value

    return str(
        click.prompt(
            visible(name), default="", show_default=False, hide_input=hidden, value_proc=checked,
            err=True,
        )
    )  # fmt: skip


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print the duration of a step when it is done; show a spinner until then on a terminal."""
    started = time.perf_counter()
    with progress.status(text(name)):
        yield
    done(name, time.perf_counter() - started)


def done(name: str, seconds: float) -> None:
    """Print that a step is done, and how long it took."""
    progress.print(text(("✓", "green"), f" {name:<44} ", (f"{seconds:7.2f} s", "dim")))


def report(message: str) -> None:
    """Print the progress of a step."""
    progress.print(text((f"… {message}", "dim")))


def fail(error: TestbedError) -> None:
    """Print an expected error: the message, the details, and the advice."""
    message = lines(f" {error.message}")
    progress.print(text(("Error:", "bold red")).append_text(message), soft_wrap=True)
    for each in error.details.splitlines():
        progress.print(text("  ", ("│", "dim"), f" {each}"), soft_wrap=True)
    if error.advice:
        progress.print(lines(error.advice), soft_wrap=True)


def fail_usage(error: click.ClickException) -> None:
    """Print a usage error as click does."""
    written = io.StringIO()
    error.show(written)
    progress.print(lines(written.getvalue().rstrip("\n")), soft_wrap=True)


def fail_unexpectedly(error: BaseException) -> None:
    """Print the traceback of an unexpected error, as Python does."""
    written = "".join(traceback.format_exception(error))
    progress.print(lines(written.rstrip("\n")), soft_wrap=True)
