"""The Docker daemon, when nobody answers at its address."""

from __future__ import annotations

import gc
import warnings
from pathlib import Path

import pytest

from testbed.emulators import docker_daemon
from testbed.errors import DockerError


def test_no_daemon_leaves_no_socket_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(DockerError, match=r"does not answer: .*No such file"):
            docker_daemon.connect()
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
