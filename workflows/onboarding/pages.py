"""What the pages and the API of onboarding show, each in a few statements, and nothing is locked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, or_, select

from engine.errors import Missing
from engine.machine import Actor
from engine.roles.directory_tables import organisations, roles
from engine.tables import approvals, journal
from engine.transaction import Engine
from engine.web import dates, paging
from engine.web.paging import Page
from workflows.onboarding import applicant, transfer
from workflows.onboarding.records import Applicant, Transfer, TransferState
from workflows.onboarding.tables import applicants, transfers
from workflows.people.pages import escaped
from workflows.people.responsibilities import CAREER_MANAGEMENT, LEARNING_ADMINISTRATOR, RECRUITER, STAT_AND_MAND
from workflows.people.tables import persons

READERS: Final = (RECRUITER, LEARNING_ADMINISTRATOR, CAREER_MANAGEMENT, STAT_AND_MAND)
"""Who sees applicants and what is transferred for them; who moves them is said by the steps."""

_SHOWN: Final = 25

_WHY: Final[Mapping[TransferState, str]] = {
    TransferState.PENDING: "Nothing is transferred yet: {asked} is asked, and answers by {due}.",
    TransferState.ACCEPTED: "{by} accepted all {lines} on {at}.",
    TransferState.ACCEPTED_WITH_EDITS: "{by} accepted {taken} of {lines} with changes on {at}.",
    TransferState.REJECTED: "Nothing was transferred: {by} rejected it on {at}. Reason: {reason}",
    TransferState.LAPSED: "Nothing was transferred: it ended on {at} without an answer. {reason}{until}",
    TransferState.COPIED: (
        "The stat & mand role is not allocated here, so nobody was asked, and everything national was copied on {at}."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A transfer, what became of it in one sentence, and the question that was asked about it."""

    transfer: Transfer
    why: str
    approval: str | None
    at: datetime


def applicants_in(conn: Connection, trust: str, places: Iterable[str], words: str, *, cursor: str | None) -> Page:
    """Return a page of the applicants for posts in these organisations, by name."""
    query = applicants_of(trust, places)
    if words:
        like = f"%{escaped(words)}%"
        query = query.where(
            or_(persons.c.name.ilike(like, escape="\\"), applicants.c.position.ilike(like, escape="\\"))
        )
    return paging.page(conn, query, [persons.c.name, applicants.c.id], cursor=cursor, limit=_SHOWN)


def applicants_of(trust: str, places: Iterable[str]) -> Select[Any]:
    """Select the applicants for posts in these organisations, with their names."""
    person = and_(persons.c.trust == applicants.c.trust, persons.c.id == applicants.c.person)
    return (
        select(applicants, persons.c.name, persons.c.email)
        .join(persons, person)
        .where(applicants.c.trust == trust, applicants.c.organisation.in_(set(places)))
    )


def applicant_of(engine: Engine, conn: Connection, trust: str, actor: Actor, identifier: str) -> Applicant:
    """Return an applicant whom an actor looks after; raises `Missing` for any other."""
    found = engine.kept(applicant.KIND)[1].load(conn, trust, [identifier], engine.clock()).get(identifier)
    if not isinstance(found, Applicant) or not actor.may(READERS, found.organisations):
        raise Missing("There is no such applicant, or they belong to an organisation that you do not look after.")
    return found


def transfer_of(engine: Engine, conn: Connection, trust: str, actor: Actor, identifier: str) -> Transfer:
    """Return a transfer for an applicant whom an actor looks after; raises `Missing` for any other."""
    found = engine.kept(transfer.KIND)[1].load(conn, trust, [identifier], engine.clock()).get(identifier)
    if not isinstance(found, Transfer) or not actor.may(READERS, found.organisations):
        raise Missing("There is no such transfer, or it belongs to an organisation that you do not look after.")
    return found


def stories_of(engine: Engine, conn: Connection, trust: str, of: str) -> tuple[Story, ...]:
    """Return what was transferred for an applicant, the latest first, and what became of each."""
    mine = select(transfers.c.id).where(transfers.c.trust == trust, transfers.c.applicant == of)
    keys = conn.scalars(mine.order_by(transfers.c.id.desc())).all()
    return stories(engine, conn, trust, keys)


def stories(engine: Engine, conn: Connection, trust: str, keys: Sequence[str]) -> tuple[Story, ...]:
    """Return transfers with what became of each, in the order of the keys."""
    found = engine.kept(transfer.KIND)[1].load(conn, trust, keys, engine.clock())
    asked, moved = _asked(conn, trust, keys), _moved(conn, trust, keys)
    return tuple(_story(found[key], asked.get(key), moved[key]) for key in keys if key in found)


def _asked(conn: Connection, trust: str, keys: Sequence[str]) -> Mapping[str, Any]:
    """Return the latest question about each transfer, with the names of its role and place."""
    role = and_(
        roles.c.trust == approvals.c.trust,
        roles.c.role == approvals.c.role,
        roles.c.organisation == approvals.c.organisation,
    )
    place = and_(organisations.c.trust == approvals.c.trust, organisations.c.id == approvals.c.organisation)
    query = (
        select(approvals, roles.c.title.label("role_title"), organisations.c.name.label("place"))
        .outerjoin(roles, role)
        .outerjoin(organisations, place)
        .where(approvals.c.trust == trust, approvals.c.kind == transfer.KIND, approvals.c.subject.in_(keys))
    )
    return {row.subject: row for row in conn.execute(query.order_by(approvals.c.id))}


def _moved(conn: Connection, trust: str, keys: Sequence[str]) -> Mapping[str, datetime]:
    """Return when each transfer moved last."""
    mine = (journal.c.trust == trust, journal.c.kind == transfer.KIND, journal.c.subject.in_(keys))
    query = select(journal.c.subject, journal.c.at).where(*mine).order_by(journal.c.subject, journal.c.revision)
    return {row.subject: row.at for row in conn.execute(query)}


def _story(one: Any, asked: Any, at: datetime) -> Story:
    state = one.state or TransferState.PENDING
    due = asked.due_at if asked else None
    taken = sum(bool((line.decided or {}).get("accepted")) for line in one.lines)
    said = {
        "asked": ", ".join(filter(None, (asked.role_title or asked.role, asked.place))) if asked else "nobody",
        "due": dates.due(due) or "no fixed date",
        "until": f" It was to be answered by {dates.due(due)}." if due else "",
        "by": (asked.answered_by_name if asked else None) or "Preceptor",
        "at": dates.day(at),
        "reason": one.reason or "",
        "taken": taken,
        "lines": f"{len(one.lines)} {'competence' if len(one.lines) == 1 else 'competences'}",
    }
    return Story(transfer=one, why=_WHY[state].format(**said), approval=asked.id if asked else None, at=at)
