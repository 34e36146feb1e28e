"""The history of a subject in plain words: one line for every move, with who, why and because of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, render_template
from sqlalchemy import Connection, RowMapping, select

from engine import journal
from engine.errors import Missing
from engine.letters import Subject
from engine.machine import Actor
from engine.roles import directory
from engine.transaction import Engine
from engine.web import called
from engine.web.called import Called
from engine.web.permissions import requires
from engine.web.visitors import visitor

READERS: Final = (
    "career-management",
    "class-administrator",
    "learning-administrator",
    "recruiter",
    "system-administrator",
    "workflow-administrator",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The row of the journal that entailed another."""

    kind: str
    subject: str
    revision: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One move as a person reads it; `source` is empty where it started the subject."""

    kind: str
    subject: str
    title: str
    revision: int
    at: datetime
    by: str
    done: str
    source: str
    target: str
    step: str
    reason: str
    because: Cause | None


def blueprint(engine: Engine, known: Called) -> Blueprint:
    """Return the page of a subject's history, which `known` names."""
    pages = Blueprint("history", __name__, url_prefix="/history")

    @pages.get("/<kind>/<id>")
    @requires(*READERS)
    def subject(kind: str, id: str) -> str:  # noqa: A002 - it is the address's name
        """Show every move of a subject in an organisation that the visitor answers for."""
        here = visitor()
        of = Subject(kind=kind, trust=here.trust, id=id)
        with engine.reading() as connection:
            require_within_reach(engine, connection, here.actor, of)
            return render_template(
                "engine/history.html",
                title=engine.kept(kind)[0].title,
                subject=of,
                called=called.words(known, connection, of),
                entries=history(engine, connection, of),
            )

    return pages


def may_read(actor: Actor) -> bool:
    """Say whether links to histories are of use to an actor."""
    return any(held in READERS for held, _place in actor.grants)


def reach(connection: Connection, trust: str, actor: Actor) -> frozenset[str]:
    """Return the organisations whose records an actor may read."""
    return directory.reach(connection, trust, actor, READERS)


def history(engine: Engine, connection: Connection, subject: Subject) -> list[Entry]:
    """Return the moves of a subject in plain words, oldest first."""
    return [entry(engine, row) for row in journal.history(connection, subject)]


def entry(engine: Engine, row: RowMapping) -> Entry:
    """Put one row of the journal in plain words."""
    said = journal.said(row)
    return Entry(
        kind=row["kind"],
        subject=row["subject"],
        title=_title(engine, row["kind"]),
        revision=row["revision"],
        at=row["at"],
        by=said.by,
        done=words(row["trigger"]),
        source=words(row["source"] or ""),
        target=words(row["target"]),
        step=row["step"],
        reason=str(said.facts.get("reason") or said.facts.get("comment") or ""),
        because=cause(engine, row["because"]),
    )


def words(name: str) -> str:
    """Write a state or a trigger as a person says it."""
    return name.replace("_", " ").capitalize()


def cause(engine: Engine, reference: str | None) -> Cause | None:
    """Read the reference to a row of the journal."""
    kind, _, rest = (reference or "").partition("/")
    subject, _, revision = rest.rpartition("/")
    if not revision.isdecimal():
        return None
    return Cause(kind=kind, subject=subject, revision=int(revision), title=_title(engine, kind))


def _title(engine: Engine, kind: str) -> str:
    return engine.keeps[kind][0].title if kind in engine.keeps else words(kind)


def require_within_reach(engine: Engine, connection: Connection, actor: Actor, subject: Subject) -> None:
    """Raise `Missing` for what is not there and for what is not the visitor's, alike."""
    if subject.kind in engine.keeps:
        table = engine.kept(subject.kind)[1].table
        place = select(table.c.organisation).where(table.c.trust == subject.trust, table.c.id == subject.id)
        found = connection.execute(place).scalar_one_or_none()
        if found in reach(connection, subject.trust, actor):
            return
    raise Missing("There is no such record, or it belongs to an organisation that you do not look after.")
