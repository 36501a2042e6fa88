"""The processes of LocalStack's functions, which run in their own PID namespace."""

from pathlib import Path

import psutil


def process_here(localstack: int, number: int) -> int:
    """Return the process id, outside of the namespace, of the process with id ``number`` inside.

    Parameters
    ----------
    localstack
        LocalStack's process id.

    Raises
    ------
    LookupError
        LocalStack has no such descendant.
    """
    for process in psutil.Process(localstack).children(recursive=True):
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
        if int(numbers.split()[-1]) == number:
            return process.pid
    raise LookupError(f"LocalStack (process {localstack}) has no process that is {number} inside")


def process_exists(process: int) -> bool:
    """Return whether a process is running; a zombie is not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
