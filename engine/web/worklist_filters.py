"""What a visitor narrows the worklist to: it lives in the address, so that it can be linked, saved and gone back to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select
from werkzeug.datastructures import MultiDict

from engine import text
from engine.approvals.approval import Status
from engine.machine import Actor
from engine.roles.directory_tables import accounts
from engine.tables import approvals
from engine.transaction import Engine
from engine.web import asked, paging
from engine.web.asked import Shown
from engine.web.asked_order import sorts
from engine.web.dates import ZONE

Named = Callable[[str, str], Select[tuple[str]]]
"""Returns the ids of a trust's persons whose name contains a text, which is in lower case."""

_LONGEST_SEARCH: Final = 80
_LONGEST_CODE: Final = 80
_c = approvals.c


class Due(StrEnum):
    """By when an answer is due; the value stands in addresses and in saved views."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """One list and what it is narrowed to; an empty value narrows nothing."""

    show: Shown = Shown.OPEN
    kind: str = ""
    role: str = ""
    organisation: str = ""
    due: str = ""
    state: str = ""
    q: str = ""
    sort: str = ""

    @property
    def narrowed(self) -> bool:
        """Say whether anything is left out of the list."""
        return any((self.kind, self.role, self.organisation, self.due, self.state, self.q))

    def query(self) -> dict[str, Any]:
        """Return what stands in the address."""
        said = {name: str(getattr(self, name)) for name in self.__slots__}
        return {name: value for name, value in said.items() if value}

    def written(self) -> str:
        """Return the query string by which the list is saved."""
        return urlencode(self.query())

    def of(self, show: Shown) -> Filters:
        """Return another list, narrowed in the same way as far as it can be."""
        ended = show is Shown.CLOSED
        state = self.state if self.state in states(show) else ""
        sort = self.sort if self.sort in sorts(ended=ended) else ""
        return replace(self, show=show, state=state, sort=sort)


def read(arguments: Mapping[str, str] | MultiDict[str, str]) -> Filters:
    """Read an address; what is no filter of ours narrows nothing."""

    def code(name: str) -> str:
        return text.clean(arguments.get(name, ""), _LONGEST_CODE)

    show = Shown(code("show")) if code("show") in set(Shown) else Shown.OPEN
    return Filters(
        show=show,
        kind=code("kind"),
        role=code("role"),
        organisation=code("organisation"),
        due=code("due") if code("due") in set(Due) else "",
        state=code("state") if code("state") in states(show) else "",
        q=text.clean(arguments.get("q", ""), _LONGEST_SEARCH),
        sort=code("sort") if code("sort") in sorts(ended=show is Shown.CLOSED) else "",
    )


def states(show: Shown) -> tuple[str, ...]:
    """Return the states in which the approvals of a list can be."""
    return asked.ENDED if show is Shown.CLOSED else (Status.OPEN, Status.MORE_INFO, Status.ERROR)


def by_account(trust: str, part: str) -> Select[tuple[str]]:
    """Return the persons whose account bears a name: all that the engine itself knows of names (`Named`)."""
    named = func.lower(accounts.c.name).contains(part, autoescape=True)
    return select(accounts.c.person).where(accounts.c.trust == trust, accounts.c.person.is_not(None), named)


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of the worklist, narrowed as visitors wish; `named` finds persons by name."""

    engine: Engine
    named: Named = by_account

    def page(
        self, connection: Connection, trust: str, actor: Actor, filters: Filters, cursor: str | None
    ) -> paging.Page:
        """Return a page of a list. Raises `Invalid` for a cursor that no page gave out."""
        where = self._where(trust, filters)
        return asked.asked_of(connection, trust, actor, filters.show, cursor, where=where, sort=filters.sort)

    def counts(self, connection: Connection, trust: str, actor: Actor, filters: Filters) -> Mapping[Shown, int]:
        """Return how many each list has that are narrowed in the same way."""
        return asked.counts(connection, trust, actor, self._where(trust, replace(filters, state="")))

    def beside(
        self, connection: Connection, trust: str, actor: Actor, filters: Filters, row: RowMapping
    ) -> dict[str, str | None]:
        """Return the ids of what comes before and after one in a list, from the end round to the beginning again."""
        where = self._where(trust, filters)
        look: dict[str, Any] = {"where": where, "sort": filters.sort}
        following = asked.after(connection, trust, actor, filters.show, row, **look)
        if following is None:
            first = asked.asked_of(connection, trust, actor, filters.show, where=where, sort=filters.sort, limit=1)
            following = next((one["id"] for one in first.rows if one["id"] != row["id"]), None)
        return {
            "next": following,
            "previous": asked.after(connection, trust, actor, filters.show, row, backwards=True, **look),
        }

    def _where(self, trust: str, filters: Filters) -> list[ColumnElement[bool]]:
        exact = ("kind", "role", "organisation", "state")
        wanted = [_c[name] == getattr(filters, name) for name in exact if getattr(filters, name)]
        return [*wanted, *_due(filters, self.engine.clock()), *self._searched(trust, filters.q.lower())]

    def _searched(self, trust: str, part: str) -> Iterator[ColumnElement[bool]]:
        if part:
            titled = func.lower(_c.title).contains(part, autoescape=True)
            yield or_(titled, _c.subject_person.in_(self.named(trust, part)))


def _due(filters: Filters, now: datetime) -> Iterator[ColumnElement[bool]]:
    """Choose by when an answer is due, in days of the trust's own clock; midnight ends the day before it."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    ends = {Due.TODAY: today + timedelta(days=1), Due.WEEK: today + timedelta(days=7 - today.weekday())}
    if filters.due == Due.OVERDUE:
        yield _c.due_at < now
    elif filters.due:
        midnight = datetime.combine(ends[Due(filters.due)], time.min, ZoneInfo(ZONE)).astimezone(UTC)
        yield _c.due_at.between(now, midnight)
