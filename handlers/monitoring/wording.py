"""Texts for people, made from the output of untrusted servers: safe in emails, logs and JSON."""

import socket
import ssl
import unicodedata
from datetime import timedelta

REASON_LENGTH = 200
"""The length limit of an outage's reason, in characters."""


def one_line(text: str, limit: int = REASON_LENGTH) -> str:
    """Return *text* on one line of at most *limit* characters.

    Control and formatting characters (line ends, escapes, text direction marks) and separators are
    replaced by spaces: a site must not be able to forge a second line or hide a part of the first.
    """
    # Truncated first: a hostile text may be megabytes long.
    head = text[: 4 * limit]
    printable = (" " if unicodedata.category(char)[0] in "CZ" else char for char in head)
    line = " ".join("".join(printable).split())
    if len(line) <= limit and len(head) == len(text):
        return line
    return line[: limit - 1] + "…"


def describe(error: BaseException) -> str:
    """Return the message of an error on one line."""
    return one_line(str(error)) or type(error).__name__


def describe_connection(error: OSError) -> str:
    """Return in one line why a site could not be reached."""
    match error:
        case ssl.SSLCertVerificationError():
            return one_line(f"certificate not trusted: {error.verify_message}")
        case ssl.SSLError():
            return one_line(f"TLS failed: {error.strerror}")
        case socket.gaierror():
            return one_line(f"host name not resolved: {error.strerror}")
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionResetError() | BrokenPipeError():
            return "connection reset"
        case _:
            return describe(error)


def duration(length: timedelta) -> str:
    """Return a duration in its two largest units: ``2 h 5 min``, ``3 min 20 s``, ``4 s``."""
    seconds = round(length.total_seconds())
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, unit in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
