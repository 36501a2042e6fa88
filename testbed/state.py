"""The folder in which a testbed keeps what is its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from testbed.disk import naming
from testbed.errors import TestbedError


def make(state: Path) -> None:
    """Make a state folder, which git is to overlook."""
    with naming(state):
        state.mkdir(parents=True, exist_ok=True)
        ignored = state / ".gitignore"
        if not ignored.exists():  # `testbed down` must work on a full disk, too
            ignored.write_text("*\n", encoding="utf-8")


@contextlib.contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Hold a state folder, so that two commands do not start or stop the same testbed at once.

    Raises
    ------
    TestbedError
        If another command holds it.
    """
    import fcntl

    make(state)
    with (state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TestbedError(
                "Another testbed command is starting or stopping this project's testbed.",
                advice="Wait until it is done.",
            ) from None
        yield
