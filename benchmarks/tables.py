"""Tables of results, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from rich.table import Table
from rich.text import Text

type Rows = Sequence[Sequence[str]]
"""A header and the rows below it."""

_NOTHING_WRONG = ("0", "–")


def for_terminal(
    rows: Rows, *, text_columns: Collection[int] = (0,), alarming: Collection[str] = ()
) -> Table:
    """Return a table without lines, which fits into 80 columns.

    Parameters
    ----------
    text_columns
        Columns that hold text, and are aligned left; all others hold numbers. Only text behind the
        first column wraps.
    alarming
        Headings of columns in which any number but 0 is red.
    """
    header, *body = rows
    table = Table(box=None, padding=(0, 1, 0, 0))
    for position, title in enumerate(header):
        table.add_column(
            title,
            justify=_side(position, text_columns),
            no_wrap=position == 0 or position not in text_columns,
        )
    for row in body:
        table.add_row(
            *(
                Text(cell, "bold red" if title in alarming and cell not in _NOTHING_WRONG else "")
                for title, cell in zip(header, row, strict=True)
            )
        )
    return table


def as_markdown(rows: Rows, *, text_columns: Collection[int] = (0,)) -> str:
    """Return the same table as Markdown."""
    header, *body = rows
    marks = ["---" if position in text_columns else "---:" for position in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, marks, *body))


def _side(position: int, text_columns: Collection[int]) -> Literal["left", "right"]:
    return "left" if position in text_columns else "right"
