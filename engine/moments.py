"""How a database keeps a moment: PostgreSQL as it is, SQLite as text in UTC without a zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def aware(value: datetime | None) -> datetime | None:
    """Refuse a naive moment with a `ValueError`: nobody knows when it is."""
    if value is not None and value.tzinfo is None:
        raise _naive()
    return value


def _naive() -> ValueError:
    return ValueError("a moment without a zone")


def written(value: datetime | None) -> str | None:
    """Write an aware moment as SQLAlchemy does on SQLite."""
    if value is None:
        return None
    if value.tzinfo is UTC:
        return _text(value)
    if value.tzinfo is None:
        raise _naive()
    return _text(value.astimezone(UTC))


@lru_cache(maxsize=64)
def _text(moment: datetime) -> str:
    """Write a moment of UTC, once for all that one commit writes with it."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def read(value: str | None) -> datetime | None:
    """Read what `written` wrote."""
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def in_utc(value: datetime | None) -> datetime | None:
    """Return an aware moment in UTC."""
    return None if value is None else value.astimezone(UTC)
