"""Files and folders that cannot be read or written, explained to the person who must act."""

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
# As programs in Rust, uv among them, and in Python say it.
_NUMBER = re.compile(r"\(os error (\d+)\)|\[Errno (\d+)\]")


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file or folder in errors that do not: those of writing to an open file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def explained(error: OSError) -> TestbedError | None:
    """Return an error of the file system as one of ours; None if it is of another kind."""
    if error.errno not in (*_FULL, *_DENIED, *_MISSING, *_OTHER):
        return None
    path = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if not path and error.errno in _MISSING and not _has_current_folder():
        return TestbedError(
            "The current folder does not exist any more.", advice="Change to another one: cd."
        )
    return TestbedError(
        f"{path or 'A file'}: {error.strerror}.", advice=advice(error.errno or 0, Path(path))
    )


def advice(number: int, path: Path) -> str:
    """Return what to do about an error of the file system, or an empty text.

    Parameters
    ----------
    number
        The error's number, of :mod:`errno`.
    path
        What was to be read or written.
    """
    in_cache = path.is_absolute() and path.is_relative_to(cache_folder())
    other = (
        "choose another folder for what is built, with the variable TESTBED_CACHE"
        if in_cache
        else "choose another folder for the testbed's files, with --state"
    )
    if number in _FULL:
        return f"Free some space on that disk (`testbed cache prune` may help), or {other}."
    if number in _DENIED:
        return f"Give yourself permission there, or {other}."
    if number in _MISSING:
        return "Check the path: each part of it but the last must be a folder that exists."
    return ""


def advice_on_output(output: str, path: Path) -> str:
    """Return what to do about an error of the file system that a program printed, if one is there.

    Parameters
    ----------
    path
        What the program was to write.
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
