"""What is asked of the roles that somebody holds, as pages and the API list it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, literal, or_, select, tuple_

from engine.approvals import Status
from engine.directory_tables import organisations, roles
from engine.errors import Missing
from engine.machine import Actor
from engine.tables import Instant, approvals
from engine.web import paging

PAGE: Final = 25
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


class Shown(StrEnum):
    """Which approvals a page lists; the value stands in its address."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """How a list is sorted: by a moment and the id, both in the same direction."""

    states: tuple[Status, ...]
    moment: ColumnElement[datetime]
    falling: bool


_DUE = func.coalesce(approvals.c.due_at, literal(_NEVER, Instant()), type_=Instant()).label("due")
_ORDERS: Final[Mapping[Shown, _Order]] = {
    Shown.OPEN: _Order(states=(Status.OPEN, Status.ERROR), moment=_DUE, falling=False),
    Shown.CLOSED: _Order(
        states=(Status.CLOSED, Status.CANCELED, Status.TIMED_OUT), moment=approvals.c.closed_at, falling=True
    ),
}


def asked_of(connection: Connection, trust: str, actor: Actor, shown: Shown, cursor: str | None = None) -> paging.Page:
    """Return a page of what is asked of an actor: open ones by due date, closed ones the latest first.

    Each row has the titles of its role and place too. Raises `Invalid` for a cursor that no page gave out.
    """
    order = _ORDERS[shown]
    chosen = _titled(trust, actor).where(approvals.c.state.in_(order.states))
    keys = [order.moment, approvals.c.id]
    return paging.page(connection, chosen, keys, cursor=cursor, limit=PAGE, newest_first=order.falling)


def counts(connection: Connection, trust: str, actor: Actor) -> Mapping[Shown, int]:
    """Return how many approvals each list has for an actor."""
    chosen = select(approvals.c.state, func.count()).where(_mine(trust, actor)).group_by(approvals.c.state)
    by_state = {row[0]: row[1] for row in connection.execute(chosen)}
    return {shown: sum(by_state.get(state, 0) for state in order.states) for shown, order in _ORDERS.items()}


def one_of(connection: Connection, trust: str, actor: Actor, approval: str) -> RowMapping:
    """Return one approval that is or was asked of an actor. Raises `Missing`, also for somebody else's."""
    row = connection.execute(_titled(trust, actor).where(approvals.c.id == approval)).mappings().one_or_none()
    if row is None:
        raise Missing("There is no such question, or it was asked of a role that you do not hold.")
    return row


def _titled(trust: str, actor: Actor) -> Select[Any]:
    role = and_(
        roles.c.trust == approvals.c.trust,
        roles.c.role == approvals.c.role,
        roles.c.organisation == approvals.c.organisation,
    )
    place = and_(organisations.c.trust == approvals.c.trust, organisations.c.id == approvals.c.organisation)
    named = (
        func.coalesce(roles.c.title, approvals.c.role).label("role_title"),
        func.coalesce(organisations.c.name, "").label("place"),
        _DUE,
    )
    return select(approvals, *named).outerjoin(roles, role).outerjoin(organisations, place).where(_mine(trust, actor))


def _mine(trust: str, actor: Actor) -> ColumnElement[bool]:
    """Choose what was asked of a role that the actor holds where it was found, and is about somebody else."""
    others = or_(approvals.c.subject_person.is_(None), approvals.c.subject_person != (actor.person or ""))
    held = tuple_(approvals.c.role, approvals.c.organisation).in_(sorted(actor.grants))
    return and_(approvals.c.trust == trust, held, others)
