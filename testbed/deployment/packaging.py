"""Deployment packages: a folder of code and its requirements, as one reproducible zip.

The same input gives the same bytes, on any machine, so that deploying an unchanged function
changes nothing. https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from testbed.deployment.requirements import ensure_bundled_requirements
from testbed.errors import ProjectError
from testbed.machine.cache import COMPLETE, Report, note_use
from testbed.machine.cache_folder import make_cache_folder, packages_folder
from testbed.machine.file_errors import naming

# Zip's own beginning of time.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20
_COMPILED = ("__pycache__", "*.pyc")
# In each folder that uv has installed into.
_LOCK_OF_UV = ".lock"
# What `sam build` leaves out of a function, so that the same works here and on AWS:
# https://github.com/aws/aws-lambda-builders/blob/develop/aws_lambda_builders/workflows/python_pip/workflow.py
# (EXCLUDED_FILES of release 1.68.0.) Kept are *.so, *.egg and *.egg-info, which layers need, and
# which `sam package` packages. The last one is ours.
_LEFT_OUT = (
    *_COMPILED,
    ".aws-sam", ".chalice", ".git", ".gitignore", ".Python",
    "pip-log.txt", "pip-delete-this-directory.txt",
    "htmlcov", ".tox", ".nox", ".coverage", ".cache", ".pytest_cache", ".python-version",
    ".mypy_cache", ".dmypy.json", ".pyre",
    ".env", ".venv", "venv", "venv.bak", "env.bak", "ENV", "env",
    ".vscode", ".idea",
    ".testbed",
)  # fmt: skip


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

    What ``sam build`` leaves out is left out, and links are followed, as it follows them.

    Parameters
    ----------
    folder
        The code; a ``requirements.txt`` in it names what is bundled with it.
    architecture
        ``x86_64`` or ``arm64``.

    Raises
    ------
    ProjectError
        If something in the folder cannot be packaged.
    EnvironmentBuildError
        If the requirements cannot be installed.
    """
    digest = hashlib.sha256(architecture.encode())
    code = dict(_files(folder, _LEFT_OUT))
    for name, path in sorted(code.items()):
        digest.update(f"{name}\0{_mode(path):o}\0".encode())
        digest.update(_digest(path))
    requirements = folder / "requirements.txt"
    bundled = None
    if requirements.is_file():
        bundled = ensure_bundled_requirements(requirements, architecture, report)
        digest.update(bundled.name.encode())  # named by its content, which never changes
    target = packages_folder() / f"{digest.hexdigest()}.zip"
    if not note_use(target):
        report(f"packaging {folder.name}")
        make_cache_folder()
        target.parent.mkdir(exist_ok=True)
        others = dict(_files(bundled, (*_COMPILED, COMPLETE, _LOCK_OF_UV))) if bundled else {}
        _write(target, {**others, **code})
    return Package(path=target, digest=digest.hexdigest())


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise _unfit(path, f"cannot be read ({error.strerror})") from error


def _files(folder: Path, left_out: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Yield the files below a folder with their names in the package."""
    yield from _files_below(folder, "", shutil.ignore_patterns(*left_out), (folder.resolve(),))


def _files_below(
    folder: Path,
    prefix: str,
    left_out: Callable[[str, list[str]], set[str]],
    parents: tuple[Path, ...],
) -> Iterator[tuple[str, Path]]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise _unfit(folder, f"cannot be read ({error.strerror})") from error
    for name in sorted(set(names) - left_out(str(folder), names)):
        path = folder / name
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise _unfit(path, "has a name that is not UTF-8") from error
        if path.is_dir():
            real = path.resolve()
            if real in parents:
                raise _unfit(path, "is a link to a folder that contains it")
            yield from _files_below(path, f"{prefix}{name}/", left_out, (*parents, real))
        elif path.is_file():
            yield f"{prefix}{name}", path
        elif path.is_symlink() and not path.exists():
            raise _unfit(path, f"is a link to {path.readlink()}, which does not exist")
        else:  # a socket, a pipe or a device: to read it may never end
            raise _unfit(path, "is neither a file nor a folder")


def _unfit(path: Path, problem: str) -> ProjectError:
    shown = os.fsencode(path).decode(errors="backslashreplace")
    return ProjectError(
        f"{shown} {problem}, and so cannot be packaged.",
        advice="Remove it, or move it out of the folder of the function's code.",
    )


def _write(target: Path, files: dict[str, Path]) -> None:
    # Another process may be making the same package: each writes its own, and the last one stays.
    partial = target.with_suffix(f".{os.getpid()}")
    try:
        with (
            naming(target),
            zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        ):
            for name, path in sorted(files.items()):
                info = zipfile.ZipInfo(name, _TIMESTAMP)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = _mode(path) << 16
                info.file_size = path.stat().st_size  # a large one needs another header
                with path.open("rb") as source, archive.open(info, "w") as packed:
                    shutil.copyfileobj(source, packed, _CHUNK_BYTES)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


if __name__ == "__main__":
    # For an image that is to have in its cache what a folder's functions bundle.
    package(Path(sys.argv[1]), sys.argv[2], print)
