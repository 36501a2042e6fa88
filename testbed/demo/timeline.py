"""What happened after a tick, when, and how that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from testbed.terminal.console import joined, text

if TYPE_CHECKING:
    from rich.text import Text

OBSERVED = "seen by polling"
JOURNAL = "journal"
_NAME_WIDTH = 19
_BAR_WIDTH = 22
_WAITING = "·"
_REACHED = "✓"


@dataclass
class Hop:
    """A place on the way of the news.

    Parameters
    ----------
    moment
        When the news was there; None until it is.
    source
        Who says so.
    detail
        What could be seen there.
    """

    name: str
    moment: datetime | None = None
    source: str = ""
    detail: str = ""


@dataclass
class Timeline:
    """The way of one piece of news, in the order that it should take.

    Parameters
    ----------
    origin
        What started it, and when.
    notes
        What explains the times.
    """

    title: str
    cause: str
    origin: datetime
    hops: list[Hop]
    notes: list[str] = field(default_factory=list)

    def reach(self, name: str, moment: datetime, source: str = OBSERVED, detail: str = "") -> None:
        """Note that the news was at a place; a later note replaces an earlier one's time."""
        [hop] = [hop for hop in self.hops if hop.name == name]
        hop.moment, hop.source, hop.detail = moment, source, detail or hop.detail

    def milliseconds(self, moment: datetime) -> int:
        """Return how long after the origin a moment was."""
        return round((moment - self.origin).total_seconds() * 1000)


def checklist(timeline: Timeline) -> Text:
    """Show what could be seen at each hop, and which are still waited for."""
    lines = []
    for hop in timeline.hops:
        if hop.moment is None:
            lines.append(text((f"  {_WAITING} {hop.name}", "dim")))
        else:
            name = f"{hop.name:<{_NAME_WIDTH}}"
            lines.append(text((f"  {_REACHED} ", "green"), name, (hop.detail, "cyan")))
    return joined("\n", lines)


def chart(timelines: Iterable[Timeline]) -> Text:
    """Draw timelines to one scale, each in the order in which things happened."""
    timelines = list(timelines)
    longest = max(
        (line.milliseconds(hop.moment) for line in timelines for hop in line.hops if hop.moment),
        default=0,
    )
    blocks = [_block(timeline, max(longest, 1)) for timeline in timelines]
    return joined("\n\n", blocks)


def _block(timeline: Timeline, longest: int) -> Text:
    lines = [
        text((f"  {timeline.title}", "bold")),
        _row(timeline.cause, 0, longest, "start"),
    ]
    reached = [hop for hop in timeline.hops if hop.moment is not None]
    for hop in sorted(reached, key=lambda hop: hop.moment or timeline.origin):
        assert hop.moment is not None
        lines.append(_row(hop.name, timeline.milliseconds(hop.moment), longest, hop.source))
    lines += [text((f"  ({note})", "dim")) for note in timeline.notes]
    return joined("\n", lines)


def _row(name: str, milliseconds: int, longest: int, source: str) -> Text:
    length = max(0, round(_BAR_WIDTH * milliseconds / longest))
    style = "yellow" if source == OBSERVED else "green"
    return text(
        f"  {name:<{_NAME_WIDTH}}",
        (f"{milliseconds:>6} ms  ", "bold"),
        (f"{'━' * length or '╸':<{_BAR_WIDTH}}", style),
        (f"  {source}", "dim"),
    )
