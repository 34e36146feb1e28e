"""What answers to meetings come to: shown beside each enrolment, and a decline offers a way out or takes it.

A person's answer by mail acts as that person, with no more rights than a learner has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, func, select

from engine.errors import NotAllowed, NotDeclared, Refused
from engine.letters import Letter, Recipient, Subject
from engine.machine import Actor
from engine.mailroom.acting import Heard
from engine.roles import directory
from engine.roles.directory_tables import accounts, holders
from engine.tables import invitations
from engine.transaction import Transaction
from workflows.learning import enrolment, letters
from workflows.learning.records import Enrolment, EnrolmentState, Session
from workflows.people.responsibilities import CLASS_ADMINISTRATOR

PROPOSED: Final = "LRN-29-other-time-proposed"
WORDS: Final[Mapping[str, str]] = {"ACCEPTED": "Accepted", "TENTATIVE": "Perhaps", "DECLINED": "Declined"}
_DECLINED: Final = "DECLINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a learner answered to one session: a word, when, and their own words; `session` numbers it among several."""

    text: str
    at: datetime
    comment: str
    session: int | None = None


def answers(connection: Connection, trust: str, found: Iterable[Enrolment]) -> Mapping[str, tuple[Said, ...]]:
    """Return by enrolment what was answered to the meetings of its present spell, in one statement for all."""
    named = {one.id: [_local(letters.uid(one, each, one.spell)) for each in one.course_class.sessions] for one in found}
    if not named:
        return {}
    mine = and_(
        invitations.c.trust == trust,
        invitations.c.kind == enrolment.KIND,
        invitations.c.subject.in_(named),
        invitations.c.partstat.is_not(None),
    )
    told: dict[str, list[tuple[int, Said]]] = {}
    for row in connection.execute(select(invitations).where(mine)).mappings():
        sessions = named[row["subject"]]
        if _local(row["uid"]) in sessions:
            number = sessions.index(_local(row["uid"])) + 1
            said = Said(
                text=WORDS.get(row["partstat"], row["partstat"].capitalize()),
                at=row["replied_at"],
                comment=row["reply_comment"] or "",
                session=number if len(sessions) > 1 else None,
            )
            told.setdefault(row["subject"], []).append((number, said))
    return {key: tuple(one for _, one in sorted(each, key=lambda pair: pair[0])) for key, each in told.items()}


def heard(tx: Transaction, what: Heard) -> str:
    """Do what follows from an attendee's answer (`engine.mailroom.acting.Hook`)."""
    _workflow, keep = tx.engine.kept(enrolment.KIND)
    found = keep.load(tx.connection, what.subject.trust, [what.subject.id], tx.now).get(what.subject.id)
    if not isinstance(found, Enrolment):
        return "The enrolment is not there any more."
    if what.proposed:
        return _proposed(tx, found, what)
    return _declined(tx, found, what) if what.partstat == _DECLINED else ""


def learner(connection: Connection, one: Enrolment) -> Actor:
    """Return the learner as an actor: their account where they have one, and no right beyond being themselves."""
    theirs = (accounts.c.trust == one.trust, accounts.c.person == one.person, accounts.c.active)
    account = connection.execute(select(func.min(accounts.c.id)).where(*theirs)).scalar_one_or_none()
    return Actor(id=account or one.person, name=one.learner.name, person=one.person)


def _local(uid: str) -> str:
    """Return a UID without its domain, which an installation may change."""
    return uid.rpartition("@")[0]


def _declined(tx: Transaction, one: Enrolment, what: Heard) -> str:
    facts = {
        "everything": _declined_all(tx, one),
        "comment": what.rsvp.comment,
        "reason": what.rsvp.comment or "The meeting was declined in the calendar.",
    }
    point = tx.connection.begin_nested()
    try:
        actor = learner(tx.connection, one)
        subject = Subject(kind=enrolment.KIND, trust=one.trust, id=one.id)
        moved = replace(tx, actor=actor).fire(subject, enrolment.Trigger.DECLINE, facts)
        point.commit()
    except (Refused, NotAllowed, NotDeclared):
        point.rollback()
        return "There is no place to give up."
    if moved.target == EnrolmentState.WITHDRAWN:
        return "The class is set so: the place was given up."
    return "The learner keeps the place, and was offered to withdraw."


def _declined_all(tx: Transaction, one: Enrolment) -> bool:
    """Say whether every session to come is declined."""
    coming: list[Session] = [each for each in one.course_class.sessions if each.starts_at > tx.now]
    asked = {_local(letters.uid(one, each, one.spell)) for each in coming}
    mine = (
        invitations.c.trust == one.trust,
        invitations.c.kind == enrolment.KIND,
        invitations.c.subject == one.id,
        invitations.c.partstat == _DECLINED,
    )
    declined = {_local(uid) for uid in tx.connection.scalars(select(invitations.c.uid).where(*mine))}
    return bool(asked) and asked <= declined


def _proposed(tx: Transaction, one: Enrolment, what: Heard) -> str:
    """Tell whoever runs classes nearest to this one that another time is asked for."""
    told = _administrators(tx, one)
    tx.post([_letter(one, what, to) for to in told])
    return f"Told: {', '.join(to.name for to in told)}." if told else "No class administrator was found to be told."


def _letter(one: Enrolment, what: Heard, to: Recipient) -> Letter:
    said = {
        "course": one.course_class.offering.course_title,
        "class": one.course_class.title,
        "learner_name": one.learner.name,
        "proposed": what.proposed,
        "comment": what.rsvp.comment or None,
        "mail_link": f"{one.site.origin}/mail/{what.mail}",
        "class_link": f"{one.site.origin}/classes/{one.course_class.id}",
    }
    return Letter(
        notice=PROPOSED,
        to=to,
        subject=Subject(kind=enrolment.KIND, trust=one.trust, id=one.id),
        organisation=one.organisation,
        places=(one.course_class.id, one.course_class.offering.id),
        reason="You get this message because you hold the role Class Administrator for this part of the trust.",
        context={name: value for name, value in said.items() if value},
    )


def _administrators(tx: Transaction, one: Enrolment) -> list[Recipient]:
    """Return who holds the role at the class's organisation, or at the nearest one above where anybody does."""
    same = and_(accounts.c.trust == holders.c.trust, accounts.c.id == holders.c.account, accounts.c.active)
    query = (
        select(holders.c.organisation, accounts.c.name, accounts.c.email, accounts.c.person)
        .join(accounts, same)
        .where(
            holders.c.trust == one.trust,
            holders.c.role == CLASS_ADMINISTRATOR,
            holders.c.organisation.in_(one.organisations),
            directory.holding(tx.now),
            accounts.c.email != "",
        )
        .order_by(accounts.c.name, accounts.c.id)
    )
    found = tx.connection.execute(query).all()
    nearest = next((place for place in one.organisations if any(row.organisation == place for row in found)), None)
    return [Recipient(name=r.name, email=r.email, person=r.person) for r in found if r.organisation == nearest]
