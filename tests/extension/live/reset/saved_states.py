"""Saved states of the tests' LocalStack."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.extension.control import CONTROL_HEADERS, call

LIMIT_SECONDS = 10


class SavedState:
    """A saved state.

    Parameters
    ----------
    endpoint
        The URL of LocalStack.
    """

    def __init__(self, endpoint: str, name: str) -> None:
        self._endpoint, self.name = endpoint, name

    def save(self) -> None:
        call("PUT", f"{self._endpoint}/_testbed/states/{self.name}")

    def restore(self) -> dict[str, Any]:
        """Return to this state; return the report."""
        return call("POST", f"{self._endpoint}/_testbed/reset", {"state": self.name})

    def empty(self) -> dict[str, Any]:
        """Empty LocalStack; return the report."""
        return call("POST", f"{self._endpoint}/_testbed/reset", {})

    def forget(self) -> None:
        url = f"{self._endpoint}/_testbed/states/{self.name}"
        response = requests.delete(url, headers=CONTROL_HEADERS, timeout=LIMIT_SECONDS)
        response.raise_for_status()


@contextmanager
def saved(endpoint: str, name: str) -> Iterator[SavedState]:
    """Save the state, and return to it at the end of the block."""
    state = SavedState(endpoint, name)
    state.save()
    try:
        yield state
    finally:
        state.restore()
        state.forget()
