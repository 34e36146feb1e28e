"""What the pages and the API of people show, each in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, or_, select

from engine.errors import Missing
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import organisations
from engine.web import journal, paging
from engine.web.paging import Page
from workflows.people import store
from workflows.people.records import Person
from workflows.people.tables import assignments, persons

_SHOWN: Final = 25


def people_in(conn: Connection, trust: str, places: Iterable[str], words: str, *, cursor: str | None) -> Page:
    """Return a page of the people who belong to, or have a post in, these organisations, by name."""
    query = looked_after(trust, places)
    if words:
        like = f"%{escaped(words)}%"
        query = query.where(or_(persons.c.name.ilike(like, escape="\\"), persons.c.email.ilike(like, escape="\\")))
    return paging.page(conn, query, [persons.c.name, persons.c.id], cursor=cursor, limit=_SHOWN)


def looked_after(trust: str, places: Iterable[str]) -> Select[Any]:
    """Select the people who belong to, or have a post in, these organisations."""
    wanted = set(places)
    posted = select(assignments.c.person).where(assignments.c.trust == trust, assignments.c.organisation.in_(wanted))
    return select(persons).where(
        persons.c.trust == trust, or_(persons.c.organisation.in_(wanted), persons.c.id.in_(posted))
    )


def within_reach(conn: Connection, trust: str, actor: Actor, identifier: str) -> Person:
    """Return a person whom an actor looks after; raises `Missing` for any other."""
    places = directory.reach(conn, trust, actor, journal.READERS)
    if conn.execute(looked_after(trust, places).where(persons.c.id == identifier)).first() is None:
        raise Missing("There is no such person, or they belong to an organisation that you do not look after.")
    return store.person(conn, trust, identifier)


def names(conn: Connection, trust: str) -> Mapping[str, str]:
    """Return the names of a trust's organisations, by id."""
    query = select(organisations.c.id, organisations.c.name).where(organisations.c.trust == trust)
    return {row.id: row.name for row in conn.execute(query)}


def escaped(words: str) -> str:
    """Write words so that LIKE (with a backslash to escape) takes them as they are."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
