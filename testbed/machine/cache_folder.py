"""The cache folder: where environments, bundled requirements and deployment packages are kept."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from testbed.errors import TestbedError

WRITABLE_BY_OTHERS = 0o022


def cache_folder() -> Path:
    """Return the cache folder: ``TESTBED_CACHE``, or the platform's folder for caches.

    Raises
    ------
    TestbedError
        If neither that variable nor a home folder is set.
    """
    if chosen := os.environ.get("TESTBED_CACHE"):
        return Path(chosen).absolute()  # for programs that run in other folders, too
    import platformdirs

    try:
        return platformdirs.user_cache_path("testbed")
    except RuntimeError as error:
        raise TestbedError(
            "There is no home folder for the testbed's cache.",
            advice="Set HOME, or set TESTBED_CACHE to a folder.",
        ) from error


def make_cache_folder() -> Path:
    """Create the cache folder if it is missing, deny writing to other users, and return it.

    Programs in it are run, and it holds the key of the certificate that instances copy.
    """
    folder = cache_folder()
    own = "TESTBED_CACHE" not in os.environ
    folder.mkdir(parents=True, exist_ok=True, mode=0o700 if own else 0o755)
    with contextlib.suppress(PermissionError):  # the user has chosen a folder of another user
        folder.chmod(0o700 if own else stat.S_IMODE(folder.stat().st_mode) & ~WRITABLE_BY_OTHERS)
    return folder


def packages_folder() -> Path:
    """Return the folder in the cache that holds deployment packages."""
    return cache_folder() / "packages"
