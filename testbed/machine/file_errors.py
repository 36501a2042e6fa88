"""Messages for files and folders that cannot be read or written."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from testbed.errors import TestbedError
from testbed.machine.cache_folder import cache_folder

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_MISSING = (errno.ENOENT, errno.ENOTDIR)
_OTHER = (errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.EMFILE)
# How programs in Rust, such as uv, and in Python print the number of an error.
_NUMBER = re.compile(r"\(os error (\d+)\)|\[Errno (\d+)\]")


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the file or folder to errors that lack it, such as those of writing to an open file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def explained(error: OSError) -> TestbedError | None:
    """Return a file system error as a TestbedError, or None for any other OSError."""
    if error.errno not in (*_FULL, *_DENIED, *_MISSING, *_OTHER):
        return None
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if not path and error.errno in _MISSING and not _has_current_folder():
        return TestbedError(
            "The current folder no longer exists.", advice="Change to another folder with cd."
        )
    return TestbedError(
        f"{path or 'A file'}: {error.strerror}.", advice=advice(error.errno or 0, Path(path))
    )


def advice(number: int, path: Path) -> str:
    """Return what to do about a file system error, or an empty string.

    Parameters
    ----------
    number
        The error's number in :mod:`errno`.
    path
        The file or folder.
    """
    in_cache = path.is_absolute() and path.is_relative_to(cache_folder())
    other = (
        "set TESTBED_CACHE to another folder"
        if in_cache
        else "choose another folder for the testbed's files, with --state"
    )
    if number in _FULL:
        return f"Free some space on that disk, for example with `testbed cache prune`, or {other}."
    if number in _DENIED:
        return f"Give yourself permission for it, or {other}."
    if number in (errno.EEXIST, errno.ENOTDIR) and (file := _file_in(path)):
        return f"{file} is a file, not a folder: delete it, or {other}."
    if number in _MISSING:
        return "Check the path: its parent folder must exist."
    return ""


def _file_in(path: Path) -> Path | None:
    """Return the part of a path that is a file although it has to be a folder, or None."""
    return next((each for each in (path, *path.parents) if each.is_file()), None)


def advice_on_output(output: str, path: Path) -> str:
    """Return what to do about a file system error in a program's output, or an empty string.

    Parameters
    ----------
    path
        The file or folder that the program was writing.
    """
    for match in _NUMBER.finditer(output):
        number = int(match[1] or match[2])
        if number in (*_FULL, *_DENIED):
            return advice(number, path)
    return ""


def _has_current_folder() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True
