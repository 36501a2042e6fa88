"""What is built once and kept in the cache folder: what is there, and what can be deleted."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psutil

from testbed.deployment.packaging import packages_folder
from testbed.emulators.environments import COMPLETE, cache_folder, lock, lock_file

# NAME-HASH, as testbed.environments names its folders; nothing else there is touched.
_BUILT = re.compile(r"[a-z0-9_-]+-[0-9a-f]{12}")
# A finished package, or what a process (by its number) has begun to write.
_PACKAGE = re.compile(r"[0-9a-f]{64}\.(zip|\d+)")
_CONDEMNED = ".condemned"
# A package is written in less, whatever the machine does meanwhile.
_WRITING = timedelta(hours=1)

Status = Literal["current", "in use", "building", "unused", "incomplete"]
"""Needed by this version of the code, by a process, not finished yet, by nobody, never finished."""

IsUsed = Callable[[Path], bool]


@dataclass(frozen=True)
class Entry:
    """A folder or a deployment package in the cache.

    Parameters
    ----------
    size
        In bytes.
    used
        When it was used last.
    """

    path: Path
    size: int
    used: datetime
    status: Status

    @property
    def name(self) -> str:
        """Its path in the cache folder."""
        return str(self.path.relative_to(cache_folder()))

    def can_go(self, before: datetime) -> bool:
        """Return whether it can be deleted because it was not used since a moment."""
        if self.status == "incomplete":
            return True
        return self.status == "unused" and self.used < before


def entries(current: set[Path]) -> list[Entry]:
    """Return what is in the cache, in the order of names.

    Parameters
    ----------
    current
        What this version of the code and of the project needs.
    """
    is_used = used_by_processes()
    found = [_built(path, current, is_used) for path in _folders()]
    found += [_package(path) for path in _packages()]
    return sorted(found, key=lambda entry: entry.name)


def prune(chosen: list[Entry]) -> list[Entry]:
    """Delete entries, but for those that somebody has begun to use or to build meanwhile.

    Returns
    -------
    list[Entry]
        Those that were deleted.
    """
    is_used = used_by_processes()
    return [entry for entry in chosen if _delete(entry, is_used)]


def used_by_processes() -> IsUsed:
    """Look at all processes; return a function that says whether one works with a folder.

    LocalStack, and what it starts, have the environments' paths in their commands and variables.
    """
    texts: list[str] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            texts += process.cmdline()
        with suppress(psutil.Error):
            texts += process.environ().values()
    everything = "\0".join(texts)
    return lambda path: re.search(f"{re.escape(str(path))}(?![0-9a-zA-Z])", everything) is not None


def _folders() -> Iterator[Path]:
    folder = cache_folder()
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _BUILT.fullmatch(path.name))


def _packages() -> Iterator[Path]:
    folder = packages_folder()
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _PACKAGE.fullmatch(path.name))


def _built(path: Path, current: set[Path], is_used: IsUsed) -> Entry:
    stamp = path / COMPLETE
    complete = stamp.exists()
    status: Status = "unused"
    if is_used(path):
        status = "in use"
    elif not complete:
        status = "building" if _is_locked(path) else "incomplete"
    elif path in current:
        status = "current"
    return Entry(path, _size(path), _time(stamp if complete else path), status)


def _package(path: Path) -> Entry:
    used = _time(path)
    status: Status = "unused"
    if path.suffix != ".zip":
        status = "building" if used > datetime.now(UTC) - _WRITING else "incomplete"
    return Entry(path, path.lstat().st_size, used, status)


def _is_locked(path: Path) -> bool:
    if not lock_file(path).exists():
        return False
    try:
        with lock(path, wait=False):
            return False
    except BlockingIOError:
        return True


def _delete(entry: Entry, is_used: IsUsed) -> bool:
    if entry.path.parent == packages_folder():
        entry.path.unlink(missing_ok=True)
        return True
    try:
        with lock(entry.path, wait=False):
            if not _condemn(entry, is_used):
                return False
            shutil.rmtree(entry.path)
            lock_file(entry.path).unlink()
    except BlockingIOError:  # it is being built
        return False
    return True


def _condemn(entry: Entry, is_used: IsUsed) -> bool:
    """Make a folder count as not built, unless somebody uses it; return whether it does.

    Whoever begins to use it notes that in the stamp first: either before it has another name, and
    then it is newer, or in vain, and then it is built anew.
    """
    stamp, condemned = entry.path / COMPLETE, entry.path / _CONDEMNED
    if entry.status == "incomplete":
        return not stamp.exists()
    try:
        stamp.rename(condemned)
    except FileNotFoundError:
        return False
    if _time(condemned) > entry.used or is_used(entry.path):
        condemned.rename(stamp)
        return False
    return True


def _time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def _size(folder: Path) -> int:
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # it is being built, or deleted
                size += Path(parent, name).lstat().st_size
    return size
