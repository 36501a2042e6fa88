"""Child processes: run to their end, ended on every way out, and weighed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass

import psutil

from testbed.errors import TestbedError

# How long a command may take to clean up after itself.
_STOP_LIMIT_SECONDS = 15.0


def run(command: list[str], environment: dict[str, str], limit: float) -> str:
    """Run a command to its end; return what it printed to standard output.

    Whatever ends this call early, Ctrl-C included, lets the command clean up, and ends it.

    Parameters
    ----------
    environment
        All of the command's environment variables.
    limit
        In seconds.

    Raises
    ------
    TestbedError
        If it fails or takes too long; carries what it printed to standard error.
    """
    name = " ".join(command[1:4])
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the benchmark, which then ends this
    )
    with process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise TestbedError(f"{name} … took longer than {limit:g} s.") from None
        finally:
            _end(process)
    if process.returncode != 0:
        raise TestbedError(
            f"{name} … failed with exit code {process.returncode}.", details=errors.strip()
        )
    return output


def _end(process: subprocess.Popen[str]) -> None:
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
    """What a process and all its descendants hold, in bytes.

    Parameters
    ----------
    rss
        The sum of their resident sets. Pages that several of them share count for each.
    pss
        The same with shared pages divided among their users; None where the system has no such
        number. https://docs.kernel.org/filesystems/proc.html
    """

    rss: int
    pss: int | None

    def growth(self, before: Memory, number: int) -> Memory:
        """Return how much more this is than before, for each of so many."""
        known = self.pss is not None and before.pss is not None
        return Memory(
            rss=(self.rss - before.rss) // number,
            pss=((self.pss or 0) - (before.pss or 0)) // number if known else None,
        )


def memory(process: psutil.Process) -> Memory:
    """Weigh a process and its descendants."""
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
    """Return what a process and its descendants have used of the processor since they began.

    A descendant that has ended is counted by the one that waited for it.
    """
    seconds = 0.0
    for member in family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(member.cpu_times()[:4])  # own and children's, user and system
    return seconds


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and its descendants."""
    return [process, *process.children(recursive=True)]
