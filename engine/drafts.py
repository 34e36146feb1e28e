"""Saves, publishes and takes back organisations' own texts: the acts of whoever administers templates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from engine import json_text, template_keep
from engine.approvals import answering
from engine.approvals.approval import STANDING
from engine.approvals.approval import Trigger as Answer
from engine.errors import Conflict, Missing
from engine.identifiers import new_id
from engine.letters import Subject
from engine.tables import approvals
from engine.transaction import Transaction
from engine.wording import places, texts
from engine.wording.notices import ENGLISH, Source
from engine.wording.template_tables import template_versions
from engine.wording.template_version import KIND, State, Trigger
from engine.wording.trial import Trial

_columns = template_versions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text stands: one notice of one organisation, or of a class or an offering (`wording.places`)."""

    trust: str
    organisation: str
    notice: str


def save_draft(  # noqa: PLR0913 - what is kept of a text beside its words
    tx: Transaction,
    place: Place,
    tried: Trial,
    *,
    comment: str,
    draft: int | None = None,
    seen: int | None = None,
    restores: int | None = None,
    base: Source | None = None,
) -> int:
    """Keep what was tried out as a draft, a new one or that of a number, and return its number.

    It may have errors: those forbid to publish it. `seen` is the revision that its author looked at. `base` is the
    text from above that it was made from, if not the one that the published version was made from.
    Raises `Missing`, `NotAllowed`, `NotDeclared` for what is no draft, and `Conflict` where somebody else saved it.
    """
    template_keep.require_place(tx.connection, place.trust, place.organisation, place.notice)
    source = tried.source
    digest = hashlib.sha256(json_text.written([source.subject, source.text, source.html]).encode()).hexdigest()
    facts = {"author": tx.actor.id, "comment": comment, "faults": len(tried.errors), "text": digest}
    if draft is None:
        made = {"organisation": place.organisation, "notice": place.notice, "language": source.language}
        subject = tx.start(KIND, place.trust, Trigger.SAVE, {**made, **facts, "restores": restores}).subject
        _write(tx, subject, source, base or _base(tx, place, source.language))
    else:
        subject = _subject(tx, place, draft, seen)
        tx.fire(subject, Trigger.SAVE, facts)
        _write(tx, subject, source, base)
    return _number(tx, subject)


def publish(tx: Transaction, place: Place, number: int, *, faults: int = 0) -> State:
    """Publish a draft, or where a second person does that, send it to them; return where it stands then.

    `faults` counts what today's rules find. Raises `Missing`, `NotAllowed`, `NotDeclared` or `Refused`.
    """
    second = template_keep.second_person(tx.connection, place.trust)
    trigger = Trigger.SUBMIT if second else Trigger.PUBLISH
    subject = _subject(tx, place, number)
    _adopt(tx, place)
    tx.fire(subject, trigger, {"faults": faults})
    return State.SUBMITTED if second else State.PUBLISHED


def save_and_publish(tx: Transaction, place: Place, tried: Trial, *, comment: str) -> tuple[int, State]:
    """Save a text as a new version and publish it, in one commit; raises as `save_draft` and `publish` do."""
    number = save_draft(tx, place, tried, comment=comment)
    return number, publish(tx, place, number)


def decide(  # noqa: PLR0913 - which of whose, and what is said of it
    tx: Transaction, place: Place, number: int, trigger: Trigger, *, reason: str, faults: int = 0
) -> None:
    """Approve a draft that waits, or send it back; a question about it that is open is answered by that.

    Raises `Missing`, `NotAllowed`, `NotDeclared`, `Refused`, or `Decided` where somebody was first.
    """
    subject = _subject(tx, place, number)
    _adopt(tx, place)
    facts = {"reason": reason, "faults": faults}
    if question := _question(tx, subject):
        answer = {"choice": str(trigger), "comment": reason, "facts": facts}
        answering.act(tx, place.trust, question, Answer.ANSWER, answer)
    else:
        tx.fire(subject, trigger, facts)


def roll_back(tx: Transaction, place: Place, number: int, *, reason: str, tried: Trial) -> tuple[int, State]:
    """Publish the text of an earlier version again, as a new one that says so; return its number and where it stands.

    `tried` is that text, tried out today. Raises as `publish` does.
    """
    comment = f"Back to version {number}: {reason}" if reason else f"Back to version {number}"
    new = save_draft(tx, place, tried, comment=comment, restores=number)
    return new, publish(tx, place, new)


def withdraw(tx: Transaction, place: Place, number: int, *, reason: str) -> None:
    """Take the published version out of use, so that the text from above applies; raises as `publish` does."""
    tx.fire(_subject(tx, place, number), Trigger.WITHDRAW, {"reason": reason})


def discard(tx: Transaction, place: Place, number: int) -> None:
    """Throw a draft away; its number is not given again. Raises as `publish` does."""
    tx.fire(_subject(tx, place, number), Trigger.DISCARD)


def _subject(tx: Transaction, place: Place, number: int, seen: int | None = None) -> Subject:
    """Return the name of a version; one that the first release saved gets one now."""
    row = _row(tx, place, number)
    if seen is not None and row.revision != seen:
        raise Conflict("Somebody else saved this draft meanwhile. Yours was not kept in its place.")
    if row.id is None:
        _name(tx, place, number)
        row = _row(tx, place, number)
    return Subject(kind=KIND, trust=place.trust, id=row.id)


def _adopt(tx: Transaction, place: Place) -> None:
    """Name the published versions that the first release saved, so that they can be retired by their workflow."""
    nameless = select(_columns.version).where(*_at(place), _columns.id.is_(None), _columns.state == State.PUBLISHED)
    for number in tx.connection.scalars(nameless).all():
        _name(tx, place, number)


def _name(tx: Transaction, place: Place, number: int) -> None:
    named = {"id": new_id(tx.now), "revision": 0, "head": "", "updated_at": tx.now}
    tx.connection.execute(
        update(template_versions).where(*_at(place), _columns.version == number, _columns.id.is_(None)).values(named)
    )


def _row(tx: Transaction, place: Place, number: int) -> Row[Any]:
    row = tx.connection.execute(select(template_versions).where(*_at(place), _columns.version == number)).one_or_none()
    if row is None:
        raise Missing("There is no such version of this template.")
    return row


def _base(tx: Transaction, place: Place, language: str) -> Source:
    """Return what a new version was made from: what the published one was, else the text from above."""
    same = (_columns.state == State.PUBLISHED, _columns.base_label.is_not(None))
    query = select(template_versions).where(*_at(place), *same).order_by(_columns.version.desc())
    for row in tx.connection.execute(query):
        if (row.language or ENGLISH) == language:
            return Source(
                subject=row.base_subject,
                text=row.base_text,
                html=row.base_html,
                label=row.base_label,
                language=language,
            )
    return _inherited(tx, place, language)


def _inherited(tx: Transaction, place: Place, language: str) -> Source:
    """Return the text that would apply at a place without one of its own."""
    wanted = places.wanted_at(tx.connection, place.trust, place.organisation, place.notice, language)
    return texts.above(tx.connection, [wanted])[wanted]


def _write(tx: Transaction, subject: Subject, source: Source, base: Source | None) -> None:
    """Write a version's words, and what it was made from."""
    words = {"subject": source.subject, "text": source.text, "html": source.html}
    below = base and {
        "base_label": base.label,
        "base_subject": base.subject,
        "base_text": base.text,
        "base_html": base.html,
    }
    mine = (_columns.trust == subject.trust, _columns.id == subject.id)
    tx.connection.execute(update(template_versions).where(*mine).values({**words, **(below or {})}))


def _number(tx: Transaction, subject: Subject) -> int:
    mine = (_columns.trust == subject.trust, _columns.id == subject.id)
    return int(tx.connection.scalar(select(_columns.version).where(*mine)) or 0)


def _question(tx: Transaction, subject: Subject) -> str | None:
    """Return the open question about a version that its actor can answer, if there is one."""
    query = select(approvals.c.id, approvals.c.role, approvals.c.organisation).where(
        approvals.c.trust == subject.trust,
        approvals.c.kind == KIND,
        approvals.c.subject == subject.id,
        approvals.c.state.in_(STANDING),
    )
    row = tx.connection.execute(query).first()
    return row.id if row and tx.actor.may((row.role,), (row.organisation,)) else None


def _at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        _columns.trust == place.trust,
        _columns.organisation == place.organisation,
        _columns.notice == place.notice,
    )
