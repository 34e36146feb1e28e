"""`/people` and `/assignments`: who works here, and in which posts."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import select, update

from engine.errors import Missing, NotAllowed
from engine.identifiers import new_id
from engine.machine import EVERYONE
from engine.roles import directory
from engine.web import journal, paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import address, day, identifier, one_of, or_null, partial, record, text
from engine.wording.notices import ENGLISH, LANGUAGES
from workflows.people import pages, store
from workflows.people.records import Assignment, AssignmentStatus, Person
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RECRUITER, SYSTEM_ADMINISTRATOR
from workflows.people.tables import assignments, persons

WRITERS: Final = (LEARNING_ADMINISTRATOR, RECRUITER, SYSTEM_ADMINISTRATOR)

_NEW: Final = record(
    {
        "name": text(),
        "email": address(),
        "organisation": identifier(),
        "language": one_of(*LANGUAGES, needed=False, about="Of their letters; en where nothing is said."),
    }
)
_PERSON: Final = record({"id": identifier(), **_NEW.members})
_POST: Final = record(
    {
        "person": identifier(),
        "organisation": identifier(),
        "position": text(),
        "status": one_of(*map(str, AssignmentStatus), needed=False, about="ACTIVE where nothing is said."),
        "starts_on": or_null(day(needed=False)),
    }
)
_ASSIGNMENT: Final = record({"id": identifier(), **_POST.members})


def visible(call: Call, identifier_: str) -> Person:
    """Return a person who is the caller or whom the caller looks after; raises `Missing` for any other."""
    if identifier_ == call.actor.person:
        return store.person(call.conn, call.trust, identifier_)
    return pages.within_reach(call.conn, call.trust, call.actor, identifier_)


def _people(call: Call) -> Answer:
    query = pages.looked_after(call.trust, call.reach(*journal.READERS))
    return listed(paging.page(call.conn, query, [persons.c.id], **call.paging), _person)


def _one(call: Call) -> Answer:
    return Answer(_person(_columns(visible(call, call.at["id"]))))


def _add(call: Call) -> Answer:
    _require_place(call, call.body["organisation"])
    new = Person(trust=call.trust, id=new_id(call.now), **call.body)
    store.add_person(call.conn, new)
    store.tie(call.conn, call.trust, new.email)
    return created(f"/people/{new.id}", _person(_columns(new)))


def _change(call: Call) -> Answer:
    before = pages.within_reach(call.conn, call.trust, call.actor, call.at["id"])
    for place in {before.organisation, call.body.get("organisation", before.organisation)}:
        _require_place(call, place)
    if call.body:
        here = (persons.c.trust == call.trust, persons.c.id == before.id)
        call.conn.execute(update(persons).where(*here).values(**call.body))
        store.tie(call.conn, call.trust, call.body.get("email", before.email))
    return Answer(_person(_columns(store.person(call.conn, call.trust, before.id))))


def _assignments(call: Call) -> Answer:
    query = select(assignments).where(assignments.c.trust == call.trust)
    if "person" in call.query:
        query = query.where(assignments.c.person == visible(call, call.query["person"]).id)
    else:
        query = query.where(assignments.c.organisation.in_(call.reach(*journal.READERS)))
    return listed(paging.page(call.conn, query, [assignments.c.id], **call.paging), _assignment)


def _post(call: Call) -> Answer:
    _require_place(call, call.body["organisation"])
    person = pages.within_reach(call.conn, call.trust, call.actor, call.body["person"])
    new = Assignment(
        trust=call.trust,
        id=new_id(call.now),
        person=person.id,
        organisation=call.body["organisation"],
        position=call.body["position"],
        status=AssignmentStatus(call.body.get("status", AssignmentStatus.ACTIVE)),
        starts_on=_day(call.body.get("starts_on")),
    )
    store.add_assignment(call.conn, new)
    return created(f"/assignments/{new.id}", _assignment(_columns(new)))


def _repost(call: Call) -> Answer:
    here = (assignments.c.trust == call.trust, assignments.c.id == call.at["id"])
    row = call.conn.execute(select(assignments).where(*here)).mappings().one_or_none()
    if row is None or row["organisation"] not in call.reach(*WRITERS):
        raise Missing("There is no such assignment, or it belongs to an organisation that you do not look after.")
    changes = {**call.body}
    if "starts_on" in changes:
        changes["starts_on"] = _day(changes["starts_on"])
    if changes:
        call.conn.execute(update(assignments).where(*here).values(**changes))
    return Answer(_assignment(call.conn.execute(select(assignments).where(*here)).mappings().one()))


def _require_place(call: Call, organisation: str) -> None:
    """Raise `Missing` where the trust has no such organisation, `NotAllowed` where the caller does not write there."""
    directory.organisation(call.conn, call.trust, organisation)
    if organisation not in call.reach(*WRITERS):
        raise NotAllowed("You do not look after this organisation.")


def _day(text_: str | None) -> date | None:
    return date.fromisoformat(text_) if text_ else None


def _columns(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def _person(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _PERSON.members} | {"language": row["language"] or ENGLISH}


def _assignment(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _ASSIGNMENT.members}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/people",
        _people,
        by=journal.READERS,
        query=PAGED,
        gives=list_of(_PERSON),
        says="The people of the caller's organisations.",
    ),
    Operation("GET", "/people/<id>", _one, by=(EVERYONE,), gives=_PERSON, says="One person."),
    Operation(
        "POST", "/people", _add, by=WRITERS, takes=_NEW, gives=_PERSON, status=201, says="Put somebody on the record."
    ),
    Operation(
        "PATCH", "/people/<id>", _change, by=WRITERS, takes=partial(_NEW), gives=_PERSON, says="Change a person's data."
    ),
    Operation(
        "GET",
        "/assignments",
        _assignments,
        by=(EVERYONE,),
        query={**PAGED, "person": identifier(needed=False)},
        gives=list_of(_ASSIGNMENT),
        says="Posts: of one person, or of the caller's organisations.",
    ),
    Operation(
        "POST",
        "/assignments",
        _post,
        by=WRITERS,
        takes=_POST,
        gives=_ASSIGNMENT,
        status=201,
        says="Give somebody a post.",
    ),
    Operation(
        "PATCH",
        "/assignments/<id>",
        _repost,
        by=WRITERS,
        takes=record(
            {
                "position": text(needed=False),
                "status": one_of(*map(str, AssignmentStatus), needed=False),
                "starts_on": or_null(day(needed=False)),
            }
        ),
        gives=_ASSIGNMENT,
        says="Change a post.",
    ),
)
