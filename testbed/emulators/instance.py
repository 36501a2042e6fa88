"""The record of a running LocalStack process, by which later commands find it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from testbed.emulators.state_folder import open_private
from testbed.errors import TestbedError
from testbed.machine.host_address import LOOPBACK, HostAddress
from testbed.project.discovery import RUNNING_RECORD

MARK = "TESTBED_INSTANCE"
"""The environment variable that identifies an instance's process."""


@dataclass(frozen=True)
class Instance:
    """A LocalStack process that was started.

    Parameters
    ----------
    pid, mark
        Its process id, and the random value of :data:`MARK` in its environment. Process ids are
        reused. The usual check, a process's start time, depends on the system clock, which may
        change.
    """

    pid: int
    mark: str
    endpoint_url: str

    def process(self) -> psutil.Process | None:
        """Return its process, or None if that has exited."""
        try:
            process = psutil.Process(self.pid)
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and process.environ().get(MARK) == self.mark else None
        except psutil.NoSuchProcess:
            return None
        except psutil.AccessDenied:  # the process id is now another user's process
            return None

    @property
    def host_address(self) -> HostAddress:
        """How functions reach this machine: by the loopback address."""
        return LOOPBACK

    def await_end(self) -> None:
        """Return when its process has exited."""
        if process := self.process():
            process.wait()


def save(instance: Instance, state: Path) -> None:
    """Record a running instance in a state folder."""
    with open_private(state / RUNNING_RECORD) as file:
        file.write(json.dumps(asdict(instance)).encode())


def load(state: Path) -> Instance | None:
    """Return the recorded instance, running or not; None if none is recorded.

    Raises
    ------
    TestbedError
        If the state folder belongs to another user.
    """
    try:
        return Instance(**json.loads((state / RUNNING_RECORD).read_text(encoding="utf-8")))
    except PermissionError:
        raise TestbedError(
            f"The state folder {state} belongs to another user.",
            advice="Run the command as that user, or choose another folder with --state.",
        ) from None
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None  # never started, or interrupted while the record was written


def forget(state: Path) -> None:
    """Remove the record."""
    (state / RUNNING_RECORD).unlink(missing_ok=True)
