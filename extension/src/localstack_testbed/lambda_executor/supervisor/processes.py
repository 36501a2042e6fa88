"""What the supervisor asks of the kernel for its children."""

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
    """Make the kernel kill this process when its parent ends (Linux; elsewhere it does not)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # In a new namespace of processes the parent is outside, and has no number.
    if os.getppid() not in (parent, 0):
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of what this process's descendants leave running (Linux)."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def signal_group(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, number)


def children() -> list[int]:
    """List the child processes of this process (Linux; elsewhere none are found)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command may hold spaces and parentheses: count from its last one.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)
