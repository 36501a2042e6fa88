"""The machine of a run."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Machine:
    """What results depend on.

    Parameters
    ----------
    memory
        In bytes.
    load
        The load average over the minute before the run: other work on the machine.
    """

    cpu: str
    cores: int
    memory: int
    kernel: str
    python: str
    load: float

    def __str__(self) -> str:
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory / 2**30:.0f} GiB,"
            f" {self.kernel}, Python {self.python}; load before the run {self.load:.1f}"
        )


def this_machine() -> Machine:
    """Return the machine and its current load."""
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        memory=psutil.virtual_memory().total,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        load=psutil.getloadavg()[0],
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
