"""Waiting for a condition in tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, TypeVar

from testbed.machine.waiting import WaitedTooLong, until
from testbed.pytest_plugin.fixture_types import WITHIN_SECONDS

T = TypeVar("T")

# Codes of AWS's services: NoSuchKey, NoSuchBucket, NoSuchEntity, 404 (HeadObject), NotFound,
# ResourceNotFoundException, QueueDoesNotExist, AWS.SimpleQueueService.NonExistentQueue …
_DOES_NOT_EXIST = re.compile(r"^NoSuch|^404$|NotFound|DoesNotExist|NonExistent|NotExist")


class StillFalseError(AssertionError):
    """A condition did not become true within its limit.

    Examples
    --------
    ::

        import pytest

        from testbed import Eventually, StillFalseError


        def test_nothing_arrives(eventually: Eventually) -> None:
            with pytest.raises(StillFalseError, match="The condition was still false after 0.1 s"):
                eventually(lambda: [], within=0.1)
    """


def eventually(
    condition: Callable[[], T | None], *, within: float = WITHIN_SECONDS, what: str = ""
) -> T:
    """Call a function until it returns something true, as :class:`Eventually` describes."""
    __tracebackhide__ = True
    last = _LastCall(condition)
    try:
        return until(last.result, within=within, what=what or "true result")
    except WaitedTooLong:
        problem = f"There was still no {what}" if what else "The condition was still false"
        raise StillFalseError(f"{problem} after {within:g} s. {last.outcome}") from last.failure


def _means_not_yet(error: Exception) -> bool:
    """Return whether an assertion failed, or AWS says that something does not exist."""
    if isinstance(error, AssertionError):
        return True
    # The error of the AWS SDK is recognized without importing it.
    response = getattr(error, "response", None)
    failure = response.get("Error") if isinstance(response, dict) else None
    if not isinstance(failure, dict):
        return False
    code, message = str(failure.get("Code")), str(failure.get("Message"))
    return bool(_DOES_NOT_EXIST.search(code)) or (
        code == "ValidationError" and "does not exist" in message  # CloudFormation
    )


class _LastCall(Generic[T]):
    """A condition's last call: its result, or the error that means "not yet"."""

    def __init__(self, condition: Callable[[], T | None]) -> None:
        self._condition = condition
        self._returned: object = None
        self.failure: Exception | None = None

    def result(self) -> T | None:
        """Call the condition; return None if it raises an AssertionError."""
        self.failure = None
        try:
            self._returned = result = self._condition()
        except Exception as error:
            if not _means_not_yet(error):
                raise
            self.failure = error
            return None
        return result

    @property
    def outcome(self) -> str:
        """What the last call returned or raised, as a sentence."""
        return str(self.failure) if self.failure else f"The last result was {self._returned!r}."
