"""Reads and writes of persons, their assignments, and the organisations above them; all set-based."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, union, update

from engine.errors import Missing
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.storage.prepared import KEYS, TRUST, Asked
from engine.wording.notices import ENGLISH
from workflows.people.records import Assignment, AssignmentStatus, Person
from workflows.people.tables import assignments, persons

_MINE = (persons.c.trust == TRUST, persons.c.id.in_(KEYS))
_PEOPLE = Asked(select(persons).where(*_MINE))
_HOLD = Asked(select(persons.c.id).where(*_MINE).order_by(persons.c.id).with_for_update(key_share=True))


def add_person(conn: Connection, person: Person) -> None:
    """Write a new person."""
    conn.execute(insert(persons).values(**asdict(person)))


def tie(conn: Connection, trust: str, email: str) -> None:
    """Tie the accounts with an address, where they are nobody's yet, to the one person of the trust who has it.

    An account without a person is asked nothing about people, for it could be the one it is about.
    """
    same = (persons.c.trust == trust, func.lower(persons.c.email) == email.lower())
    found = conn.execute(select(persons.c.id).where(*same).limit(2)).scalars().all()
    if len(found) == 1:
        nobodys = (accounts.c.trust == trust, accounts.c.email == email.lower(), accounts.c.person.is_(None))
        conn.execute(update(accounts).where(*nobodys).values(person=found[0]))


def languages(conn: Connection, trust: str, keys: Collection[str]) -> Mapping[str, str]:
    """Return the languages of those of these people who chose one, by person."""
    mine = (persons.c.trust == trust, persons.c.id.in_(keys), persons.c.language.is_not(None))
    return {row.id: row.language for row in conn.execute(select(persons.c.id, persons.c.language).where(*mine))}


def set_language(conn: Connection, trust: str, key: str, language: str) -> None:
    """Have a person's letters written in a language from now on, where a text is there in it."""
    conn.execute(update(persons).where(persons.c.trust == trust, persons.c.id == key).values(language=language))


def add_assignment(conn: Connection, assignment: Assignment) -> None:
    """Write a new assignment."""
    conn.execute(insert(assignments).values(**asdict(assignment)))


def set_assignment(
    conn: Connection, trust: str, assignment: str, status: AssignmentStatus, starts_on: date | None = None
) -> None:
    """Change whether somebody works in a post, and since when."""
    since = {"starts_on": starts_on} if starts_on else {}
    mine = (assignments.c.trust == trust, assignments.c.id == assignment)
    conn.execute(update(assignments).where(*mine).values(status=status, **since))


def person(conn: Connection, trust: str, key: str) -> Person:
    """Return one person; raises `Missing`."""
    found = people(conn, trust, [key])
    if key not in found:
        raise Missing("There is no such person in this trust.", kind="person", id=key)
    return found[key]


def people(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, Person]:
    """Return those of the persons that exist, by id."""
    return {row.id: _person(row) for row in _PEOPLE.rows(conn, trust=trust, keys=tuple(set(keys)))}


def named(trust: str, part: str) -> Select[tuple[str]]:
    """Return the query for the ids of a trust's persons whose name contains a text, which is in lower case."""
    return select(persons.c.id).where(
        persons.c.trust == trust, func.lower(persons.c.name).contains(part, autoescape=True)
    )


def workplaces(trust: str) -> Select[Any]:
    """Return (account, organisation) for where each person with an account is employed or has a post."""
    mine = (accounts.c.trust == trust) & (persons.c.trust == trust) & (persons.c.id == accounts.c.person)
    posts = (accounts.c.trust == trust) & (assignments.c.trust == trust) & (assignments.c.person == accounts.c.person)
    works = union(
        select(accounts.c.id.label("account"), persons.c.organisation).where(mine),
        select(accounts.c.id.label("account"), assignments.c.organisation).where(
            posts, assignments.c.status == AssignmentStatus.ACTIVE
        ),
    ).subquery()
    return select(works.c.account, works.c.organisation)


def lock(conn: Connection, trust: str, keys: Iterable[str]) -> None:
    """Hold persons' rows until the commit, in one order, so that two enrolments of one person take turns."""
    _HOLD.rows(conn, trust=trust, keys=tuple(set(keys)))


def assignments_of(conn: Connection, trust: str, keys: Iterable[str]) -> Mapping[str, tuple[Assignment, ...]]:
    """Return the assignments of each person, those that began first in front."""
    query = (
        select(assignments)
        .where(assignments.c.trust == trust, assignments.c.person.in_(set(keys)))
        .order_by(assignments.c.person, assignments.c.id)
    )
    found: dict[str, list[Assignment]] = {}
    for row in conn.execute(query):
        found.setdefault(row.person, []).append(_assignment(row))
    return {key: tuple(rows) for key, rows in found.items()}


def ways_up(conn: Connection, trust: str, starts: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return for each organisation the way up: itself first, the trust last."""
    return {start: directory.path(conn, trust, start) for start in set(starts)}


def _person(row: Any) -> Person:
    return Person(
        trust=row.trust,
        id=row.id,
        name=row.name,
        email=row.email,
        organisation=row.organisation,
        language=row.language or ENGLISH,
    )


def _assignment(row: Any) -> Assignment:
    return Assignment(
        trust=row.trust,
        id=row.id,
        person=row.person,
        organisation=row.organisation,
        position=row.position,
        status=AssignmentStatus(row.status),
        starts_on=row.starts_on,
    )
