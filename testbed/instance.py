"""The record of a running testbed, by which later commands find it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from testbed.host_address import LOOPBACK, HostAddress

_FILE = "instance.json"
# When a process began is reckoned from the clock, which may be set while it runs.
_CLOCK_TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True)
class Instance:
    """An embedded LocalStack that was started.

    Parameters
    ----------
    pid, created
        Its process and when that began (seconds since the epoch): together they name one
        process, as a number alone does not.
    """

    pid: int
    created: float
    endpoint_url: str

    def process(self) -> psutil.Process | None:
        """Return its process, or None if that has ended."""
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            same = abs(process.create_time() - self.created) < _CLOCK_TOLERANCE_SECONDS
            return process if alive and same else None
        except psutil.NoSuchProcess:
            return None

    @property
    def host_address(self) -> HostAddress:
        """How functions reach this machine: as everything else on it does."""
        return LOOPBACK

    def await_end(self) -> None:
        """Return when its process has ended."""
        if process := self.process():
            process.wait()


def save(instance: Instance, state: Path) -> None:
    """Record a running instance in a state folder."""
    (state / _FILE).write_text(json.dumps(asdict(instance)), encoding="utf-8")


def load(state: Path) -> Instance | None:
    """Return the recorded instance, running or not; None if none is recorded."""
    try:
        return Instance(**json.loads((state / _FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None  # never started, or cut off while it was written


def forget(state: Path) -> None:
    """Remove the record."""
    (state / _FILE).unlink(missing_ok=True)
