"""Whether a testbed runs already, and how."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.errors import TestbedError
from testbed.machine import ports
from testbed.session import Session
from testbed.starting import is_up

CONTAINER = Container("id", "name", "http://127.0.0.1:5000")
INSTANCE = Instance(1, "mark", "http://127.0.0.1:4566")


def session(tmp_path: Path, embedded: Instance | None, contained: Container | None) -> Session:
    made: Any = Session(tmp_path)
    made.localstack = SimpleNamespace(running=lambda: embedded)
    made.compose = SimpleNamespace(running=lambda: contained)
    made.project = SimpleNamespace(root=tmp_path)
    found: Session = made
    return found


def test_container_is_found_also_on_another_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual port is free then, and says nothing."""
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    with pytest.raises(TestbedError, match="is already running in a container"):
        is_up(session(tmp_path, None, CONTAINER), docker=False)
    assert is_up(session(tmp_path, None, CONTAINER), docker=True)


def test_process_is_found(tmp_path: Path) -> None:
    assert is_up(session(tmp_path, INSTANCE, None), docker=False)
    with pytest.raises(TestbedError, match="is already running as a process"):
        is_up(session(tmp_path, INSTANCE, None), docker=True)


def test_nothing_is_found(tmp_path: Path) -> None:
    assert not is_up(session(tmp_path, None, None), docker=False)
    assert not is_up(session(tmp_path, None, None), docker=True)
