"""The lock of Git, which is held while a checkout, a merge or a rebase changes files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def wait_for_git(folder: Path, changes: Callable[[], set[Path]], seconds: float) -> set[Path]:
    """Wait while Git changes the files of a folder; return what has changed meanwhile.

    Parameters
    ----------
    changes
        Waits for a moment; returns what has changed.
    seconds
        How long to wait at most: the lock may be a remainder of a Git that was killed.
    """
    found: set[Path] = set()
    lock = index_lock(folder)
    end = time.monotonic() + seconds
    while lock and lock.exists() and time.monotonic() < end:
        found |= changes()
    return found


def index_lock(folder: Path) -> Path | None:
    """Return the path of the lock of the repository that contains a folder, if there is one.

    https://git-scm.com/docs/gitrepository-layout
    """
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            return git / "index.lock"
        if git.is_file():  # a worktree or a submodule: "gitdir: PATH"
            try:
                _, _, path = git.read_text(encoding="utf-8").partition("gitdir:")
            except (OSError, UnicodeDecodeError):
                return None
            return parent / path.strip() / "index.lock"
    return None
