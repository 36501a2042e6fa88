"""A process that stops a testbed when the process that uses the testbed is killed.

LocalStack outlives the command that starts it, as ``testbed up`` needs it to. A test run stops its
LocalStack at its end; of SIGKILL it learns nothing, and pytest ends on SIGTERM without tidying up.
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
    """Run what starts and stops a testbed, and have it stopped if this process does not get to it.

    Parameters
    ----------
    root
        The project's folder.
    state
        The state folder of the testbed.
    """
    watcher = subprocess.Popen(
        # Without -P a file in the current folder could take the place of a module.
        [sys.executable, "-P", "-m", __name__, str(root), str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # signals to this process's group are not for it
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
    """Return when the pipe from the parent is closed; stop the testbed, unless the parent has."""
    if sys.stdin.buffer.read() == _STOPPED:
        return
    # Imported now, so that the process stays small as long as it waits.
    from testbed.emulators.compose import Compose
    from testbed.emulators.localstack import LocalStack

    _ = LocalStack(state).stop() or Compose(root, state, apart=True).stop()


if __name__ == "__main__":
    os.chdir("/")  # the parent's folder may be deleted
    watch(Path(sys.argv[1]), Path(sys.argv[2]))
