"""The time that schedules go by: the real one, or one that was moved forward."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset, which only grows."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """How far the clock is ahead of real time."""
        return self._offset

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC) + self._offset

    def move_to(self, moment: datetime) -> None:
        """Make it ``moment`` now, if that is in the future."""
        with self._lock:
            self._offset = max(self._offset, moment - datetime.now(UTC))
