"""Deployment packages: code and its requirements in a reproducible zip file.

Equal input gives equal bytes on any machine, so that the deployment of an unchanged function
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
from testbed.project.functions import RUNTIME

# The earliest time that a zip file can hold.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20
_ARCHIVES = (".zip", ".jar")
_COMPILED = ("__pycache__", "*.pyc")
# uv creates it in each folder that it installs into.
_LOCK_OF_UV = ".lock"
# What `sam build` excludes, so that packages are the same here and on AWS:
# https://github.com/aws/aws-lambda-builders/blob/develop/aws_lambda_builders/workflows/python_pip/workflow.py
# (EXCLUDED_FILES of release 1.68.0.) *.so, *.egg and *.egg-info are not excluded: layers need them,
# and `sam package` packages them. The last lines are the testbed's own.
LEFT_OUT = (
    *_COMPILED,
    ".aws-sam", ".chalice", ".git", ".gitignore", ".Python",
    "pip-log.txt", "pip-delete-this-directory.txt",
    "htmlcov", ".tox", ".nox", ".coverage", ".cache", ".pytest_cache", ".python-version",
    ".mypy_cache", ".dmypy.json", ".pyre",
    ".env", ".venv", "venv", "venv.bak", "env.bak", "ENV", "env",
    ".vscode", ".idea",
    ".testbed",
    # Files of editors while a file is being edited or saved; those of Emacs are broken links.
    ".*.sw[a-p]", "*~", ".#*", "#*#", "*___jb_tmp___", "*___jb_old___", ".goutputstream-*",
)  # fmt: skip
# How often a package is begun again because a file in it was changed meanwhile.
_ATTEMPTS = 5


@dataclass(frozen=True)
class Package:
    """A deployment package on disk.

    Parameters
    ----------
    digest
        The SHA-256 hash of its input, in hexadecimal: equal for equal packages.
    """

    path: Path
    digest: str


def package(
    source: Path,
    architecture: str,
    report: Report,
    *,
    requirements: bool = True,
    prefix: str = "",
    runtime: str = RUNTIME,
    everything: bool = False,
) -> Package:
    """Return the deployment package of a folder or a file; create it if the content has changed.

    The same files as by ``sam build`` are excluded, and symbolic links are followed. A zip file is
    taken as it is, and any other file is packaged alone.

    Parameters
    ----------
    source
        The code.
    architecture
        ``x86_64`` or ``arm64``.
    requirements
        Whether to bundle the packages in a folder's ``requirements.txt``.
    prefix
        Where everything is in the zip file: ``python/`` in a layer.
    runtime
        The runtime that the requirements are for, such as ``python3.12``.
    everything
        Whether no file of a folder is excluded.

    Raises
    ------
    ProjectError
        If a file in the folder cannot be packaged.
    EnvironmentBuildError
        If the requirements cannot be installed.
    """
    if source.suffix in _ARCHIVES and source.is_file():
        return Package(path=source, digest=_digest(source).hex())
    last = None
    for _ in range(_ATTEMPTS):
        try:
            return _package(source, architecture, report, requirements, prefix, runtime, everything)
        except _ChangedMeanwhileError as error:
            last = error
    raise ProjectError(
        f"{source} changes while it is being packaged.",
        advice="Stop what changes it, and try again.",
    ) from last


class _ChangedMeanwhileError(Exception):
    """A file was changed or deleted after it was found, and before it was packaged."""


def _package(
    source: Path,
    architecture: str,
    report: Report,
    requirements: bool,
    prefix: str,
    runtime: str,
    everything: bool,
) -> Package:
    start = f"{architecture} {prefix} {'everything' if everything else ''}".encode()
    left_out = () if everything else LEFT_OUT
    code = dict(_files(source, left_out)) if source.is_dir() else {source.name: source}
    content = _content(start, code)
    digest = content.copy()
    listed = source / "requirements.txt"
    bundled = None
    if requirements and listed.is_file():
        bundled = ensure_bundled_requirements(listed, architecture, report, runtime)
        digest.update(bundled.name.encode())  # its name contains a hash of its inputs
    target = packages_folder() / f"{digest.hexdigest()}.zip"
    if not note_use(target):
        report(f"packaging {source.name}")
        make_cache_folder()
        target.parent.mkdir(exist_ok=True)
        others = _bundled_files(bundled) if bundled else {}
        named = {f"{prefix}{name}": path for name, path in code.items()}

        def check() -> None:
            if _content(start, code).digest() != content.digest():
                raise _ChangedMeanwhileError

        try:
            if bundled and not others.keys() & code.keys():
                _write(target, named, check, after=_bundle_package(bundled, prefix, others))
            else:
                files = {f"{prefix}{name}": path for name, path in others.items()} | named
                _write(target, files, check)
        except FileNotFoundError as error:
            if all(path.exists() for path in code.values()):
                raise  # something else is missing
            raise _ChangedMeanwhileError from error
    return Package(path=target, digest=digest.hexdigest())


def _content(start: bytes, code: dict[str, Path]) -> hashlib._Hash:
    """Return the hash of the names, the modes and the content of files."""
    digest = hashlib.sha256(start)
    for name, path in sorted(code.items()):
        try:
            digest.update(f"{name}\0{_mode(path):o}\0".encode())
            digest.update(_digest(path))
        except FileNotFoundError as error:
            raise _ChangedMeanwhileError from error
    return digest


def _bundled_files(bundled: Path) -> dict[str, Path]:
    return dict(_files(bundled, (*_COMPILED, COMPLETE, _LOCK_OF_UV)))


def _bundle_package(bundled: Path, prefix: str, files: dict[str, Path]) -> Path:
    """Return a zip file with nothing but the requirements, so that they are compressed once."""
    digest = hashlib.sha256(f"{bundled.name} {prefix}".encode()).hexdigest()
    target = packages_folder() / f"{digest}.zip"
    if not note_use(target):
        _write(target, {f"{prefix}{name}": path for name, path in files.items()})
    return target


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & 0o100 else 0o644


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unfit(path, f"cannot be read ({error.strerror})") from error


def _files(folder: Path, left_out: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Yield the files in a folder and its subfolders with their names in the package."""
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
        elif os.path.lexists(path):  # a socket, a pipe or a device: reading it may block forever
            raise _unfit(path, "is neither a file nor a folder")


def _unfit(path: Path, problem: str) -> ProjectError:
    shown = os.fsencode(path).decode(errors="backslashreplace")
    return ProjectError(
        f"{shown} {problem}, so the function cannot be packaged.",
        advice="Delete it, or move it out of the folder with the function's code.",
    )


def _write(
    target: Path,
    files: dict[str, Path],
    check: Callable[[], None] = lambda: None,
    *,
    after: Path | None = None,
) -> None:
    """Write a zip file; if another is given, with the content of that one first.

    Parameters
    ----------
    check
        Is called before the file gets its name, and raises an error if it must not.
    """
    # Other processes may create the same package: each writes its own file, and the last one wins.
    partial = target.with_suffix(f".{os.getpid()}")
    try:
        with (
            naming(target),
            _opened(partial, after) as archive,
        ):
            for name, path in sorted(files.items()):
                info = zipfile.ZipInfo(name, _TIMESTAMP)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = _mode(path) << 16
                info.file_size = path.stat().st_size  # files over 2 GiB need another header
                with path.open("rb") as source, archive.open(info, "w") as packed:
                    shutil.copyfileobj(source, packed, _CHUNK_BYTES)
        check()
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _opened(path: Path, after: Path | None) -> zipfile.ZipFile:
    if after is None:
        return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
    shutil.copyfile(after, path)
    return zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=6)


if __name__ == "__main__":
    # For docker/Dockerfile, which puts the functions' requirements into the image.
    package(Path(sys.argv[1]), sys.argv[2], print)
