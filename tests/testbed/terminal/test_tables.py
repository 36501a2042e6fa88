"""Tables: nothing in them is wrapped, cut off or able to control the terminal."""

from __future__ import annotations

import pytest

from testbed.terminal.tables import print_table


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_columns_are_as_wide_as_their_cells(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        ("name", "bytes", "note"),
        [("a", "1", ""), ("a longer name", "1000", ("red", "red"))],
        right_aligned=["bytes"],
    )
    assert printed(capsys) == [
        "name           bytes  note",
        "a                  1",
        "a longer name   1000  red",
    ]


def test_headings_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_table((), [("stack", "small"), ("api", "-")])
    assert printed(capsys) == ["stack  small", "api    -"]


def test_long_cells_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    words = " ".join(["word"] * 100)
    print_table(("text", "end"), [(words, "end")])
    assert printed(capsys)[1] == f"{words}  end"


def test_control_characters_and_markup_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("a[bold]",), [("\x1b[2J\nnext",), ("[red]x",)])
    assert printed(capsys) == ["a[bold]", r"\x1b[2J\nnext", "[red]x"]
