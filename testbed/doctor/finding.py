"""What a check has found, and how serious it is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from testbed.doctor.context import Context


class Level(StrEnum):
    """The seriousness of a finding: a problem prevents ``testbed up``, a warning does not."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What one check has found.

    Parameters
    ----------
    found
        The state of the subject.
    advice
        How to fix it; empty if nothing is wrong.
    subject
        What was checked.
    """

    level: Level
    found: str
    advice: str = ""
    subject: str = ""


def ok(found: str) -> Finding:
    """Return a finding that nothing is wrong."""
    return Finding(Level.OK, found)


def warning(found: str, advice: str) -> Finding:
    """Return a finding that something may go wrong."""
    return Finding(Level.WARNING, found, advice)


def problem(found: str, advice: str) -> Finding:
    """Return a finding that prevents ``testbed up``."""
    return Finding(Level.PROBLEM, found, advice)


Check = Callable[[Context], Finding | None]


def checks(subject: str) -> Callable[[Check], Check]:
    """Decorate a check of a subject; if it raises an error, the finding is a warning that says so.

    The decorated function returns None if it does not apply.
    """

    def decorate(check: Check) -> Check:
        @functools.wraps(check)
        def run(context: Context) -> Finding | None:
            try:
                finding = check(context)
            except Exception as error:  # any error: the other checks must still run
                finding = warning(f"the check failed: {error or type(error).__name__}", "")
            return replace(finding, subject=subject) if finding else None

        return run

    return decorate
