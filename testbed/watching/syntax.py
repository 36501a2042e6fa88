"""The syntax of Python files, checked before they are deployed."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import traceback
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from testbed.errors import ProjectError
from testbed.machine.virtual_environments import PYTHON_VERSION, installed_interpreter
from testbed.watching.inputs import is_ignored_name

_LIMIT_SECONDS = 20
# What another version of Python runs: this module's function, without our packages.
_PROGRAM = """
import json, sys, traceback, warnings
warnings.simplefilter("ignore")
found = []
for path in json.load(sys.stdin):
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError:
        continue
    try:
        compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        lines = traceback.format_exception_only(type(error), error)
        found.append([path, getattr(error, "lineno", None), "".join(lines)])
json.dump(found, sys.stdout)
"""


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
    for path, line, text in _compiled(files, version):
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


def _compiled(files: list[Path], version: str) -> list[tuple[Path, int | None, str]]:
    if version == ".".join(platform.python_version_tuple()[:2]):
        return _compiled_here(files)
    python = installed_interpreter(version)
    if python is None:
        return _compiled_here(files)
    result = subprocess.run(
        [python, "-I", "-S", "-c", _PROGRAM],
        input=json.dumps([str(path) for path in files]),
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )
    if result.returncode:
        return _compiled_here(files)
    return [(Path(path), line, text) for path, line, text in json.loads(result.stdout)]


def _compiled_here(files: list[Path]) -> list[tuple[Path, int | None, str]]:
    found = []
    for path in files:
        try:
            source = path.read_bytes()
        except OSError:  # it was deleted meanwhile
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(source, str(path), "exec", dont_inherit=True)
        # A null byte, a number with too many digits, code that is nested too deeply.
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            text = "".join(traceback.format_exception_only(error))
            found.append((path, getattr(error, "lineno", None), text))
    return found
