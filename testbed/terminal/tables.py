"""Tables, as every command prints them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from rich.segment import Segment, Segments
from rich.table import Table

from testbed.terminal import console
from testbed.terminal.console import Part, output

# No terminal is this wide, so no cell is wrapped or cut off: `| grep` has to find all of it.
_UNLIMITED = 1 << 16
_GAP = 2


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[Part]],
    *,
    right_aligned: Collection[str] = (),
) -> None:
    """Print rows in columns that are as wide as their longest cell.

    Parameters
    ----------
    headings
        The names of the columns. If there are none, the rows alone are printed.
    rows
        The cells of each row: text, or text and its style. Control characters are escaped.
    right_aligned
        The headings of the columns with numbers.
    """
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, _GAP, 0, 0),
        header_style="bold",
        show_header=bool(headings),
    )
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right_aligned else "left")
    for row in rows:
        table.add_row(*(console.text(cell) for cell in row))
    options = output.options.update(width=_UNLIMITED, no_wrap=True)
    for line in output.render_lines(table, options, pad=False):
        output.print(Segments([*_without_padding(line), Segment.line()]))


def _without_padding(line: list[Segment]) -> list[Segment]:
    """Return a line without the spaces that fill its last cell."""
    kept = list(line)
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        kept[-1] = Segment(kept[-1].text.rstrip(), kept[-1].style)
    return kept
