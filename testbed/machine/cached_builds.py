"""What the cache folder holds, and which of it can be deleted."""

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

from testbed.machine.cache import COMPLETE, lock, lock_file
from testbed.machine.cache_folder import cache_folder, packages_folder

# NAME-HASH, as testbed.machine.cache names its folders. Everything else is left alone.
_BUILT = re.compile(r"[a-z0-9_-]+-[0-9a-f]{12}")
# A finished package, or one that the process of that id is writing.
_PACKAGE = re.compile(r"[0-9a-f]{64}\.(zip|\d+)")
_RESERVED_FOR_DELETION = ".condemned"
# Writing a package never takes longer.
_WRITING = timedelta(hours=1)

Status = Literal["current", "in use", "building", "unused", "incomplete"]
"""Why a build is kept, or that it can be deleted.

``current``: this version of the code needs it. ``in use``: a process uses it. ``building``: a
process is building it. ``unused``: none of these. ``incomplete``: its build was interrupted.
"""

IsUsed = Callable[[Path], bool]


@dataclass(frozen=True)
class CachedBuild:
    """An environment, a bundle of requirements or a deployment package in the cache.

    Parameters
    ----------
    size
        In bytes.
    used
        When it was last used.
    """

    path: Path
    size: int
    used: datetime
    status: Status

    @property
    def name(self) -> str:
        """Its path in the cache folder."""
        return str(self.path.relative_to(cache_folder()))

    def is_deletable(self, unused_since: datetime) -> bool:
        """Return whether it can be deleted: incomplete, or unused since a moment."""
        if self.status == "incomplete":
            return True
        return self.status == "unused" and self.used < unused_since


def cached_builds(current: set[Path]) -> list[CachedBuild]:
    """Return the content of the cache, sorted by name.

    Parameters
    ----------
    current
        The folders that this version of the code and of the project needs.
    """
    is_used = used_by_processes()
    found = [_built(path, current, is_used) for path in _folders()]
    found += [_package(path) for path in _packages()]
    return sorted(found, key=lambda build: build.name)


def delete(chosen: list[CachedBuild]) -> list[CachedBuild]:
    """Delete builds, except those that a process has begun to use or build meanwhile.

    Returns
    -------
    list[CachedBuild]
        Those that were deleted.
    """
    is_used = used_by_processes()
    return [build for build in chosen if _delete(build, is_used)]


def used_by_processes() -> IsUsed:
    """Look at all processes; return a function that says whether one of them uses a folder.

    LocalStack and the processes it starts have the environments' paths in their command lines and
    environment variables.
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


def _built(path: Path, current: set[Path], is_used: IsUsed) -> CachedBuild:
    stamp = path / COMPLETE
    complete = stamp.exists()
    status: Status = "unused"
    if is_used(path):
        status = "in use"
    elif not complete:
        status = "building" if _is_locked(path) else "incomplete"
    elif path in current:
        status = "current"
    return CachedBuild(path, _size(path), _time(stamp if complete else path), status)


def _package(path: Path) -> CachedBuild:
    used = _time(path)
    status: Status = "unused"
    if path.suffix != ".zip":
        status = "building" if used > datetime.now(UTC) - _WRITING else "incomplete"
    return CachedBuild(path, path.lstat().st_size, used, status)


def _is_locked(path: Path) -> bool:
    if not lock_file(path).exists():
        return False
    try:
        with lock(path, wait=False):
            return False
    except BlockingIOError:
        return True


def _delete(build: CachedBuild, is_used: IsUsed) -> bool:
    if build.path.parent == packages_folder():
        build.path.unlink(missing_ok=True)
        return True
    try:
        with lock(build.path, wait=False):
            if not _reserve(build, is_used):
                return False
            shutil.rmtree(build.path)
            lock_file(build.path).unlink()
    except BlockingIOError:  # it is being built
        return False
    return True


def _reserve(build: CachedBuild, is_used: IsUsed) -> bool:
    """Mark a folder as not built so that it can be deleted; return False if it is in use.

    A process that begins to use the folder first updates the time of the stamp. If it does so
    before the stamp is renamed, the new time shows that; if after, it does not find the stamp and
    builds the folder anew.
    """
    stamp, reserved = build.path / COMPLETE, build.path / _RESERVED_FOR_DELETION
    if build.status == "incomplete":
        return not stamp.exists()
    try:
        stamp.rename(reserved)
    except FileNotFoundError:
        return False
    if _time(reserved) > build.used or is_used(build.path):
        reserved.rename(stamp)
        return False
    return True


def _time(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def _size(folder: Path) -> int:
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # it is being built or deleted
                size += Path(parent, name).lstat().st_size
    return size
