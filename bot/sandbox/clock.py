"""The sandbox's time: the machine's clock plus what somebody pushed it ahead by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SandboxClock:
    """A clock that can be pushed ahead, never back. Times are aware, in UTC."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the sandbox's present."""
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> datetime:
        """Push the clock ahead and return the new present. Raises ValueError for a step back."""
        if by < timedelta():
            raise ValueError("The sandbox's clock only goes ahead.")
        self._ahead += by
        return self.now()
