"""How MiniStack is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.emulators import ministack
from testbed.errors import StartError


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    inherited = {"PATH": "/bin", "PYTHONPATH": "/x", "AWS_PROFILE": "work", "LOG_LEVEL": "DEBUG"}
    environment = ministack.environment_variables(inherited, 4570, tmp_path)
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["IOT_MTLS_ENABLED"] == "0"
    assert environment["GATEWAY_PORT"] == "4570"
    assert environment["PATH"] == "/bin"
    assert not environment.keys() & {"PYTHONPATH", "AWS_PROFILE", "LOG_LEVEL"}


def test_one_that_ends_at_once_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho the port is on fire\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(ministack, "build_once", lambda *arguments: tmp_path)
    with (
        pytest.raises(StartError, match="MiniStack exited with status 3") as ended,
        ministack.ministack(tmp_path / "files", lambda message: None),
    ):
        pass
    assert ended.value.details == "the port is on fire"
