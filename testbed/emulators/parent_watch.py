"""A process that stops a testbed when the process that uses the testbed is killed.

LocalStack runs on when the command that started it exits, as ``testbed up`` requires. A test run
stops its LocalStack itself, but not if it is killed, or terminated: pytest exits on SIGTERM without
running its fixtures' clean-up.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STOPPED = b"stopped"
_END_LIMIT_SECONDS = 10.0


@contextmanager
def stopped_with_this_process(root: Path, state: Path) -> Iterator[None]:
    """Stop a testbed if this process is killed within the block, which starts and stops it.

    Parameters
    ----------
    root
        The project's folder.
    state
        The state folder of the testbed.
    """
    watcher = subprocess.Popen(
        # Without -P a file in the current folder could shadow a module.
        [sys.executable, "-P", "-m", __name__, str(root), str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # it must survive signals to this process's group
    )
    try:
        yield
    finally:
        assert watcher.stdin is not None
        with contextlib.suppress(BrokenPipeError), watcher.stdin as pipe:
            pipe.write(_STOPPED)
        try:
            watcher.wait(_END_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            watcher.kill()
            watcher.wait()


def watch(root: Path, state: Path) -> None:
    """Wait until the pipe from the parent is closed; stop the testbed unless the parent has."""
    if sys.stdin.buffer.read() == _STOPPED:
        return
    # Imported late, so that the process needs little memory while it waits.
    from testbed.emulators.compose import Compose
    from testbed.emulators.localstack import LocalStack

    _ = LocalStack(state).stop() or Compose(root, state, apart=True).stop()


if __name__ == "__main__":
    os.chdir("/")  # the parent's folder may be deleted
    watch(Path(sys.argv[1]), Path(sys.argv[2]))
