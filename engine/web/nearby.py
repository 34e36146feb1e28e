"""Whose names somebody may look up: those they work with, not everybody who has an account.

The engine knows where somebody holds something; where else they work, the composition adds (`Workplaces`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, union

from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import accounts, grants, holders
from engine.transaction import Engine
from engine.web import rates
from engine.web.mishaps import RateLimited

Workplaces = Callable[[str], Select[Any]]
"""Returns (account, organisation) for each organisation in which an account of a trust works."""
SHORTEST: Final = 2
_MOST_SEARCHES: Final = 100
_c = accounts.c


def nowhere_else(trust: str) -> Select[Any]:
    """Return the places of accounts that somebody other than the engine knows: none (`Workplaces`)."""
    return select(_c.id.label("account"), _c.trust.label("organisation")).where(_c.trust == trust, _c.id == "")


def near(connection: Connection, trust: str, actor: Actor, elsewhere: Workplaces) -> ColumnElement[bool]:
    """Choose the accounts that an actor works with.

    They work, or hold something, in an organisation that the actor's own responsibilities and roles cover, or in one
    where the actor works; or they hold a role that the actor holds.
    """
    covered = directory.within(connection, trust, {place for _held, place in actor.grants})
    works = elsewhere(trust).subquery()
    mine = select(works.c.organisation).where(works.c.account == actor.id)
    holds = union(
        select(holders.c.account, holders.c.organisation).where(holders.c.trust == trust, holders.c.enabled),
        select(grants.c.account, grants.c.organisation).where(grants.c.trust == trust),
        select(works.c.account, works.c.organisation),
    ).subquery()
    there = or_(holds.c.organisation.in_(covered), holds.c.organisation.in_(mine))
    together = select(holds.c.account).where(there)
    alike = select(holders.c.account).where(
        holders.c.trust == trust, holders.c.enabled, holders.c.role.in_({held for held, _place in actor.grants})
    )
    return or_(_c.id.in_(together), _c.id.in_(alike))


def named(search: str) -> ColumnElement[bool]:
    """Choose the accounts with this in the name, or whose address begins so."""
    part = search.lower()
    return or_(
        func.lower(_c.name).contains(part, autoescape=True), func.lower(_c.email).startswith(part, autoescape=True)
    )


def count_search(engine: Engine, actor: Actor) -> None:
    """Count one more search for a name; raises `RateLimited` beyond 100 in a quarter of an hour."""
    with engine.transaction() as tx:
        searches = rates.hit(tx.connection, rates.bucket("names", actor.id), tx.now)
    if searches > _MOST_SEARCHES:
        raise RateLimited
