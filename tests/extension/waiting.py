"""Waiting for a condition."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_until[T](condition: Callable[[], T], limit: float, what: str) -> T:
    """Return the condition's first true value; fail after ``limit`` seconds."""
    deadline = time.monotonic() + limit
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.02)
    return value


def process_exists(process: int) -> bool:
    """Tell whether a process runs; one that has ended and awaits its parent does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
