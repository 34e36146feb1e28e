"""Who is on a class, in pages: places first, the waitlist in its order, all others by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from engine.web import paging
from workflows.learning import pages
from workflows.learning.pages import Learning, Wanted
from workflows.learning.records import Enrolment, EnrolmentState
from workflows.learning.tables import enrolments
from workflows.people import pages as people_pages
from workflows.people.records import Site
from workflows.people.tables import persons


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A page of those on a class, the e-learning of each by enrolment, and the cursor of the next page."""

    found: tuple[Enrolment, ...]
    learning: Mapping[str, Learning]
    next: str | None


def page(conn: Connection, trust: str, course_class: str, wanted: Wanted, site: Site) -> People:
    """Return a page of the people on a class whose name or address has the words that are wanted.

    Raises `Invalid` for a cursor that is none of ours.
    """
    listed = _on(trust, course_class, wanted.words).subquery()
    keys = [listed.c.rank, listed.c.place, listed.c.name, listed.c.id]
    shown = paging.page(conn, select(listed), keys, cursor=wanted.cursor, limit=wanted.limit)
    by_id = {one.id: one for one in pages.enrolments_among(conn, trust, [row["id"] for row in shown.rows], site)}
    found = tuple(by_id[row["id"]] for row in shown.rows)
    learning = {one.enrolment.id: one for one in pages.learning_of(conn, trust, found)}
    return People(found=found, learning=learning, next=shown.next)


def counts(conn: Connection, trust: str, course_class: str) -> Mapping[EnrolmentState, int]:
    """Return how many on a class are in each state; 0 for none."""
    here = (enrolments.c.trust == trust, enrolments.c.course_class == course_class)
    rows = conn.execute(select(enrolments.c.state, func.count()).where(*here).group_by(enrolments.c.state)).all()
    return {**dict.fromkeys(EnrolmentState, 0), **{EnrolmentState(state): number for state, number in rows}}


def _on(trust: str, course_class: str, words: str) -> Select[tuple[str, int, int, str]]:
    rank = case({str(state): at for at, state in enumerate(pages.PLACES_FIRST)}, value=enrolments.c.state, else_=0)
    of_person = and_(persons.c.trust == enrolments.c.trust, persons.c.id == enrolments.c.person)
    place = func.coalesce(enrolments.c.position, 0).label("place")
    chosen = select(enrolments.c.id, rank.label("rank"), place, persons.c.name).join(persons, of_person)
    chosen = chosen.where(enrolments.c.trust == trust, enrolments.c.course_class == course_class)
    if not words:
        return chosen
    like = f"%{people_pages.escaped(words)}%"
    return chosen.where(or_(*(column.ilike(like, escape="\\") for column in (persons.c.name, persons.c.email))))
