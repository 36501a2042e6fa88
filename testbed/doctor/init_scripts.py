"""The scripts in ``init/``, which LocalStack runs.

https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from testbed.doctor.finding import Finding, looks_at, ok, problem, warning
from testbed.doctor.place import Place

STAGES = ("boot.d", "start.d", "ready.d", "shutdown.d")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@looks_at("init scripts")
def kinds(place: Place) -> Finding:
    """Look for files that LocalStack passes over, and stages that it does not know."""
    folder = place.root / "init"
    if not folder.is_dir():
        return warning(
            f"there is no {folder}, so LocalStack starts empty", "Deploy with: testbed deploy"
        )
    unknown = sorted(
        entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name not in STAGES
    )
    if unknown:
        return warning(
            f"LocalStack knows no stage {', '.join(unknown)}",
            f"Rename {_a_folder(unknown)} to one of {', '.join(STAGES)}.",
        )
    ignored = [_name(file, place) for file in _files(place) if file.suffix not in (".sh", ".py")]
    if ignored:
        return warning(
            f"LocalStack passes over {', '.join(ignored)}",
            "It runs files whose names end in .sh or .py: rename them, or take them away.",
        )
    scripts = [_name(file, place) for file in _scripts(place)]
    return ok(", ".join(scripts) or "none")


@looks_at("run bits of init scripts")
def run_bits(place: Place) -> Finding | None:
    """Look for shell scripts that may not be run."""
    names = _those(place, lambda file: file.suffix == ".sh" and not os.access(file, os.X_OK))
    return _verdict(
        place,
        names,
        "may not be run",
        f"chmod +x {' '.join(names)}; for other clones: git update-index --chmod=+x FILE",
    )


@looks_at("line ends of init scripts")
def line_ends(place: Place) -> Finding | None:
    """Look for the line ends of Windows, which are part of the interpreter's name for a system."""
    names = _those(place, lambda file: file.suffix == ".sh" and b"\r\n" in file.read_bytes())
    return _verdict(
        place,
        names,
        "ends lines with CR LF, as Windows does",
        "Convert them: sed -i.bak 's/\\r$//' FILE; and let .gitattributes say: *.sh text eol=lf",
    )


@looks_at("first bytes of init scripts")
def byte_order_marks(place: Place) -> Finding | None:
    """Look for a byte order mark, which hides the ``#!`` behind it."""
    names = _those(
        place,
        lambda file: file.suffix == ".sh" and file.read_bytes().startswith(_BYTE_ORDER_MARK),
    )
    return _verdict(
        place,
        names,
        "begins with a byte order mark",
        "Save them as UTF-8 without one.",
    )


@looks_at("interpreters of init scripts")
def interpreters(place: Place) -> Finding | None:
    """Look for shell scripts that name no interpreter, or one that is not here."""
    names = [
        f"{_name(file, place)} ({reason})"
        for file in _scripts(place)
        if file.suffix == ".sh" and (reason := _missing_interpreter(file))
    ]
    return _verdict(
        place,
        names,
        "cannot be started",
        "Begin a script with: #!/bin/sh",
    )


def _missing_interpreter(script: Path) -> str:
    first = script.read_bytes().removeprefix(_BYTE_ORDER_MARK).split(b"\n", 1)[0]
    words = first.decode(errors="replace").removeprefix("#!").split()
    if not first.startswith(b"#!") or not words:
        return "its first line does not begin with #!"
    if Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    if not words or shutil.which(words[0]) is None:
        return f"there is no {words[0] if words else 'interpreter'}"
    return ""


def _verdict(place: Place, names: list[str], fault: str, advice: str) -> Finding | None:
    if names:
        return problem(f"{', '.join(names)}: {fault}", advice)
    return ok("as they should be") if any(_scripts(place)) else None


def _those(place: Place, wrong: Callable[[Path], bool]) -> list[str]:
    return [_name(file, place) for file in _scripts(place) if wrong(file)]


def _scripts(place: Place) -> Iterator[Path]:
    return (file for file in _files(place) if file.suffix in (".sh", ".py"))


def _files(place: Place) -> Iterator[Path]:
    for stage in STAGES:
        for file in sorted((place.root / "init" / stage).rglob("*")):
            if file.is_file() and not file.name.startswith(".") and file.suffix != ".pyc":
                yield file


def _name(file: Path, place: Place) -> str:
    return str(file.relative_to(place.root))


def _a_folder(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"
