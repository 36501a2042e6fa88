"""System calls that tie the lifetime of child processes to the supervisor's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(parent: int) -> None:
    """Make the kernel kill this process when its parent exits (Linux only)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent's id is 0 if it is outside of a new PID namespace.
    if os.getppid() not in (parent, 0):
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants (Linux only)."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def signal_group(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, number)


def children() -> list[int]:
    """List the child processes of this process (Linux; empty on other systems)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command may contain spaces and parentheses: parse after the last parenthesis.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)
