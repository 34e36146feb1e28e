"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class FrozenClock:
    """Called like the real clock, it answers an aware UTC datetime."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def advance(self, step: timedelta) -> datetime:
        """Move on by a step, and return the new time."""
        return self.set(self._now + step)

    def set(self, moment: datetime) -> datetime:
        """Move to an aware datetime, and return it in UTC."""
        self._now = moment.astimezone(UTC)
        return self._now
