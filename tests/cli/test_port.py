"""A port that another program takes between the check and the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.emulators.environments import ensure_environments
from testbed.emulators.localstack import LocalStack
from testbed.errors import PortInUseError
from testbed.machine import ports
from tests.cli.test_life import await_no_process
from tests.conftest import Deployed


def test_another_localstack_is_not_taken_for_ours(
    running_testbed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(running_testbed.endpoint_url.rpartition(":")[2])
    monkeypatch.setattr(ports, "is_free", lambda _port: True)
    ours = LocalStack(tmp_path)
    with pytest.raises(PortInUseError, match=f"Port {port} on 127.0.0.1 is in use"):
        ours.start(ensure_environments(print), port=port)
    await_no_process(tmp_path)
    assert ours.running() is None
    assert running_testbed.command.run("status").returncode == 0  # and the other one goes on


def test_another_port_is_taken_if_none_was_asked_for(
    running_testbed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = int(running_testbed.endpoint_url.rpartition(":")[2])
    free = ports.random_free_port()
    chosen = iter([busy, free])
    monkeypatch.setattr(ports, "free_port", lambda: next(chosen))
    ours = LocalStack(tmp_path)
    try:
        started = ours.start(ensure_environments(print))
        assert started.endpoint_url == f"http://127.0.0.1:{free}"
    finally:
        ours.stop()
