"""How the queues stand, in figures: what waits, how long, what is late and what was set aside, and whom nobody sees.

One statement for all queues of a trust or of all trusts; no figure names anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    case,
    func,
    literal_column,
    select,
    type_coerce,
    union_all,
)

from engine import rehearsals
from engine.identifiers import encode
from engine.incident import Status
from engine.incident_tables import incidents
from engine.jobs import EVERYWHERE
from engine.outgoing.outbox import WAITING, Delivery, standing
from engine.roles.directory_tables import organisations
from engine.tables import Instant, approvals, jobs, outbox, timers

DAY: Final = timedelta(days=1)
_RANDOM_BITS: Final = 80
_MEANT: Final = outbox.c.kind != literal_column(f"'{rehearsals.KIND}'")
"""Letters that are meant for their readers: a test of a template counts nowhere."""
_AT_REST: Final = ("CLOSED", "CANCELED", "TIMED_OUT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How much of one name stands in one queue: all of it, what of it is late, and since when the oldest waits."""

    queue: str
    name: str
    count: int
    late: int = 0
    oldest: datetime | None = None

    def age(self, now: datetime) -> float:
        """Return for how many seconds the oldest has waited; 0 for one that is still to come."""
        return max(0.0, (now - self.oldest).total_seconds()) if self.oldest else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All queues at one moment."""

    at: datetime
    all: tuple[Figure, ...]
    lately: Mapping[str, int]

    def of(self, queue: str) -> tuple[Figure, ...]:
        """Return the figures of one queue, by name."""
        return tuple(one for one in self.all if one.queue == queue)

    @property
    def unsent(self) -> tuple[Figure, ...]:
        """Return the figures of the letters that go by themselves."""
        return tuple(one for one in self.of("outbox") if one.name in WAITING)

    @property
    def oldest_unsent(self) -> float:
        """Return for how many seconds the oldest unsent letter has waited."""
        return max((one.age(self.at) for one in self.unsent), default=0.0)


def read(connection: Connection, now: datetime, trust: str | None = None) -> Figures:
    """Return the figures of a trust, or of all; `lately` counts by state the letters of the last 24 hours."""
    queues = union_all(
        *_outbox(trust), _timers(trust, now), _jobs(trust, now), _approvals(trust, now), _incidents(trust)
    )
    rows = connection.execute(queues).mappings().all()
    found = sorted((Figure(**row) for row in rows), key=lambda one: (one.queue, one.name))
    return Figures(at=now, all=tuple(found), lately=_lately(connection, now, trust))


def _outbox(trust: str | None) -> tuple[Select[Any], ...]:
    """Ask each partial index by itself, for what was sent is most of the table: SQLite uses none for both at once."""
    letters = _figures("outbox", outbox, outbox.c.state, outbox.c.queued_at, trust).where(_MEANT)
    return letters.where(standing(outbox)), letters.where(standing(outbox, (Delivery.PARKED,)))


def _timers(trust: str | None, now: datetime) -> Select[Any]:
    name = case((timers.c.incident.is_(None), "DUE"), else_="PARKED")
    return _figures("timers", timers, name, timers.c.due_at, trust).where(timers.c.due_at <= now)


def _jobs(trust: str | None, now: datetime) -> Select[Any]:
    late = (jobs.c.due_at <= now) & (jobs.c.state == literal_column("'WAITING'"))
    chosen = _figures("jobs", jobs, jobs.c.state, jobs.c.due_at, None, late)
    chosen = chosen.where(jobs.c.state.in_([literal_column(f"'{state}'") for state in ("WAITING", "RUNNING", "DEAD")]))
    return chosen if trust is None else chosen.where(jobs.c.trust.in_((trust, EVERYWHERE)))


def _approvals(trust: str | None, now: datetime) -> Select[Any]:
    late = approvals.c.due_at < now
    chosen = _figures("approvals", approvals, approvals.c.role, approvals.c.opened_at, trust, late)
    return chosen.where(approvals.c.state.not_in(_AT_REST))


def _incidents(trust: str | None) -> Select[Any]:
    standing = incidents.c.state == literal_column(f"'{Status.OPEN}'")
    return _figures("incidents", incidents, incidents.c.source, incidents.c.raised_at, trust).where(standing)


def _figures(  # noqa: PLR0913, PLR0917 - a figure has as many sides
    queue: str,
    table: Table,
    name: ColumnElement[Any],
    since: ColumnElement[Any],
    trust: str | None,
    late: ColumnElement[bool] | None = None,
) -> Select[Any]:
    counted: ColumnElement[Any] = literal_column("0") if late is None else func.sum(case((late, 1), else_=0))
    chosen = select(
        literal_column(f"'{queue}'").label("queue"),
        name.label("name"),
        func.count().label("count"),
        counted.label("late"),
        type_coerce(func.min(since), Instant).label("oldest"),
    ).select_from(table)
    mine = chosen if trust is None else chosen.where(table.c.trust == trust)
    return mine.group_by(name)


def _lately(connection: Connection, now: datetime, trust: str | None) -> Mapping[str, int]:
    """Count by state what was queued within a day; the keys begin with the time, so that only a day is read."""
    since = encode(int((now - DAY).timestamp() * 1000) << _RANDOM_BITS)
    trusts: Any = (trust,) if trust else select(organisations.c.id).where(organisations.c.parent.is_(None))
    chosen = select(outbox.c.state, func.count().label("many")).where(outbox.c.trust.in_(trusts), outbox.c.id >= since)
    chosen = chosen.where(_MEANT)
    return {row.state: row.many for row in connection.execute(chosen.group_by(outbox.c.state))}
