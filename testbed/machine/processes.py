"""Ending processes, and not being kept from it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import psutil

_LIMIT_SECONDS = 5.0
_ENDING = (signal.SIGINT, signal.SIGTERM)


def terminate_tree(pid: int) -> None:
    """End a process and all its descendants, if it runs: by request, then by force.

    A second Ctrl-C does not keep it from that.
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
    """Ignore further Ctrl-C and requests to end: they are being followed."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
