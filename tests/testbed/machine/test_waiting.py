"""Waiting for a condition, up to a time limit."""

from __future__ import annotations

import pytest

from testbed.machine.waiting import WaitedTooLong, until


def test_until_returns_what_it_waited_for() -> None:
    answers = iter([None, "", "there"])
    assert until(lambda: next(answers), within=5, what="answer") == "there"


def test_until_gives_up() -> None:
    with pytest.raises(WaitedTooLong, match=r"After 0\.02 s there is still no answer\."):
        until(lambda: None, within=0.02, what="answer")
