"""Tracebacks of functions for people: their own code, with the paths of the project's files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# A frame of a traceback of Python.
_FRAME = re.compile(r'\s*File "(?P<path>[^"]+)", line (?P<line>\d+)(?P<rest>.*)')
_CODE_ROOT = "/var/task/"
# Parts of paths that belong to Python and to packages.
_LIBRARIES = ("site-packages", "dist-packages", "runtime", "lang")


@dataclass
class _Frame:
    path: str
    rest: str
    lines: list[str] = field(default_factory=list)


def own_frames(stack: Iterable[str], code: Path | None, folder: Path) -> list[str]:
    """Return the lines of a traceback with the function's own frames.

    Frames of Python and of packages are replaced by one line with their number. The paths of files
    that the project has are its paths, relative to the current folder.

    Parameters
    ----------
    stack
        The lines of the traceback.
    code
        The folder that the function's code was packaged from, if it is known.
    folder
        The current folder.
    """
    shown: list[str] = []
    left_out = 0
    for frame in _frames(stack):
        if isinstance(frame, str):
            shown += _left_out(left_out)
            left_out = 0
            shown.append(frame)
            continue
        local = _local_path(frame.path, code)
        own = local is not None or (code is None and frame.path.startswith(_CODE_ROOT))
        if not own:
            left_out += 1
            continue
        shown += _left_out(left_out)
        left_out = 0
        path = _relative(local, folder) if local else frame.path
        shown += [f'  File "{path}"{frame.rest}', *frame.lines]
    return shown + _left_out(left_out)


def project_file(path: str, code: Path | None, folder: Path) -> str:
    """Return the path of the project's file, if a path in a traceback of a function is of one.

    Parameters
    ----------
    code
        The folder that the function's code was packaged from, if it is known.
    folder
        The current folder, which the path is relative to if it is in it.

    Returns
    -------
    str
        Any other path unchanged.
    """
    local = _local_path(path, code)
    return _relative(local, folder) if local else path


def _frames(stack: Iterable[str]) -> Iterator[_Frame | str]:
    """Yield the frames of a traceback, and lines that belong to none."""
    frame: _Frame | None = None
    for line in stack:
        if match := _FRAME.match(line):
            if frame:
                yield frame
            frame = _Frame(match["path"], f", line {match['line']}{match['rest']}")
        elif frame and line.startswith("    "):
            frame.lines.append(line)
        else:
            if frame:
                yield frame
            frame = None
            yield line
    if frame:
        yield frame


def _left_out(count: int) -> list[str]:
    return [f"  … {count} in libraries"] if count else []


def _local_path(path: str, code: Path | None) -> Path | None:
    """Return the project's file that a path in the execution environment was packaged from."""
    parts = Path(path).parts
    if code is None or set(parts[:-1]) & set(_LIBRARIES):
        return None
    # The function's folder has another path if functions are not isolated.
    tails = (code.joinpath(*parts[first:]) for first in range(1, len(parts)))
    return next((tail for tail in tails if tail.is_file()), None)


def _relative(path: Path, folder: Path) -> str:
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return os.fspath(path)
