"""What the kernel tells of processes (Linux; elsewhere there are none to be seen)."""

from pathlib import Path

PROCESSES = Path("/proc")
NO_PROCESS = 0


def children(process: int) -> list[int]:
    """List the processes that a process has started and that have not ended, oldest first."""
    found: list[int] = []
    for thread in (PROCESSES / str(process) / "task").glob("*/children"):
        try:
            found.extend(int(number) for number in thread.read_text().split())
        except OSError:
            continue
    return found


def descendants(process: int) -> list[int]:
    """List what a process has started, and what these have started."""
    found: list[int] = []
    for child in children(process):
        found.extend((child, *descendants(child)))
    return found


def threads(process: int) -> int:
    """Count a process's threads; one that has ended has none."""
    return sum(_numbers(process, "status", "Threads:"))


def inner_pid(process: int) -> int:
    """Return a process's number in the namespace that it runs in."""
    return next(reversed(_numbers(process, "status", "NSpid:")), NO_PROCESS)


def kilobytes(process: int, file: str, prefix: str) -> int:
    """Add up the figures of a file's lines that begin with ``prefix``."""
    return sum(_numbers(process, file, prefix))


def _numbers(process: int, file: str, prefix: str) -> list[int]:
    try:
        lines = (PROCESSES / str(process) / file).read_text().splitlines()
    except OSError:
        return []
    found: list[int] = []
    for line in lines:
        if line.startswith(prefix):
            found.extend(int(word) for word in line.split()[1:] if word.isdigit())
    return found
