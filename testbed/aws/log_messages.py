"""Messages of log lines as people read them: tracebacks as Python prints them.

Lambda writes a traceback as one log event: with no-break spaces and, in some environments, carriage
returns; or as the list ``stackTrace`` of a JSON object.
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TRACEBACK = "Traceback (most recent call last):"

TASK_FOLDER = "/var/task/"
"""The folder of a function's code, as its tracebacks name it."""

_NO_BREAK_SPACE = "\u00a0"
_TASK_FILE = re.compile(rf'(?<=File "){TASK_FOLDER}([^"]+)(?=")')
_ERROR = re.compile(rf"\[ERROR\] (?P<error>.*?)[\r\n]+{re.escape(TRACEBACK)}(?P<frames>.*)", re.S)


def parsed(message: str) -> dict[str, Any] | None:
    """Return the JSON object in a message, or None if it is anything else."""
    if not message.startswith("{"):
        return None
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def readable(message: str, folder: Path | None = None) -> str:
    """Return a message with a traceback as Python prints it, and any other one unchanged.

    Parameters
    ----------
    folder
        The folder of the function's source code: files in ``/var/task`` that are in it are named
        by their paths in the current folder.
    """
    content = parsed(message)
    if content is not None and isinstance(content.get("stackTrace"), list):
        return _from_source(_structured(content), folder)
    lines = message.replace("\r\n", "\n").replace("\r", "\n").replace(_NO_BREAK_SPACE, " ")
    if found := _ERROR.fullmatch(lines):
        frames = found["frames"].strip("\n")
        lines = f"[ERROR] {TRACEBACK}\n{frames}\n{found['error']}"
        if not frames:  # such as an error while the module was loaded
            lines = f"[ERROR] {found['error']}"
    elif TRACEBACK not in message:
        return message
    return _from_source(lines, folder)


def _structured(content: Mapping[str, Any]) -> str:
    frames = "".join(
        f"{each.rstrip()}\n" for each in content["stackTrace"] if isinstance(each, str)
    )
    kind, text = content.get("errorType") or "Error", content.get("errorMessage") or ""
    error = f"{kind}: {text}" if text else str(kind)
    said = content.get("message")
    level = content.get("level") or "ERROR"
    lines = [f"[{level}] {said}" if said else "", f"{TRACEBACK}\n{frames}{error}"]
    return "\n".join(filter(None, lines)) if said else f"[{level}] {lines[1]}"


def _from_source(text: str, folder: Path | None) -> str:
    if folder is None:
        return text

    def source(match: re.Match[str]) -> str:
        file = folder / match[1]
        if not file.is_file():
            return match[0]
        here = Path.cwd()
        return str(file.relative_to(here) if file.is_relative_to(here) else file)

    return _TASK_FILE.sub(source, text)
