"""The Python runtimes of Lambda: when AWS deprecates each of them, and what it rejects since then.

The dates are those of https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, as of
August 2026; the package cfn-lint (1.58) has the same. AWS has postponed some of them several times.
"""

from datetime import UTC, date, datetime
from typing import NamedTuple

NEWEST = "python3.14"


class Lifecycle(NamedTuple):
    """When a runtime is deprecated, and from when on functions cannot be created or updated."""

    deprecated: date
    create_blocked: date
    update_blocked: date


PYTHON_RUNTIMES = {
    "python2.7": Lifecycle(date(2021, 7, 15), date(2021, 7, 15), date(2022, 5, 30)),
    "python3.6": Lifecycle(date(2022, 7, 18), date(2022, 7, 18), date(2022, 8, 29)),
    "python3.7": Lifecycle(date(2023, 12, 4), date(2024, 1, 9), date(2027, 3, 3)),
    "python3.8": Lifecycle(date(2024, 10, 14), date(2027, 2, 1), date(2027, 3, 3)),
    "python3.9": Lifecycle(date(2025, 12, 15), date(2027, 2, 1), date(2027, 3, 3)),
    "python3.10": Lifecycle(date(2026, 10, 31), date(2027, 2, 1), date(2027, 3, 3)),
    "python3.11": Lifecycle(date(2027, 6, 30), date(2027, 7, 31), date(2027, 8, 31)),
    "python3.12": Lifecycle(date(2028, 10, 31), date(2028, 11, 30), date(2029, 1, 10)),
    "python3.13": Lifecycle(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
    "python3.14": Lifecycle(date(2029, 6, 30), date(2029, 7, 31), date(2029, 8, 31)),
}


def today() -> date:
    """Return the date in UTC, by the machine's clock."""
    return datetime.now(UTC).date()


def rejection(runtime: str, *, update: bool, on: date) -> str | None:
    """Return AWS's message if functions cannot have a runtime on a date, else None.

    >>> rejection("python3.12", update=False, on=date(2026, 8, 1))
    >>> rejection("python3.7", update=False, on=date(2026, 8, 1))[:35]
    'The runtime parameter of python3.7 '
    """
    lifecycle = PYTHON_RUNTIMES.get(runtime)
    if lifecycle is None:
        return None
    if on < (lifecycle.update_blocked if update else lifecycle.create_blocked):
        return None
    return (
        f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS "
        f"Lambda functions. We recommend you use the new runtime ({NEWEST}) while creating or "
        "updating functions."
    )


def deprecation(runtime: str, on: date) -> date | None:
    """Return since when a runtime is deprecated, or None if it is not on a date."""
    lifecycle = PYTHON_RUNTIMES.get(runtime)
    return lifecycle.deprecated if lifecycle and lifecycle.deprecated <= on else None
