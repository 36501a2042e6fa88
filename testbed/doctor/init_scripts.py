"""Checks of the scripts in ``init/``, which LocalStack runs.

https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, checks, ok, problem, warning

STAGES = ("boot.d", "start.d", "ready.d", "shutdown.d")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@checks("init scripts")
def kinds(context: Context) -> Finding:
    """Check for files and folders that LocalStack ignores."""
    folder = context.root / "init"
    if not folder.is_dir():
        return ok("none: `testbed up` deploys the template itself")
    unknown = sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name not in STAGES
    )
    if unknown:
        return warning(
            f"LocalStack has no stage {', '.join(unknown)}",
            f"Rename {_a_folder(unknown)} to one of {', '.join(STAGES)}.",
        )
    ignored = [
        _name(file, context) for file in _files(context) if file.suffix not in (".sh", ".py")
    ]
    if ignored:
        return warning(
            f"LocalStack ignores {', '.join(ignored)}",
            "It runs only files that end in .sh or .py. Rename or delete the others.",
        )
    scripts = [_name(file, context) for file in _scripts(context)]
    return ok(", ".join(scripts) or "none")


@checks("init scripts: execute permission")
def execute_permission(context: Context) -> Finding | None:
    """Check that shell scripts are executable."""
    names = _matching(context, lambda file: file.suffix == ".sh" and not os.access(file, os.X_OK))
    return _verdict(
        context,
        names,
        "is not executable",
        f"chmod +x {' '.join(names)}; for other clones: git update-index --chmod=+x FILE",
    )


@checks("init scripts: line endings")
def line_endings(context: Context) -> Finding | None:
    """Check for CR LF line endings: the CR would be part of the interpreter's name."""
    names = _matching(context, lambda file: file.suffix == ".sh" and b"\r\n" in file.read_bytes())
    return _verdict(
        context,
        names,
        "has the line endings of Windows (CR LF)",
        "Convert them: sed -i.bak 's/\\r$//' FILE; and add to .gitattributes: *.sh text eol=lf",
    )


@checks("init scripts: byte order mark")
def byte_order_marks(context: Context) -> Finding | None:
    """Check for a byte order mark, which prevents the system from recognizing ``#!``."""
    names = _matching(
        context,
        lambda file: file.suffix == ".sh" and file.read_bytes().startswith(_BYTE_ORDER_MARK),
    )
    return _verdict(
        context,
        names,
        "starts with a byte order mark",
        "Save the script as UTF-8 without a byte order mark.",
    )


@checks("init scripts: interpreter")
def interpreters(context: Context) -> Finding | None:
    """Check that shell scripts name an interpreter, and that it exists."""
    names = [
        f"{_name(file, context)} ({reason})"
        for file in _scripts(context)
        if file.suffix == ".sh" and (reason := _missing_interpreter(file))
    ]
    return _verdict(
        context,
        names,
        "has no interpreter",
        "Start the script with the line: #!/bin/sh",
    )


def _missing_interpreter(script: Path) -> str:
    first = script.read_bytes().removeprefix(_BYTE_ORDER_MARK).split(b"\n", 1)[0]
    words = first.decode(errors="replace").removeprefix("#!").split()
    if not first.startswith(b"#!") or not words:
        return "its first line does not start with #!"
    if Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    if not words or shutil.which(words[0]) is None:
        return f"{words[0]} does not exist" if words else "it names no interpreter"
    return ""


def _verdict(context: Context, names: list[str], fault: str, advice: str) -> Finding | None:
    if names:
        return problem(", ".join(f"{name} {fault}" for name in names), advice)
    return ok("no problems") if any(_scripts(context)) else None


def _matching(context: Context, wrong: Callable[[Path], bool]) -> list[str]:
    return [_name(file, context) for file in _scripts(context) if wrong(file)]


def _scripts(context: Context) -> Iterator[Path]:
    return (file for file in _files(context) if file.suffix in (".sh", ".py"))


def _files(context: Context) -> Iterator[Path]:
    for stage in STAGES:
        for file in sorted((context.root / "init" / stage).rglob("*")):
            if file.is_file() and not file.name.startswith(".") and file.suffix != ".pyc":
                yield file


def _name(file: Path, context: Context) -> str:
    return str(file.relative_to(context.root))


def _a_folder(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
