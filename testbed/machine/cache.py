"""Folders in the cache that are built once from input files and never changed afterwards.

Each is named by a hash of its inputs, so that clones of a project share it and a changed input
makes a new one. Its file ``.complete`` marks it as built; the time of that file is the time of the
last use, by which ``testbed cache prune`` decides what to delete.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.errors import EnvironmentBuildError
from testbed.machine.cache_folder import cache_folder, make_cache_folder
from testbed.machine.file_errors import advice_on_output, naming
from testbed.machine.virtual_environments import PYTHON_VERSION

# Increase this when the same inputs are built in another way.
_RECIPE = 3
COMPLETE = ".complete"
"""The file that marks a folder in the cache as built to its end."""

Report = Callable[[str], None]
"""Is called with a line of text before a step that takes long."""


def build_once(
    name: str, inputs: list[Path], build: Callable[[Path], None], report: Report
) -> Path:
    """Return a folder in the cache; build it if there is none for these inputs.

    Parameters
    ----------
    inputs
        The files that decide what is built.
    build
        Fills the folder whose path it is given.
    report
        Is called before something is built.
    """
    target = location(name, inputs)
    if note_use(_stamp(target)):
        return target
    make_cache_folder()
    with lock(target):
        if not is_complete(target):
            report(f"building {name}")
            shutil.rmtree(target, ignore_errors=True)  # the rest of an interrupted build
            try:
                with naming(target):
                    build(target)
                    _stamp(target).touch()
            except BaseException as error:
                if isinstance(error, EnvironmentBuildError):
                    error.advice = advice_on_output(error.details, target) or error.advice
                shutil.rmtree(target, ignore_errors=True)  # the disk may be full
                raise
    return target


def location(name: str, inputs: list[Path]) -> Path:
    """Return the folder in the cache for some inputs, whether or not it has been built."""
    return cache_folder() / f"{name}-{_key(inputs)}"


def is_complete(target: Path) -> bool:
    """Return whether a folder in the cache was built to its end."""
    return _stamp(target).exists()


def note_use(path: Path) -> bool:
    """Set a file's time to now, which marks it as used; return whether the file exists."""
    try:
        os.utime(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a read-only cache
        return path.exists()
    return True


@contextmanager
def lock(target: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock on a folder in the cache, so that no other process builds or deletes it.

    Raises
    ------
    BlockingIOError
        If another process holds it and ``wait`` is false.
    """
    path = lock_file(target)
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_still(path, file.fileno()):  # otherwise it was deleted while we waited
                yield
                return


def lock_file(target: Path) -> Path:
    """Return the lock file of a folder in the cache."""
    return target.with_suffix(".lock")


def _stamp(target: Path) -> Path:
    return target / COMPLETE


def _key(inputs: list[Path]) -> str:
    digest = hashlib.sha256(
        f"{_RECIPE} {platform.system()} {platform.machine()} {PYTHON_VERSION}".encode()
    )
    for path in inputs:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
