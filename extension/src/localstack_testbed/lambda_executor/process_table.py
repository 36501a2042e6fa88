"""Process information from ``/proc`` (Linux; on other systems, nothing is found)."""

from pathlib import Path

PROCESSES = Path("/proc")
NO_PROCESS = 0


def children(process: int) -> list[int]:
    """List the running child processes of a process, oldest first."""
    found: list[int] = []
    for thread in (PROCESSES / str(process) / "task").glob("*/children"):
        try:
            found.extend(int(number) for number in thread.read_text().split())
        except OSError:
            continue
    return found


def descendants(process: int) -> list[int]:
    """List the running child processes of a process, and theirs, recursively."""
    found: list[int] = []
    for child in children(process):
        found.extend((child, *descendants(child)))
    return found


def threads(process: int) -> int:
    """Count a process's threads; 0 if it has exited."""
    return sum(_numbers(process, "status", "Threads:"))


def inner_pid(process: int) -> int:
    """Return the process id of a process inside its own PID namespace."""
    return next(reversed(_numbers(process, "status", "NSpid:")), NO_PROCESS)


def kilobytes(process: int, file: str, prefix: str) -> int:
    """Sum the numbers in the lines of a ``/proc`` file that start with ``prefix``."""
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
