"""Deployment packages: a folder of code and its requirements, as one reproducible zip.

The same input gives the same bytes, on any machine, so that deploying an unchanged function
changes nothing. https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
"""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed.environments import Report, cache_folder, ensure_bundled_requirements

# Zip's own beginning of time.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = {"__pycache__"}


@dataclass(frozen=True)
class Package:
    """A deployment package on disk.

    Parameters
    ----------
    digest
        SHA-256 of what went in, in hexadecimal: equal for equal packages.
    """

    path: Path
    digest: str


def package(folder: Path, architecture: str, report: Report) -> Package:
    """Return the deployment package of a folder, made only if its content is new.

    Parameters
    ----------
    folder
        The code; a ``requirements.txt`` in it names what is bundled with it.
    architecture
        ``x86_64`` or ``arm64``.

    Raises
    ------
    EnvironmentBuildError
        If the requirements cannot be installed.
    """
    code = dict(_files(folder))
    digest = hashlib.sha256(architecture.encode())
    for name, path in sorted(code.items()):
        digest.update(f"{name}\0{_mode(path):o}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    requirements = folder / "requirements.txt"
    bundled = None
    if requirements.is_file():
        bundled = ensure_bundled_requirements(requirements, architecture, report)
        digest.update(bundled.name.encode())  # named by its content, which never changes
    target = cache_folder() / "packages" / f"{digest.hexdigest()}.zip"
    if not target.exists():
        report(f"packaging {folder.name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, {**(dict(_files(bundled)) if bundled else {}), **code})
    return Package(path=target, digest=digest.hexdigest())


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _LEFT_OUT)
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix != ".pyc":
                yield path.relative_to(folder).as_posix(), path


def _write(target: Path, files: dict[str, Path]) -> None:
    # Another process may be making the same package: each writes its own, and the last one stays.
    partial = target.with_suffix(f".{os.getpid()}")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, path in sorted(files.items()):
                info = zipfile.ZipInfo(name, _TIMESTAMP)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = _mode(path) << 16
                archive.writestr(info, path.read_bytes())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


if __name__ == "__main__":
    # For an image that is to have in its cache what a folder's functions bundle.
    package(Path(sys.argv[1]), sys.argv[2], print)
