"""The value that stands for what is not known yet."""

from typing import Final, final


@final
class Unknown:
    """The value of something that is known only when a resource exists."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""The only value of its class. What is made of an unknown value is unknown."""
