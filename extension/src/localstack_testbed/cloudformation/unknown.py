"""The value that stands for what is not known yet."""

from collections.abc import Mapping
from typing import Any, Final, final


@final
class Unknown:
    """The value of something that is known only when a resource exists."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""The only value of its class. What is made of an unknown value is unknown."""


def has_unknown(value: Any) -> bool:
    """Return whether a value is unknown, or a part of it is."""
    if isinstance(value, Mapping):
        return any(has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(has_unknown(each) for each in value)
    return value is UNKNOWN
