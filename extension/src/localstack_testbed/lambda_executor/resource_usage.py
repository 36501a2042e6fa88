"""What the processes of an environment use (Linux; elsewhere it is not known)."""

from dataclasses import dataclass

from localstack_testbed.lambda_executor.process_table import descendants, kilobytes, threads

KILOBYTE = 1024

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (processes and threads)
PROCESS_LIMIT = 1024


@dataclass(frozen=True)
class Usage:
    """Bytes of memory, and the number of processes and threads."""

    memory: int
    processes: int


def usage(process: int) -> Usage:
    """Measure a process and those it started.

    Of the started ones only the memory counts that they share with no other: after a fork most of
    it is their parent's. Processes that ended meanwhile count nothing. Once there are too many,
    their memory is not looked at: that would take longer than they may live.
    """
    others = descendants(process)
    if len(others) > PROCESS_LIMIT:
        return Usage(0, len(others))
    memory = kilobytes(process, "status", "VmRSS:") + sum(
        kilobytes(other, "smaps_rollup", "Private_") for other in others
    )
    return Usage(memory * KILOBYTE, sum(threads(each) for each in (process, *others)))


def peak_memory(process: int) -> int:
    """Return the highest resident memory that the process itself has had, in bytes."""
    return kilobytes(process, "status", "VmHWM:") * KILOBYTE
