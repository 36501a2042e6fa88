"""Words for people: what strangers' servers say, made safe for mail subjects, logs and JSON."""

import socket
import ssl
import unicodedata
from collections.abc import Iterator
from datetime import timedelta

REASON_LENGTH = 200
"""Characters that the reason of an outage may have."""


def one_line(text: str, limit: int = REASON_LENGTH) -> str:
    """Put *text* on one line of at most *limit* characters.

    Control and formatting characters (line ends, escapes, text direction marks) and separators
    become spaces: what a site sends must not forge a second line or hide a part of the first.
    """
    # Cut before the work: a hostile text may be megabytes long.
    head = text[: 4 * limit]
    printable = (" " if unicodedata.category(char)[0] in "CZ" else char for char in head)
    line = " ".join("".join(printable).split())
    if len(line) <= limit and len(head) == len(text):
        return line
    return line[: limit - 1] + "…"


def describe(error: BaseException) -> str:
    """An error's own words on one line."""
    return one_line(str(error)) or type(error).__name__


def describe_connection(error: BaseException) -> str:
    """Say in one line why a site could not be reached.

    Clients wrap the system's error in several of their own, which say less.
    """
    chain = list(_chain(error))
    system = [each for each in chain if isinstance(each, OSError) and each.errno is not None]
    match system[-1] if system else chain[0]:
        case ssl.SSLCertVerificationError() as untrusted:
            return one_line(f"certificate not trusted: {untrusted.verify_message}")
        case ssl.SSLError() as failed:
            return one_line(f"TLS failed: {failed.strerror}")
        case socket.gaierror() as unresolved:
            return one_line(f"host name not resolved: {unresolved.strerror}")
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionResetError():
            return "connection reset"
        case other:
            return describe(other)


def duration(length: timedelta) -> str:
    """Write a length of time by its two greatest units: ``2 h 5 min``, ``3 min 20 s``, ``4 s``."""
    seconds = round(length.total_seconds())
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, unit in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and so on; of a group, the first error in it.

    The context is followed, too, even a suppressed one: httpcore raises its errors "from None".
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
            continue
        yield error
        error = error.__cause__ or error.__context__
