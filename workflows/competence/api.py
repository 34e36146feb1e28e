"""`/competences`, `/requirements` and a person's compliance on any day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine.errors import Conflict, Invalid, NotAllowed
from engine.identifiers import new_id
from engine.machine import EVERYONE
from engine.roles import directory
from engine.web import dates, journal, paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import day, flag, identifier, many, one_of, or_null, record, text, whole
from workflows.competence import store
from workflows.competence.compliance import Colour
from workflows.competence.records import Competence, Requirement, framework_of
from workflows.competence.tables import competences, requirements
from workflows.people.api import visible
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

_MONTHS: Final = whole(1, 1200, needed=False, about="How long an award is valid; null is for ever.")
_NEW: Final = record({"name": text(240), "validity_months": or_null(_MONTHS), "national": flag(needed=False)})
_COMPETENCE: Final = record(
    {
        "id": identifier(),
        "name": text(240),
        "framework": text(),
        "validity_months": or_null(_MONTHS),
        "national": flag(),
    }
)
_REQUIREMENT: Final = record(
    {"competence": identifier(), "organisation": identifier(about="Required here and everywhere below.")}
)
_LINE: Final = record(
    {
        "competence": identifier(),
        "name": text(240),
        "colour": one_of(*map(str, Colour)),
        "required": flag(),
        "award": or_null(identifier()),
        "starts_on": or_null(day()),
        "ends_on": or_null(day()),
    }
)
_COMPLIANCE: Final = record({"person": identifier(), "on": day(), "competences": many(_LINE)})


def _competences(call: Call) -> Answer:
    query = select(competences).where(competences.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [competences.c.id], **call.paging), _competence)


def _add_competence(call: Call) -> Answer:
    _require_place(call, call.trust)
    name = call.body["name"]
    taken = select(competences.c.id).where(competences.c.trust == call.trust, competences.c.name == name)
    if call.conn.execute(taken).first() is not None:
        raise Conflict("There is a competence of this name already.")
    new = Competence(
        trust=call.trust,
        id=new_id(call.now),
        name=name,
        framework=framework_of(name)[:40],
        validity_months=call.body.get("validity_months"),
        national=call.body.get("national", False),
    )
    store.add_competence(call.conn, new)
    return created(f"/competences/{new.id}", _competence(asdict(new)))


def _change_competence(call: Call) -> Answer:
    _require_place(call, call.trust)
    changed = store.change_competence(call.conn, call.trust, call.at["id"], call.body)
    return Answer(_competence(asdict(changed)))


def _requirements(call: Call) -> Answer:
    query = select(requirements).where(requirements.c.trust == call.trust)
    keys = [requirements.c.competence, requirements.c.organisation]
    return listed(paging.page(call.conn, query, keys, **call.paging), _requirement)


def _require(call: Call) -> Answer:
    """Require a competence; what is required already stays as it is."""
    directory.organisation(call.conn, call.trust, call.body["organisation"])
    _require_place(call, call.body["organisation"])
    if call.body["competence"] not in store.by_id(call.conn, call.trust, [call.body["competence"]]):
        raise Invalid("There is no such competence in this trust.", field="competence")
    store.require(call.conn, Requirement(trust=call.trust, **call.body))
    return created("/requirements", dict(call.body))


def _compliance(call: Call) -> Answer:
    person = visible(call, call.at["id"])
    on = (
        date.fromisoformat(call.query["on"]) if "on" in call.query else call.now.astimezone(ZoneInfo(dates.ZONE)).date()
    )
    lines = store.profiles(call.conn, call.trust, [person.id], on)[person.id]
    return Answer({"person": person.id, "on": on.isoformat(), "competences": [_line(line) for line in lines]})


def _require_place(call: Call, organisation: str) -> None:
    if organisation not in call.reach(LEARNING_ADMINISTRATOR):
        raise NotAllowed("You do not look after the learning of this organisation.")


def _competence(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _COMPETENCE.members}


def _requirement(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _REQUIREMENT.members}


def _line(line: store.ProfileLine) -> dict[str, Any]:
    return {
        "competence": line.competence.id,
        "name": line.competence.name,
        "colour": line.colour,
        "required": line.required,
        "award": line.award,
        "starts_on": line.starts_on.isoformat() if line.starts_on else None,
        "ends_on": line.ends_on.isoformat() if line.ends_on else None,
    }


OPERATIONS: Final = (
    Operation(
        "GET",
        "/competences",
        _competences,
        by=(EVERYONE,),
        query=PAGED,
        gives=list_of(_COMPETENCE),
        says="What people can be known to know.",
    ),
    Operation(
        "POST",
        "/competences",
        _add_competence,
        by=(LEARNING_ADMINISTRATOR,),
        takes=_NEW,
        gives=_COMPETENCE,
        status=201,
        says="Add a competence, for whoever administers the learning of the whole trust.",
    ),
    Operation(
        "PATCH",
        "/competences/<id>",
        _change_competence,
        by=(LEARNING_ADMINISTRATOR,),
        takes=record({"validity_months": or_null(_MONTHS), "national": flag(needed=False)}),
        gives=_COMPETENCE,
        says="Change how long a competence is valid from now on; awards keep their dates.",
    ),
    Operation(
        "GET",
        "/requirements",
        _requirements,
        by=journal.READERS,
        query=PAGED,
        gives=list_of(_REQUIREMENT),
        says="Which competences are required where.",
    ),
    Operation(
        "POST",
        "/requirements",
        _require,
        by=(LEARNING_ADMINISTRATOR,),
        takes=_REQUIREMENT,
        gives=_REQUIREMENT,
        status=201,
        says="Require a competence in an organisation and below it.",
    ),
    Operation(
        "GET",
        "/people/<id>/compliance",
        _compliance,
        by=(EVERYONE,),
        query={"on": day(needed=False, about="The day to look at; today where nothing is said.")},
        gives=_COMPLIANCE,
        says="What a person must know and is known to know, with its colour on a day.",
    ),
)
