"""The record of a running LocalStack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from testbed.emulators import instance
from testbed.emulators.localstack import LocalStack
from tests.testbed.instances import running_instance


def test_recorded_instance_is_that_process_and_no_other(tmp_path: Path) -> None:
    with running_instance(mark="one") as running:
        instance.save(running, tmp_path)
        assert instance.load(tmp_path) == running
        assert running.process() is not None
        assert replace(running, mark="another").process() is None
    assert running.process() is None
    instance.forget(tmp_path)
    assert instance.load(tmp_path) is None


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_running_instance_is_known_after_a_clock_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """The boot time, from which the start time of a process is derived, moves with the clock."""
    with running_instance() as running:
        instance.save(running, tmp_path)
        started = psutil.Process(running.pid).create_time()
        monkeypatch.setattr(psutil.Process, "create_time", lambda _process: started + step)
        assert LocalStack(tmp_path).running() == running


def test_record_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text('{"pid": 1')
    assert instance.load(tmp_path) is None
