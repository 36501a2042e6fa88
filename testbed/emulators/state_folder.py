"""The state folder, which holds a testbed's log, secrets and files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from testbed.errors import TestbedError
from testbed.machine.file_errors import naming

_OWNER_ONLY_FOLDER = 0o700
_OWNER_ONLY_FILE = 0o600


def make(state: Path) -> None:
    """Create a state folder that only its owner can open and that git ignores.

    It holds the control secret, the certificate's key, emails and logs. The permissions of an
    existing folder are restricted.

    Raises
    ------
    TestbedError
        If the folder belongs to another user, or is a file.
    """
    if state.exists() and not state.is_dir():
        raise TestbedError(
            f"The state folder {state} is a file.",
            advice="Choose another one with --state, or delete the file.",
        )
    with naming(state):
        state.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
        try:
            state.chmod(_OWNER_ONLY_FOLDER)
        except PermissionError:
            raise TestbedError(
                f"The state folder {state} belongs to another user.",
                advice="Choose another one with --state, or delete it.",
            ) from None
        ignored = state / ".gitignore"
        if not ignored.exists():  # `testbed down` has to work on a full disk
            ignored.write_text("*\n", encoding="utf-8")


def open_private(file: Path) -> IO[bytes]:
    """Open a new, empty file that only its owner can read."""
    file.unlink(missing_ok=True)  # an existing file would keep its permissions
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY_FILE)
    return os.fdopen(descriptor, "wb")


@contextlib.contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Lock a state folder, so that only one command starts or stops its testbed at a time.

    Raises
    ------
    TestbedError
        If another command has locked it.
    """
    import fcntl

    make(state)
    with (state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TestbedError(
                "Another command is starting or stopping this project's testbed.",
                advice="Wait until it has finished, and try again.",
            ) from None
        yield
