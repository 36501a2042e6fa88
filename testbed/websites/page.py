"""The page of a website, and how the website behaves instead of showing it."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

_STATUSES = range(200, 600)
"""The statuses of final responses: https://www.rfc-editor.org/rfc/rfc9110#section-15"""


@dataclass(frozen=True)
class Page:
    """The page of a website.

    Parameters
    ----------
    content_type
        The value of its header ``Content-Type``.
    """

    name: str
    content_type: str
    body: bytes

    @classmethod
    def of(cls, name: str, text: str, content_type: str = "text/html") -> Page:
        """Return the page with a text."""
        return cls(name, f"{content_type}; charset=utf-8", text.encode())


@dataclass(frozen=True)
class Behavior:
    """How a website answers requests.

    Parameters
    ----------
    down
        Whether it refuses connections.
    slow
        The delay of each answer, in seconds.
    answers
        The status that it answers with instead of the page, or None.
    """

    down: bool = False
    slow: float = 0.0
    answers: int | None = None

    def __str__(self) -> str:
        """Describe it in a few words.

        Examples
        --------
        ::

            assert str(Behavior(slow=2.5, answers=503)) == "slow (2.5 s), answers 503"
            assert str(Behavior()) == "up"
        """
        if self.down:
            return "down"
        words = [f"slow ({self.slow:g} s)"] if self.slow else []
        words += [f"answers {self.answers}"] if self.answers is not None else []
        return ", ".join(words) or "up"


def check_status(status: int) -> None:
    """Check that a website can answer with a status.

    Raises
    ------
    ValueError
        If it is not the status of a final response, from 200 to 599.
    """
    if status not in _STATUSES:
        raise ValueError(f"{status} is not the status of a final response (200 to 599)")


def phrase(status: int) -> str:
    """Return the reason phrase of a status, such as "Not Found"; its number if it has none."""
    return http.client.responses.get(status, str(status))
