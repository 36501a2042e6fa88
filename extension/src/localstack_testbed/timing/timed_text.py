"""Text of a log, with the time at which each line was written."""

import time
from collections.abc import Iterable
from typing import NamedTuple


class Line(NamedTuple):
    """A line of a log, without its line break, and its time in milliseconds since 1970."""

    milliseconds: int
    text: str


class TimedText(str):
    """Whole lines that remember their times.

    It is a text, so that it passes through LocalStack unchanged.
    """

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "TimedText":
        """Return the text of lines."""
        kept = tuple(lines)
        made = cls("".join(f"{line.text}\n" for line in kept))
        made.lines = kept
        return made


def lines_of(text: str) -> tuple[Line, ...]:
    """Return the lines of a text; those of a text without times have the current time."""
    if isinstance(text, TimedText):
        return text.lines
    now = milliseconds(time.time())
    return tuple(Line(now, line) for line in text.split("\n"))


def milliseconds(seconds: float) -> int:
    """Return a time of ``time.time`` in milliseconds since 1970."""
    return int(seconds * 1000)
