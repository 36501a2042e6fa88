"""A benchmark that could not measure the testbed fails; what MiniStack lacks is a result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks import emulators
from benchmarks.emulators import Emulator, MiniStack
from testbed.errors import TestbedError


@contextmanager
def _does_not_start(*_: object) -> Iterator[None]:
    raise TestbedError("It does not start.")
    yield


def run(monkeypatch: pytest.MonkeyPatch, broken: type[Emulator]) -> BaseException | None:
    """Run a benchmark whose one emulator does not start; the other has nothing to do."""
    monkeypatch.setattr(command, "_COMPARED", (broken,))
    monkeypatch.setattr(broken, "started", _does_not_start)
    monkeypatch.setattr(broken, "deployed", _does_not_start)
    arguments = ["up", "--starts", "1", "--rounds", "0", "--silent-rounds", "0"]
    return CliRunner().invoke(command.benchmarks, arguments).exception


def test_failure_of_the_testbed_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    error = run(monkeypatch, emulators.Testbed)
    assert isinstance(error, TestbedError)
    assert "It does not start." in error.details


def test_what_the_other_lacks_is_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, MiniStack) is None
