"""Processes that stand in for a running LocalStack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from testbed.emulators.instance import MARK, Instance
from testbed.machine.waiting import until

_LIMIT_SECONDS = 10.0
_WAIT = "import sys; sys.stdin.read()"


@contextmanager
def running_instance(
    endpoint_url: str = "http://127.0.0.1:1", mark: str = "one"
) -> Iterator[Instance]:
    """Run a process that bears an instance's mark, and does nothing."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", _WAIT],
        stdin=subprocess.PIPE,
        env={**os.environ, MARK: mark},
    ) as process:
        try:
            made = Instance(process.pid, mark, endpoint_url)
            # For a moment after its start, a program has no environment yet that others can see.
            until(made.process, within=_LIMIT_SECONDS, what="environment of the process")
            yield made
        finally:
            process.kill()
