"""Messages of log lines as people read them: tracebacks as Python prints them.

Lambda writes a traceback as one log event: with no-break spaces and, in some environments, carriage
returns; or as the list ``stackTrace`` of a JSON object.
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

TRACEBACK = "Traceback (most recent call last):"

_NO_BREAK_SPACE = "\u00a0"
_FILE = re.compile(r'(?<=  File ")[^"]+(?=", line )')
_ERROR = re.compile(rf"\[ERROR\] (?P<error>.*?)[\r\n]+{re.escape(TRACEBACK)}(?P<frames>.*)", re.S)

PlatformEvent = Literal["start", "runtimeDone", "report"]
"""What Lambda itself logs about an invocation, by the names of the log format JSON.

https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
"""

_PLATFORM_TEXTS: dict[PlatformEvent, str] = {
    "start": "START RequestId: ",
    "runtimeDone": "END RequestId: ",
    "report": "REPORT RequestId: ",
}
_PLATFORM_EVENT = re.compile(r'"type": ?"platform\.(\w+)"')


def is_platform_line(message: str, *kinds: PlatformEvent) -> bool:
    """Return whether a line is Lambda's own, of one of some kinds, in either log format."""
    if message.startswith("{"):
        found = _PLATFORM_EVENT.search(message)
        return found is not None and found[1] in kinds
    return message.startswith(tuple(_PLATFORM_TEXTS[kind] for kind in kinds))


def parsed(message: str) -> dict[str, Any] | None:
    """Return the JSON object in a message, or None if it is anything else."""
    if not message.startswith("{"):
        return None
    try:
        content = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def readable(message: str, name_file: Callable[[str], str] = lambda path: path) -> str:
    """Return a message with line breaks, and with a traceback as Python prints it.

    Parameters
    ----------
    name_file
        Returns how to name a file in a traceback, such as ``src/app.py`` for ``/var/task/app.py``.
    """

    def with_names(text: str) -> str:
        return _FILE.sub(lambda match: name_file(match[0]), text)

    content = parsed(message)
    if content is not None and isinstance(content.get("stackTrace"), list):
        return with_names(_structured(content))
    lines = message.replace("\r\n", "\n").replace("\r", "\n")
    if TRACEBACK not in lines:
        return lines
    lines = lines.replace(_NO_BREAK_SPACE, " ")
    if found := _ERROR.fullmatch(lines):
        frames = found["frames"].strip("\n")
        # There are no frames of an error while the module was loaded.
        traceback = f"{TRACEBACK}\n{frames}\n" if frames else ""
        lines = f"[ERROR] {traceback}{found['error']}"
    return with_names(lines)


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
