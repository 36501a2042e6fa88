"""MiniStack, another emulator of AWS: a child process in an environment of its own.

https://pypi.org/project/ministack/
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from testbed.errors import StartError
from testbed.machine import virtual_environments
from testbed.machine.cache import Report, build_once, location
from testbed.machine.ports import HOST, random_free_port
from testbed.machine.processes import terminate_tree
from testbed.machine.waiting import WaitedTooLong, until

_LOCK = Path(__file__).parent / "locks" / "ministack.txt"
_START_LIMIT_SECONDS = 60.0
_LOG_LINES_SHOWN = 20


@dataclass(frozen=True)
class MiniStack:
    """A MiniStack that runs.

    Parameters
    ----------
    process
        MiniStack; whatever else it needs is among its descendants.
    python
        The interpreter that runs it, and functions.
    """

    endpoint_url: str
    process: psutil.Process
    python: Path


@contextmanager
def ministack(
    folder: Path, report: Report, settings: Mapping[str, str] | None = None
) -> Iterator[MiniStack]:
    """Start a MiniStack with nothing deployed, and stop everything on leaving.

    Parameters
    ----------
    folder
        A folder for its files, which is made if it is missing.
    report
        Is told if its environment is about to be built.
    settings
        Further environment variables for MiniStack, whose names its documentation tells.

    Raises
    ------
    EnvironmentBuildError
        If its environment cannot be built.
    StartError
        If it ends, or does not say in time that it is ready.
    """
    environment = build_once("ministack", [_LOCK], _build, report)
    python = environment / "bin" / "python"
    port = random_free_port()
    endpoint_url = f"http://{HOST}:{port}"
    folder.mkdir(exist_ok=True)
    log = folder / "ministack.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-m", "ministack"],
            env={**environment_variables(os.environ, port, folder), **(settings or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for whoever started it, who then ends this
        )
    try:
        _await_ready(process, endpoint_url, log)
        yield MiniStack(endpoint_url, psutil.Process(process.pid), python)
    finally:
        terminate_tree(process.pid)
        process.wait()


def environment_variables(inherited: Mapping[str, str], port: int, folder: Path) -> dict[str, str]:
    """Return MiniStack's environment variables: like LocalStack's, as little as possible."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")
    return {
        **{name: inherited[name] for name in kept if name in inherited},
        "GATEWAY_PORT": str(port),
        # By default it listens on all addresses.
        "BIND_HOST": HOST,
        # In queue URLs; no name to resolve.
        "MINISTACK_HOST": HOST,
        # Listens on port 8883 of all addresses whatever BIND_HOST says, and costs time and memory.
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def environment_location() -> Path:
    """Return the folder in the cache for MiniStack's environment, built or not."""
    return location("ministack", [_LOCK])


def _build(target: Path) -> None:
    virtual_environments.create(target, _LOCK)


def _await_ready(process: subprocess.Popen[bytes], endpoint_url: str, log: Path) -> None:
    import requests

    def settled() -> bool:
        if process.poll() is not None:
            return True
        with contextlib.suppress(requests.RequestException):
            return session.get(f"{endpoint_url}/_ministack/ready", timeout=5).ok
        return False

    with requests.Session() as session:
        session.trust_env = False  # no proxy on the way to 127.0.0.1
        try:
            until(settled, within=_START_LIMIT_SECONDS, what="answer from MiniStack")
        except WaitedTooLong as error:
            raise StartError(str(error), details=_tail(log)) from error
    if process.returncode is not None:
        raise StartError(
            f"MiniStack ended with exit code {process.returncode}.", details=_tail(log)
        )


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LOG_LINES_SHOWN:])
