"""The clock of schedules, which can be ahead of real time."""

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset that decreases only at a reset."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """The difference to real time."""
        return self._offset

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC) + self._offset

    def set_offset(self, offset: timedelta) -> None:
        """Set the difference to real time, which may set the clock back."""
        with self._lock:
            self._offset = offset

    def move_to(self, moment: datetime) -> None:
        """Advance the clock to ``moment``; do nothing if that is in the past."""
        with self._lock:
            self._offset = max(self._offset, moment - datetime.now(UTC))
