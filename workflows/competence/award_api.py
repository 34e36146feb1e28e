"""`/awards`: competences on profiles, put there by hand, and ended."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import select

from engine.errors import Invalid, Missing, NotAllowed
from engine.letters import Subject
from engine.machine import EVERYONE
from engine.web import journal, paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import anything, day, identifier, one_of, or_null, record, text
from workflows.competence import award, effects, store
from workflows.competence.award import Trigger
from workflows.competence.records import AwardState
from workflows.competence.tables import awards
from workflows.competence.writes import PutOnProfile
from workflows.people import pages as people_pages
from workflows.people import store as people
from workflows.people.api import visible
from workflows.people.responsibilities import CAREER_MANAGEMENT

_AWARD: Final = record(
    {
        "id": identifier(),
        "person": identifier(),
        "competence": identifier(),
        "state": one_of(*map(str, AwardState)),
        "starts_on": day(),
        "ends_on": or_null(day(about="The last day on which it is valid; null is for ever.")),
        "source": anything(about="What made it."),
    }
)
_NEW_AWARD: Final = record(
    {
        "person": identifier(),
        "competence": identifier(),
        "starts_on": day(),
        "ends_on": or_null(day(needed=False)),
        "reason": text(1000, about="What it rests on, such as a certificate that was seen."),
    }
)


def _awards(call: Call) -> Answer:
    query = select(awards).where(awards.c.trust == call.trust)
    if "person" in call.query:
        query = query.where(awards.c.person == visible(call, call.query["person"]).id)
    else:
        looked_after = people_pages.looked_after(call.trust, call.reach(*journal.READERS)).subquery()
        query = query.where(awards.c.person.in_(select(looked_after.c.id)))
    return listed(paging.page(call.conn, query, [awards.c.id], **call.paging), _award)


def _record(call: Call) -> Answer:
    """Put on a profile what a person brought along, by whoever manages careers where they belong (A8-T05)."""
    said = call.body
    person = visible(call, said["person"])
    if person.organisation not in call.reach(CAREER_MANAGEMENT):
        raise NotAllowed("You do not manage the careers of this organisation.")
    if person.id == call.actor.person:
        raise NotAllowed("Somebody else must put this on your own profile.")
    if said["competence"] not in store.by_id(call.conn, call.trust, [said["competence"]]):
        raise Invalid("There is no such competence in this trust.", field="competence")
    if said.get("ends_on") and said["ends_on"] < said["starts_on"]:
        raise Invalid("An award must not end before it starts.", field="ends_on")
    people.lock(call.conn, call.trust, [person.id])
    moved = effects.put(
        call.tx,
        PutOnProfile(
            trust=call.trust,
            person=person.id,
            competence=said["competence"],
            starts_on=date.fromisoformat(said["starts_on"]),
            ends_on=date.fromisoformat(said["ends_on"]) if said.get("ends_on") else None,
            source={"kind": "entered", "by": call.actor.name, "reason": said["reason"]},
            trigger=Trigger.COPY,
        ),
    )
    here = (awards.c.trust == call.trust, awards.c.id == moved.subject.id)
    row = call.conn.execute(select(awards).where(*here)).mappings().one()
    return created(f"/awards/{moved.subject.id}", _award(row))


def _end(call: Call) -> Answer:
    """End-date an award, by whoever manages careers where its holder belongs."""
    here = (awards.c.trust == call.trust, awards.c.id == call.at["id"])
    row = call.conn.execute(select(awards).where(*here)).mappings().one_or_none()
    if row is None or row["organisation"] not in call.reach(CAREER_MANAGEMENT):
        raise Missing("There is no such award, or it belongs to an organisation that you do not look after.")
    subject = Subject(kind=award.KIND, trust=call.trust, id=call.at["id"])
    call.tx.fire(subject, Trigger.END_DATE, dict(call.body))
    return Answer(_award(call.conn.execute(select(awards).where(*here)).mappings().one()))


def _award(row: Any) -> dict[str, Any]:
    ends_on = row["ends_on"].isoformat() if row["ends_on"] else None
    named = {name: row[name] for name in ("id", "person", "competence", "state", "source")}
    return {**named, "starts_on": row["starts_on"].isoformat(), "ends_on": ends_on}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/awards",
        _awards,
        by=(EVERYONE,),
        query={**PAGED, "person": identifier(needed=False)},
        gives=list_of(_AWARD),
        says="Competences on profiles: of one person, or of all whom the caller looks after.",
    ),
    Operation(
        "POST",
        "/awards",
        _record,
        by=(CAREER_MANAGEMENT,),
        takes=_NEW_AWARD,
        gives=_AWARD,
        status=201,
        says="Put on a profile what a person brought along; one that ends sooner than what is held is kept as history.",
    ),
    Operation(
        "POST",
        "/awards/<id>/end-date",
        _end,
        by=(CAREER_MANAGEMENT,),
        takes=record({"reason": text(1000, needed=False)}),
        gives=_AWARD,
        says="End an award: it is kept as history.",
    ),
)
