"""How much memory the processes of an environment use (Linux; elsewhere it is not known)."""

from pathlib import Path

PROCESSES = Path("/proc")


def memory_used(process: int) -> int:
    """Return the resident memory of a process and of those it started, in bytes.

    Of the started ones only what they share with no other counts: after a fork most of their
    memory is their parent's. Processes that ended meanwhile count nothing.
    """
    return _field(process, "status", "VmRSS:") + sum(
        _field(other, "smaps_rollup", "Private_") for other in _descendants(process)
    )


def peak_memory_used(process: int) -> int:
    """Return the highest resident memory that the process itself has had, in bytes."""
    return _field(process, "status", "VmHWM:")


def _field(process: int, file: str, prefix: str) -> int:
    try:
        lines = (PROCESSES / str(process) / file).read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(prefix))


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    for children in (PROCESSES / str(process) / "task").glob("*/children"):
        try:
            started = [int(number) for number in children.read_text().split()]
        except OSError:
            continue
        for child in started:
            found.extend((child, *_descendants(child)))
    return found
