"""Child processes: running them, and measuring their memory and CPU time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass

import psutil

from testbed.errors import TestbedError

# The time for a command to clean up.
_STOP_LIMIT_SECONDS = 15.0


def run(command: list[str], environment: dict[str, str], limit: float) -> str:
    """Run a command to its end; return what it printed to standard output.

    If the call is interrupted, by Ctrl-C for example, the command is terminated and can clean up.

    Parameters
    ----------
    environment
        All of the command's environment variables.
    limit
        In seconds.

    Raises
    ------
    TestbedError
        If it fails or takes too long; carries its standard error.
    """
    name = " ".join(command[1:4])
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches only the benchmark, which then terminates this
    )
    with process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise TestbedError(f"{name} … took longer than {limit:g} s.") from None
        finally:
            _terminate(process)
    if process.returncode != 0:
        raise TestbedError(
            f"{name} … failed with exit status {process.returncode}.", details=errors.strip()
        )
    return output


def _terminate(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.communicate(timeout=_STOP_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Memory:
    """The memory of a process and all its descendants, in bytes.

    Parameters
    ----------
    rss
        The sum of their resident set sizes; a shared page counts for each process.
    pss
        The sum of their proportional set sizes; None if the system does not provide them. https://docs.kernel.org/filesystems/proc.html
    """

    rss: int
    pss: int | None

    def growth(self, before: Memory, number: int) -> Memory:
        """Return the growth since *before*, divided by *number*."""
        known = self.pss is not None and before.pss is not None
        return Memory(
            rss=(self.rss - before.rss) // number,
            pss=((self.pss or 0) - (before.pss or 0)) // number if known else None,
        )


def memory(process: psutil.Process) -> Memory:
    """Return the memory of a process and its descendants."""
    rss, pss = 0, 0
    known = True
    for member in family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            info = member.memory_full_info()
            rss += info.rss
            known = known and hasattr(info, "pss")
            pss += getattr(info, "pss", 0)
    return Memory(rss=rss, pss=pss if known else None)


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU time of a process and its descendants.

    The time of a descendant that has exited is included in that of its parent.
    """
    seconds = 0.0
    for member in family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(member.cpu_times()[:4])  # own and children's, user and system
    return seconds


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and its descendants."""
    return [process, *process.children(recursive=True)]
