"""Waiting for a condition."""

from collections.abc import Callable
from pathlib import Path

from testbed.waiting import until


def wait_until[T](condition: Callable[[], T], limit: float, what: str) -> T:
    """Return the condition's first true value; fail after ``limit`` seconds."""
    return until(condition, within=limit, what=what)


def process_exists(process: int) -> bool:
    """Tell whether a process runs; one that has ended and awaits its parent does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
