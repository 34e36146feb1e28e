"""In which order a list of approvals comes: by a key and the id, both in the same direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, String, func, literal

from engine.tables import Instant, approvals

_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_c = approvals.c

DUE: Final = func.coalesce(_c.due_at, literal(_NEVER, Instant()), type_=Instant()).label("due")
TITLE: Final = func.lower(_c.title, type_=String()).label("sorted_title")


class Sort(StrEnum):
    """What a list is sorted by; the value stands in its address and in saved views."""

    DUE = "due"
    NEWEST = "newest"
    OLDEST = "oldest"
    ENDED = "ended"
    TITLE = "title"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The columns that a list is sorted by, together unique; `falling` where the last comes first."""

    keys: Sequence[ColumnElement[Any]]
    falling: bool = False


_ORDERS: Final[Mapping[Sort, Order]] = {
    Sort.DUE: Order(keys=(DUE, _c.id)),
    Sort.NEWEST: Order(keys=(_c.opened_at, _c.id), falling=True),
    Sort.OLDEST: Order(keys=(_c.opened_at, _c.id)),
    Sort.ENDED: Order(keys=(_c.closed_at, _c.id), falling=True),
    Sort.TITLE: Order(keys=(TITLE, _c.id)),
}


def sorts(*, ended: bool) -> tuple[Sort, ...]:
    """Return the ways in which a list can be sorted, the usual one first."""
    return (Sort.ENDED if ended else Sort.DUE, Sort.NEWEST, Sort.OLDEST, Sort.TITLE)


def order_of(sort: str, *, ended: bool) -> Order:
    """Return the order that is asked for by name, or else the usual one."""
    able = sorts(ended=ended)
    return _ORDERS[Sort(sort) if sort in able else able[0]]
