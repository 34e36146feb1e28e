"""What is asked of somebody, in lists: theirs, their roles', what they delegated, what is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, case, func, not_, or_, select, tuple_

from engine.approvals.approval import STANDING, Status
from engine.errors import Missing
from engine.machine import Actor
from engine.roles.directory_tables import organisations, roles
from engine.tables import approvals
from engine.web import paging
from engine.web.asked_order import DUE, TITLE, Order, order_of

PAGE: Final = 25
ENDED: Final = (Status.CLOSED, Status.CANCELED, Status.TIMED_OUT)
_c = approvals.c


class Shown(StrEnum):
    """Which approvals a page lists; the value stands in its address and in saved views."""

    OPEN = "open"
    MINE = "mine"
    ROLES = "roles"
    DELEGATED = "delegated"
    CLOSED = "closed"


def asked_of(  # noqa: PLR0913 - whose, which, and which page of them
    connection: Connection,
    trust: str,
    actor: Actor,
    shown: Shown,
    cursor: str | None = None,
    *,
    where: Iterable[ColumnElement[bool]] = (),
    sort: str = "",
    limit: int = PAGE,
) -> paging.Page:
    """Return a page of one of an actor's lists, with the titles of role and place; `where` narrows it.

    Without a `sort` (`asked_order`), open ones come by due date, closed ones the latest first. Raises `Invalid` for a
    cursor that no page gave out.
    """
    order = _order(shown, sort)
    chosen = _titled(trust).where(listed(trust, actor, shown), *where)
    return paging.page(connection, chosen, order.keys, cursor=cursor, limit=limit, newest_first=order.falling)


def after(  # noqa: PLR0913 - whose, which, and after which
    connection: Connection,
    trust: str,
    actor: Actor,
    shown: Shown,
    row: RowMapping,
    *,
    where: Iterable[ColumnElement[bool]] = (),
    sort: str = "",
    backwards: bool = False,
) -> str | None:
    """Return the id of what comes next in a list (or before), of those that stand there now; None at its end."""
    order = _order(shown, sort)
    keys = tuple_(*order.keys)
    here = tuple_(*(row[str(key.key)] for key in order.keys))
    falling = order.falling != backwards
    chosen = _titled(trust).where(listed(trust, actor, shown), *where, keys < here if falling else keys > here)
    ordered = chosen.order_by(*(key.desc() if falling else key.asc() for key in order.keys)).limit(1)
    found = connection.execute(ordered).mappings().first()
    return found["id"] if found else None


def counts(
    connection: Connection, trust: str, actor: Actor, where: Iterable[ColumnElement[bool]] = ()
) -> Mapping[Shown, int]:
    """Return how many approvals each list of an actor has, in one look."""
    each = [func.count(case((_list(actor, shown), 1))).label(shown) for shown in Shown]
    row = connection.execute(select(*each).where(visible(trust, actor), *where)).mappings().one()
    return {shown: row[shown] for shown in Shown}


def offered(connection: Connection, trust: str, actor: Actor, shown: Shown) -> list[RowMapping]:
    """Return the kinds, roles and places that occur in a list, so that one can be chosen."""
    names = ("kind", "role", "organisation", "role_title", "place")
    everything = _titled(trust).where(listed(trust, actor, shown)).subquery()
    chosen = select(*(everything.c[name] for name in names)).distinct()
    return list(connection.execute(chosen).mappings())


def one_of(connection: Connection, trust: str, actor: Actor, approval: str) -> RowMapping:
    """Return one approval that is or was asked of an actor. Raises `Missing`, also for somebody else's."""
    found = several_of(connection, trust, actor, [approval])
    if not found:
        raise Missing("There is no such question, or it was asked of a role that you do not hold.")
    return found[0]


def several_of(connection: Connection, trust: str, actor: Actor, ids: Iterable[str]) -> list[RowMapping]:
    """Return those of these approvals that are or were asked of an actor, by due date."""
    chosen = _titled(trust).where(visible(trust, actor), _c.id.in_(tuple(ids))).order_by(DUE, _c.id)
    return list(connection.execute(chosen).mappings())


def listed(trust: str, actor: Actor, shown: Shown) -> ColumnElement[bool]:
    """Return the condition of one of an actor's lists."""
    return and_(visible(trust, actor), _list(actor, shown))


def visible(trust: str, actor: Actor) -> ColumnElement[bool]:
    """Choose what an actor may see: their own, their roles' and what they answered, unless it is about themselves.

    Whoever is asked for information sees what it is about, also where that is themselves.
    """
    theirs = or_(_held(actor), _c.owner == actor.id, _c.delegate == actor.id, _c.answered_by == actor.id)
    return and_(_c.trust == trust, or_(and_(theirs, _about_somebody_else(actor)), _waits_for(actor)))


def _list(actor: Actor, shown: Shown) -> ColumnElement[bool]:
    standing = _c.state.in_(STANDING)
    theirs = or_(_c.owner == actor.id, _c.delegate == actor.id)
    nobodys = and_(_c.owner.is_(None), _held(actor))
    # What an owner delegated waits for the delegate; a stand-in for one of several holders is asked beside the others.
    next_is_theirs = or_(_c.delegate == actor.id, nobodys, and_(_c.owner == actor.id, _c.delegate.is_(None)))
    answerable = and_(_c.state != Status.MORE_INFO, next_is_theirs)
    return {
        Shown.OPEN: and_(standing, or_(answerable, _waits_for(actor))),
        Shown.MINE: and_(standing, or_(theirs, _waits_for(actor))),
        Shown.ROLES: and_(standing, nobodys),
        Shown.DELEGATED: and_(standing, _c.owner == actor.id, _c.delegate.is_not(None)),
        Shown.CLOSED: not_(standing),
    }[shown]


def _held(actor: Actor) -> ColumnElement[bool]:
    return tuple_(_c.role, _c.organisation).in_(sorted(actor.grants))


def _about_somebody_else(actor: Actor) -> ColumnElement[bool]:
    others = () if actor.person is None else (_c.subject_person != actor.person,)
    return or_(_c.subject_person.is_(None), *others)


def _waits_for(actor: Actor) -> ColumnElement[bool]:
    return and_(_c.state == Status.MORE_INFO, _c.asked_of == actor.id)


def _order(shown: Shown, sort: str) -> Order:
    return order_of(sort, ended=shown is Shown.CLOSED)


def _titled(trust: str) -> Select[Any]:
    role = and_(roles.c.trust == _c.trust, roles.c.role == _c.role, roles.c.organisation == _c.organisation)
    place = and_(organisations.c.trust == _c.trust, organisations.c.id == _c.organisation)
    named = (
        func.coalesce(roles.c.title, _c.role).label("role_title"),
        func.coalesce(organisations.c.name, "").label("place"),
        DUE,
        TITLE,
    )
    found = select(approvals, *named).outerjoin(roles, role).outerjoin(organisations, place)
    return found.where(_c.trust == trust)
