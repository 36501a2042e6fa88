"""Resources that LocalStack uses: processes, threads, files, memory and disk."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Counts:
    """Resources that must return to their level when LocalStack is idle.

    Parameters
    ----------
    processes
        LocalStack, its supervisor of environments, and all their other processes.
    threads
        LocalStack's.
    files
        LocalStack's open files, sockets included.
    supervisor_files
        Those of all other processes; at rest, these are the supervisor's.
    temporary
        Folders of execution environments.
    bundles
        Unpacked bundles that the executor keeps.
    """

    processes: int
    threads: int
    files: int
    supervisor_files: int
    temporary: int
    bundles: int


@dataclass(frozen=True)
class Figures:
    """Counts, and sizes in bytes of what grows with the data in LocalStack.

    ``supervisor`` are all processes except LocalStack; at rest, there are no environments among
    them. PSS is None if the system does not provide it. ``metrics`` and ``log`` are not included in
    ``disk``: requests add to them, and they cannot be deleted.
    """

    counts: Counts
    rss: int
    pss: int | None
    supervisor_rss: int
    supervisor_pss: int | None
    disk: int
    metrics: int
    log: int


class Gauge:
    """Reads the figures of one running LocalStack.

    Parameters
    ----------
    process
        LocalStack.
    state
        The folder of its files.
    marks
        Texts that only its processes have in their environment variables, even orphaned ones.
    temporary
        Its ``TEMP``.
    log
        Its log.
    """

    def __init__(
        self,
        process: psutil.Process,
        state: Path,
        temporary: Path,
        log: Path,
        marks: tuple[str, ...],
    ) -> None:
        self._process = process
        self._state = state
        self._marks = marks
        self._temporary = temporary
        self._log = log

    def counts(self) -> Counts:
        """Return the current counts.

        Raises
        ------
        psutil.NoSuchProcess
            If LocalStack has exited.
        """
        environments = list(self._temporary.glob("lambda-environments-*"))
        return Counts(
            processes=len(self.family()),
            threads=self._process.num_threads(),
            files=self._process.num_fds(),
            supervisor_files=sum(_files(process) for process in self._others()),
            temporary=sum(1 for folder in environments for _ in folder.glob("tmp-*")),
            bundles=sum(1 for folder in environments for _ in folder.glob("code/*")),
        )

    def read(self) -> Figures:
        """Return all current figures.

        Raises
        ------
        psutil.NoSuchProcess
            If LocalStack has exited.
        """
        rss, pss = _memory(self._process)
        supervisor = [_memory(process) for process in self._others()]
        metrics, log = _size(self._state.rglob("metrics.db*")), _size([self._log])
        known = [share for _, share in supervisor if share is not None]
        return Figures(
            counts=self.counts(),
            rss=rss,
            pss=pss,
            supervisor_rss=sum(resident for resident, _ in supervisor),
            supervisor_pss=sum(known) if len(known) == len(supervisor) else None,
            disk=_size(self._state.rglob("*")) - metrics - log,
            metrics=metrics,
            log=log,
        )

    def family(self) -> list[psutil.Process]:
        """Return LocalStack, its descendants, and orphaned ones."""
        found = {self._process.pid: self._process}
        found.update((child.pid, child) for child in self._process.children(recursive=True))
        found.update((stray.pid, stray) for stray in marked_processes(self._marks))
        return list(found.values())

    def _others(self) -> list[psutil.Process]:
        return [process for process in self.family() if process != self._process]


def marked_processes(marks: tuple[str, ...]) -> list[psutil.Process]:
    """Return the other processes with one of these texts in their environment variables."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            values = "\0".join(process.environ().values())
            if process.pid != os.getpid() and any(mark in values for mark in marks):
                found.append(process)
    return found


def _files(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.num_fds()
    return 0


def _memory(process: psutil.Process) -> tuple[int, int | None]:
    with contextlib.suppress(psutil.NoSuchProcess):
        info = process.memory_full_info()
        return info.rss, getattr(info, "pss", None)
    return 0, 0


def _size(files: Iterable[Path]) -> int:
    total = 0
    for file in files:
        with contextlib.suppress(OSError):  # deleted meanwhile
            status = file.lstat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total
