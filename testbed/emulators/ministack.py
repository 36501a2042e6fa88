"""MiniStack, another emulator of AWS, as a child process.

https://pypi.org/project/ministack/
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from testbed.emulators.process import EmulatorProcess
from testbed.machine import virtual_environments
from testbed.machine.cache import Report, build_once, location
from testbed.machine.ports import HOST, random_free_port

_LOCK = Path(__file__).parent / "locks" / "ministack.txt"
_START_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class RunningMiniStack:
    """A running MiniStack.

    Parameters
    ----------
    process
        MiniStack's process; the others that it needs are its descendants.
    python
        The interpreter that runs it and the functions.
    """

    endpoint_url: str
    process: psutil.Process
    python: Path


@contextmanager
def ministack(
    folder: Path, report: Report, settings: Mapping[str, str] | None = None
) -> Iterator[RunningMiniStack]:
    """Start a MiniStack with nothing deployed; terminate it with its descendants at the end.

    Parameters
    ----------
    folder
        The folder for its files, created if it is missing.
    report
        Is called before its environment is built.
    settings
        Environment variables to add to MiniStack's; its documentation lists them.

    Raises
    ------
    EnvironmentBuildError
        If its environment cannot be built.
    StartError
        If it exits or is not ready in time.
    """
    environment = build_once("ministack", [_LOCK], _build, report)
    python = environment / "bin" / "python"
    port = random_free_port()
    folder.mkdir(exist_ok=True)
    process = EmulatorProcess.start(
        "MiniStack",
        [str(python), "-m", "ministack"],
        {**environment_variables(os.environ, port, folder), **(settings or {})},
        endpoint_url=f"http://{HOST}:{port}",
        folder=folder,
        log=folder / "ministack.log",
    )
    try:
        process.await_answer(
            "/_ministack/ready", within=_START_LIMIT_SECONDS, what="answer from MiniStack"
        )
        yield RunningMiniStack(process.endpoint_url, psutil.Process(process.child.pid), python)
    finally:
        process.stop()


def environment_variables(inherited: Mapping[str, str], port: int, folder: Path) -> dict[str, str]:
    """Return MiniStack's environment variables, with as few of the user's as possible."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")
    return {
        **{name: inherited[name] for name in kept if name in inherited},
        "GATEWAY_PORT": str(port),
        # By default it listens on all addresses.
        "BIND_HOST": HOST,
        # The host in queue URLs: an address, so that no name has to be resolved.
        "MINISTACK_HOST": HOST,
        # Listens on port 8883 of all addresses whatever BIND_HOST says, and costs time and memory.
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def environment_location() -> Path:
    """Return the folder in the cache for MiniStack's environment, whether or not it is built."""
    return location("ministack", [_LOCK])


def _build(target: Path) -> None:
    virtual_environments.create(target, _LOCK)
