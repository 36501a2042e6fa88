"""The record of the process that hosts a testbed's websites, by which later commands find it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.emulators.state_folder import open_private

_FILE = "websites.json"


@dataclass(frozen=True)
class Record:
    """A process that hosts websites.

    Parameters
    ----------
    port
        The port on 127.0.0.1 on which it takes commands.
    secret
        What a command must send, so that it is from the owner of the state folder.
    localstack
        The LocalStack that it belongs to, as :func:`described`.
    """

    port: int
    secret: str
    localstack: dict[str, Any]


def described(running: Instance | Container) -> dict[str, Any]:
    """Describe a LocalStack, a process or a container."""
    return asdict(running)


def running_of(description: dict[str, Any]) -> Instance | Container:
    """Return the LocalStack of a description."""
    return Instance(**description) if "pid" in description else Container(**description)


def save(record: Record, state: Path) -> None:
    """Record a process in a state folder, in a file that only its owner can read."""
    with open_private(state / _FILE) as file:
        file.write(json.dumps(asdict(record)).encode())


def load(state: Path) -> Record | None:
    """Return the recorded process, running or not; None if none is recorded."""
    try:
        return Record(**json.loads((state / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget(record: Record, state: Path) -> None:
    """Remove a record, unless another one has replaced it."""
    if load(state) == record:
        with contextlib.suppress(OSError):
            (state / _FILE).unlink()
