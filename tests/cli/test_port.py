"""A port that is taken between the look and the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed import localstack
from testbed.environments import ensure_environments
from testbed.errors import PortInUseError
from testbed.localstack import LocalStack
from tests.cli.test_life import await_no_process
from tests.conftest import RunningTestbed


def test_another_localstack_is_not_taken_for_ours(
    running_testbed: RunningTestbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(running_testbed.endpoint_url.rpartition(":")[2])
    monkeypatch.setattr(localstack, "_is_free", lambda _port: True)
    ours = LocalStack(tmp_path)
    with pytest.raises(PortInUseError, match=f"Port {port} on 127.0.0.1 was taken"):
        ours.start(ensure_environments(print), port=port)
    await_no_process(tmp_path)
    assert ours.running() is None
    assert running_testbed.command.run("status").returncode == 0  # and the other one goes on
