"""Memory and process counts of an execution environment (Linux; zero on other systems)."""

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
    """Measure a process and its descendants.

    For descendants only private memory counts: after a fork they share most of it with the parent.
    Processes that have exited meanwhile count as zero. If there are too many processes, memory is
    not measured, because that would delay killing them.
    """
    others = descendants(process)
    if len(others) > PROCESS_LIMIT:
        return Usage(0, len(others))
    memory = kilobytes(process, "status", "VmRSS:") + sum(
        kilobytes(other, "smaps_rollup", "Private_") for other in others
    )
    return Usage(memory * KILOBYTE, sum(threads(each) for each in (process, *others)))


def peak_memory(process: int) -> int:
    """Return the peak resident memory of the process itself, in bytes."""
    return kilobytes(process, "status", "VmHWM:") * KILOBYTE
