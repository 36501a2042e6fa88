"""What a check says."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from testbed.doctor.place import Place


class Level(StrEnum):
    """How bad it is: a problem stops ``testbed up``, a warning does not."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What one check has found.

    Parameters
    ----------
    found
        What is so.
    advice
        What to do about it; empty if all is well.
    subject
        What was looked at.
    """

    level: Level
    found: str
    advice: str = ""
    subject: str = ""


def ok(found: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(Level.OK, found)


def warning(found: str, advice: str) -> Finding:
    """Return the finding that something may go wrong."""
    return Finding(Level.WARNING, found, advice)


def problem(found: str, advice: str) -> Finding:
    """Return the finding that ``testbed up`` cannot work."""
    return Finding(Level.PROBLEM, found, advice)


Check = Callable[[Place], Finding | None]


def looks_at(subject: str) -> Callable[[Check], Check]:
    """Make a function a check of a subject, which says so if it cannot look.

    The function returns None if there is nothing of its subject to look at.
    """

    def decorate(check: Check) -> Check:
        @functools.wraps(check)
        def look(place: Place) -> Finding | None:
            try:
                finding = check(place)
            except Exception as error:  # whatever it is: the other checks are to go on
                finding = warning(f"cannot be looked at: {error or type(error).__name__}", "")
            return replace(finding, subject=subject) if finding else None

        return look

    return decorate
