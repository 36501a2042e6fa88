"""Termination of processes with their descendants."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import psutil

_LIMIT_SECONDS = 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def terminate_tree(pid: int) -> None:
    """Terminate a process, if it runs, and kill it and its descendants if they do not exit.

    Ctrl-C does not interrupt this.
    """
    with signals_ignored(), contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(_LIMIT_SECONDS)
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(family, timeout=_LIMIT_SECONDS)


@contextlib.contextmanager
def signals_ignored() -> Iterator[None]:
    """Ignore SIGINT (Ctrl-C) and SIGTERM during a block that handles an earlier one."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can set signal handlers
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
