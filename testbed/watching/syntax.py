"""The syntax of Python files, checked before they are deployed."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from testbed.errors import ProjectError
from testbed.machine.virtual_environments import PYTHON_VERSION, installed_interpreter
from testbed.watching import compilation
from testbed.watching.compilation import compilation_errors
from testbed.watching.inputs import is_ignored_name

_LIMIT_SECONDS = 20


class InvalidSyntaxError(ProjectError):
    """A Python file cannot be compiled."""

    def __init__(self, path: Path, line: int | None, shown: Path, text: str) -> None:
        place = f"{shown}:{line}" if line else f"{shown}"
        super().__init__(f"{place} is not valid Python.", details=text)
        self.path = path


def syntax_errors(
    paths: Iterable[Path], runtime: str, root: Path, changed_since: float
) -> list[InvalidSyntaxError]:
    """Return the errors of Python files, in the version of Python that runs them.

    Parameters
    ----------
    paths
        Files and folders, some of which may have been deleted; other files than Python's are
        skipped.
    runtime
        The runtime of the function, such as ``python3.13``.
    root
        The folder that the shown paths are relative to, if they are in it.
    changed_since
        A time, in seconds since 1970. Of the files in folders, only those that have changed since
        then are looked at: packages in the folder may hold files that no Python can compile.
    """
    files = sorted({file for path in paths for file in _python_files(path, changed_since)})
    if not files:
        return []
    found = []
    version = runtime.removeprefix("python") or PYTHON_VERSION
    for name, line, text in _errors([str(file) for file in files], version):
        path = Path(name)
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        found.append(InvalidSyntaxError(path, line, shown, _clean(text)))
    return found


def _python_files(path: Path, changed_since: float) -> Iterator[Path]:
    if path.is_dir():
        for folder, names, files in os.walk(path, followlinks=False):
            names[:] = [name for name in names if not is_ignored_name(name)]
            for name in files:
                file = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    if file.suffix == ".py" and file.lstat().st_ctime >= changed_since:
                        yield file
    elif path.suffix == ".py" and path.is_file():
        yield path


def _clean(text: str) -> str:
    """Return Python's message without the line that names the file."""
    lines = [line for line in text.rstrip().splitlines() if not line.startswith("  File ")]
    return "\n".join(lines)


def _errors(files: list[str], version: str) -> list[tuple[str, int | None, str]]:
    here = version == ".".join(platform.python_version_tuple()[:2])
    python = None if here else installed_interpreter(version)
    if python is None:
        return compilation_errors(files)
    result = subprocess.run(
        [python, "-I", "-S", compilation.__file__],
        input=json.dumps(files),
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )
    if result.returncode:
        return compilation_errors(files)
    errors: list[tuple[str, int | None, str]] = json.loads(result.stdout)
    return errors
