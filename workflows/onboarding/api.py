"""`/applicants` and `/transfers`: who is on the way into a post, and what comes along with them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from engine.errors import Missing
from engine.letters import Subject
from engine.machine import Case, plain
from engine.roles import directory
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import (
    anything,
    day,
    flag,
    identifier,
    lines,
    many,
    mapping,
    one_of,
    or_null,
    record,
    text,
    whole,
)
from workflows.onboarding import applicant, pages, transfer
from workflows.onboarding.records import PERSON_TYPES, Applicant, ApplicantState, TransferState
from workflows.onboarding.tables import applicants, transfers
from workflows.people import pages as people_pages
from workflows.people.responsibilities import RECRUITER, STAT_AND_MAND

_NEW: Final = record(
    {
        "person": identifier(),
        "organisation": identifier(needed=False, about="The person's own where nothing is said."),
        "position": text(),
        "hire_on": or_null(day(needed=False)),
    }
)
_SAID: Final = record(
    {
        "reason": lines(1000, needed=False),
        "hire_on": day(needed=False),
        "person_type": one_of(*PERSON_TYPES, needed=False),
        "checks_complete": flag(needed=False),
    }
)
_APPLICANT: Final = record(
    {
        "id": identifier(),
        "person": identifier(),
        "organisation": identifier(),
        "position": text(),
        "state": one_of(*map(str, ApplicantState)),
        "hire_on": or_null(day()),
        "checks_complete": flag(),
        "person_type": or_null(text()),
        "possible": many(text(), needed=False, about="The triggers that the caller may fire now."),
    }
)
_LINE: Final = record(
    {
        "name": text(240),
        "level": or_null(text(80, needed=False)),
        "starts_on": day(),
        "ends_on": or_null(day(needed=False, about="The last day of validity at the source; null is for ever.")),
    }
)
_CAME: Final = record(
    {
        "applicant": identifier(),
        "source_organisation": text(),
        "review_days": whole(0, 365, needed=False),
        "lines": many(_LINE, most=500),
    }
)
_TRANSFER: Final = record(
    {
        "id": identifier(),
        "applicant": identifier(),
        "source_organisation": text(),
        "state": one_of(*map(str, TransferState)),
        "why": text(2000, about="What became of it, in one sentence."),
        "approval": or_null(identifier(about="The question about it, for whom it was asked of.")),
        "lines": many(anything()),
    }
)
_DECIDED: Final = record(
    {
        "accepted": flag(needed=False, about="True where nothing is said."),
        "competence": or_null(identifier(needed=False, about="One of the trust's own, to take it as.")),
        "level": or_null(text(80, needed=False)),
        "starts_on": or_null(day(needed=False)),
        "ends_on": or_null(day(needed=False, about="The last day of validity; null is for ever.")),
        "reason": or_null(lines(1000, needed=False)),
    }
)
ANSWER: Final = {"lines": mapping(_DECIDED, most=500, needed=False, about="By number: what is left out stays.")}
"""What an answer to the form may bring along."""
_APPLICANT_STEPS: Final = tuple(one for one in applicant.Trigger if one is not applicant.Trigger.PREFER)
_TRANSFER_STEPS: Final = tuple(one for one in transfer.Trigger if one is not transfer.Trigger.RECEIVE)


def _applicants(call: Call) -> Answer:
    query = pages.applicants_of(call.trust, call.reach(*pages.READERS))
    return listed(paging.page(call.conn, query, [applicants.c.id], **call.paging), _applicant)


def _one_applicant(call: Call) -> Answer:
    return Answer(_shown(call, call.at["id"]))


def _prefer(call: Call) -> Answer:
    if "organisation" in call.body:
        directory.organisation(call.conn, call.trust, call.body["organisation"])
    people_pages.within_reach(call.conn, call.trust, call.actor, call.body["person"])
    moved = call.tx.start(applicant.KIND, call.trust, applicant.Trigger.PREFER, call.body)
    return created(f"/applicants/{moved.subject.id}", _shown(call, moved.subject.id))


def _step_applicant(call: Call) -> Answer:
    _found(call, call.at["id"])
    trigger = _named(call.at["trigger"], _APPLICANT_STEPS)
    call.tx.fire(Subject(kind=applicant.KIND, trust=call.trust, id=call.at["id"]), trigger, call.body)
    return Answer(_shown(call, call.at["id"]))


def _transfers(call: Call) -> Answer:
    mine = select(applicants.c.id).where(
        applicants.c.trust == call.trust, applicants.c.organisation.in_(call.reach(*pages.READERS))
    )
    query = select(transfers.c.id).where(transfers.c.trust == call.trust, transfers.c.applicant.in_(mine))
    if "applicant" in call.query:
        query = query.where(transfers.c.applicant == call.query["applicant"])
    page = paging.page(call.conn, query, [transfers.c.id], **call.paging)
    stories = pages.stories(call.engine, call.conn, call.trust, [row["id"] for row in page.rows])
    return Answer({"items": [_transfer(story) for story in stories], "next": page.next})


def _one_transfer(call: Call) -> Answer:
    return Answer(_told(call, call.at["id"]))


def _receive(call: Call) -> Answer:
    _found(call, call.body["applicant"])
    moved = call.tx.start(transfer.KIND, call.trust, transfer.Trigger.RECEIVE, call.body)
    return created(f"/transfers/{moved.subject.id}", _told(call, moved.subject.id))


def _step_transfer(call: Call) -> Answer:
    """Fire a trigger; the answers to the form close its question by themselves."""
    pages.transfer_of(call.engine, call.conn, call.trust, call.actor, call.at["id"])
    trigger = _named(call.at["trigger"], _TRANSFER_STEPS)
    call.tx.fire(Subject(kind=transfer.KIND, trust=call.trust, id=call.at["id"]), trigger, call.body)
    return Answer(_told(call, call.at["id"]))


def _found(call: Call, identifier_: str) -> Applicant:
    return pages.applicant_of(call.engine, call.conn, call.trust, call.actor, identifier_)


def _shown(call: Call, identifier_: str) -> dict[str, Any]:
    one = _found(call, identifier_)
    case = Case(record=one, facts={}, actor=call.actor, now=call.now)
    possible = [str(trigger) for trigger in applicant.WORKFLOW.possible(case)]
    names = [name for name in _APPLICANT.members if name != "possible"]
    return {**_applicant({name: getattr(one, name) for name in names}), "possible": possible}


def _told(call: Call, identifier_: str) -> dict[str, Any]:
    pages.transfer_of(call.engine, call.conn, call.trust, call.actor, identifier_)
    (story,) = pages.stories(call.engine, call.conn, call.trust, [identifier_])
    return _transfer(story)


def _named(text_: str, triggers: tuple[Any, ...]) -> Any:
    """Return the trigger that a part of the path names, in either spelling; raises `Missing`."""
    for trigger in triggers:
        if text_.upper().replace("-", "_") == trigger:
            return trigger
    raise Missing(f"There is no such step. There are: {', '.join(plain(one) for one in triggers)}.")


def _applicant(row: Any) -> dict[str, Any]:
    names = ("id", "person", "organisation", "position", "state", "checks_complete", "person_type")
    hire_on = row["hire_on"].isoformat() if row["hire_on"] else None
    return {**{name: row[name] for name in names}, "hire_on": hire_on}


def _transfer(story: pages.Story) -> dict[str, Any]:
    one = story.transfer
    came = [
        {
            "number": line.number,
            "name": line.name,
            "level": line.level,
            "starts_on": line.starts_on.isoformat(),
            "ends_on": line.ends_on.isoformat() if line.ends_on else None,
            "required": line.required,
            "competence": line.competence.id if line.competence else None,
            "decided": line.decided,
        }
        for line in one.lines
    ]
    shown = {name: getattr(one, name) for name in ("id", "applicant", "source_organisation", "state")}
    return {**shown, "why": story.why, "approval": story.approval, "lines": came}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/applicants",
        _applicants,
        by=pages.READERS,
        query=PAGED,
        gives=list_of(_APPLICANT),
        says="Applicants for posts in the caller's organisations.",
    ),
    Operation("GET", "/applicants/<id>", _one_applicant, by=pages.READERS, gives=_APPLICANT, says="One applicant."),
    Operation(
        "POST",
        "/applicants",
        _prefer,
        by=(RECRUITER,),
        takes=_NEW,
        gives=_APPLICANT,
        status=201,
        says="Record a preferred applicant.",
    ),
    Operation(
        "POST",
        "/applicants/<id>/<trigger>",
        _step_applicant,
        by=(RECRUITER,),
        takes=_SAID,
        gives=_APPLICANT,
        says="Take a step: offer, accept, hire, withdraw or move-hire-date.",
    ),
    Operation(
        "GET",
        "/transfers",
        _transfers,
        by=pages.READERS,
        query={**PAGED, "applicant": identifier(needed=False)},
        gives=list_of(_TRANSFER),
        says="What came for applicants, and what became of it.",
    ),
    Operation("GET", "/transfers/<id>", _one_transfer, by=pages.READERS, gives=_TRANSFER, says="One transfer."),
    Operation(
        "POST",
        "/transfers",
        _receive,
        by=(RECRUITER,),
        takes=_CAME,
        gives=_TRANSFER,
        status=201,
        says="Competences arrive for an applicant: the stat & mand role is asked.",
    ),
    Operation(
        "POST",
        "/transfers/<id>/<trigger>",
        _step_transfer,
        by=(RECRUITER, STAT_AND_MAND),
        takes=record({"reason": lines(1000, needed=False), **ANSWER}),
        gives=_TRANSFER,
        says="Take a step: accept, accept-with-edits, reject or reopen, for whoever holds the role.",
    ),
)
