"""`/classes`: what runs when, and what may be done with it."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from engine.errors import Invalid, Missing
from engine.letters import Subject
from engine.machine import EVERYONE
from engine.roles import directory
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of
from engine.web.schemas import flag, identifier, lines, many, moment, one_of, or_null, record, text, whole
from workflows.learning import classes, pages
from workflows.learning.meeting_schemas import MEETING
from workflows.learning.pages import Wanted
from workflows.learning.records import Class, ClassState
from workflows.people.responsibilities import RUNS_CLASSES

_SESSION: Final = record(
    {
        "id": text(8, needed=False, about="Of a session that there is; without one it is added."),
        "starts_at": moment(needed=False),
        "ends_at": moment(needed=False),
        "venue": text(needed=False, empty=True),
    }
)
_CHANGE: Final = record(
    {
        "title": text(needed=False),
        "minimum": whole(0, 100_000, needed=False),
        "maximum": or_null(whole(1, 100_000, needed=False)),
        "waitlist": flag(needed=False),
        "waitlist_maximum": or_null(whole(0, 100_000, needed=False)),
        "restrict_days": or_null(whole(0, 365, needed=False)),
        "withdraw_days": whole(0, 365, needed=False),
        "decline_withdraws": flag(needed=False),
        "approval": flag(needed=False),
        "venue": text(needed=False, empty=True),
        "joining_text": lines(4000, needed=False),
        **MEETING,
        "opens_at": or_null(moment(needed=False)),
        "closes_at": or_null(moment(needed=False)),
        "sessions": many(_SESSION, most=100, needed=False),
    }
)
_NEW_CLASS: Final = record({"offering": identifier(), "organisation": identifier(), **_CHANGE.members})
_CLASS: Final = record(
    {
        "id": identifier(),
        "state": one_of(*map(str, ClassState)),
        "offering": identifier(),
        "organisation": identifier(),
        "title": text(),
        "venue": text(empty=True),
        "zone": text(),
        "maximum": or_null(whole()),
        "taken": whole(),
        "waiting": whole(),
        **MEETING,
        "sessions": many(_SESSION),
    }
)
_WHY: Final = record({"reason": lines(1000, needed=False)})
_STEPS: Final = {
    "open": (classes.Trigger.OPEN, "Open a planned class for enrolment."),
    "reopen": (classes.Trigger.REOPEN, "Open a closed class again."),
    "close": (classes.Trigger.CLOSE, "Close a class: nobody enrols any more."),
    "cancel": (classes.Trigger.CANCEL, "Cancel a class and tell everybody on it."),
    "set-back": (classes.Trigger.SET_BACK, "Set a class back to planning."),
}


def _classes(call: Call) -> Answer:
    """List what the caller runs; whoever runs none gets what they could enrol on."""
    wanted = Wanted(cursor=call.paging["cursor"], limit=call.paging["limit"], state=call.query.get("state"))
    places = call.reach(*RUNS_CLASSES)
    if places:
        page = pages.run_classes(call.conn, call.trust, places, wanted)
    else:
        page = pages.open_classes(call.conn, call.trust, call.actor.person or "", call.now, wanted)
    return Answer({"items": [_class(one) for one in page.found], "next": page.next})


def _one_class(call: Call) -> Answer:
    return Answer(_class(seen(call, call.at["id"])))


def _add_class(call: Call) -> Answer:
    directory.organisation(call.conn, call.trust, call.body["organisation"])
    _require_whole(call)
    moved = call.tx.start(classes.KIND, call.trust, classes.Trigger.CREATE, call.body)
    return created(f"/classes/{moved.subject.id}", _class(pages.course_class(call.conn, call.trust, moved.subject.id)))


def _change_class(call: Call) -> Answer:
    one = _run(call, call.at["id"])
    _require_whole(call, {session.id for session in one.sessions})
    if call.body:
        call.tx.fire(Subject(kind=classes.KIND, trust=call.trust, id=one.id), classes.Trigger.CHANGE, call.body)
    return Answer(_class(pages.course_class(call.conn, call.trust, one.id)))


def _step_class(trigger: classes.Trigger, call: Call) -> Answer:
    one = _run(call, call.at["id"])
    call.tx.fire(Subject(kind=classes.KIND, trust=call.trust, id=one.id), trigger, call.body)
    return Answer(_class(pages.course_class(call.conn, call.trust, one.id)))


def seen(call: Call, identifier_: str) -> Class:
    """Return a class that the caller runs, or that anybody may enrol on; raises `Missing` for any other."""
    one = pages.course_class(call.conn, call.trust, identifier_)
    planned = one.state in {ClassState.PLANNED, None}
    if planned and not call.actor.may(RUNS_CLASSES, one.organisations):
        raise Missing("There is no such class, or it belongs to an organisation that you do not look after.")
    return one


def _run(call: Call, identifier_: str) -> Class:
    one = pages.course_class(call.conn, call.trust, identifier_)
    if not call.actor.may(RUNS_CLASSES, one.organisations):
        raise Missing("There is no such class, or it belongs to an organisation that you do not look after.")
    return one


def _require_whole(call: Call, known: set[str] | frozenset[str] = frozenset()) -> None:
    """Raise `Invalid` for a new session without both of its times."""
    for at, session in enumerate(call.body.get("sessions", ())):
        if session.get("id") not in known and not {"starts_at", "ends_at"} <= session.keys():
            errors = [{"pointer": f"/sessions/{at}", "detail": "A new session needs starts_at and ends_at."}]
            raise Invalid("Some values are missing or cannot be used.", errors=errors)


def _class(one: Class) -> dict[str, Any]:
    plain = ("id", "state", "organisation", "title", "venue", "zone", "maximum", "taken", "waiting", *MEETING)
    sessions = [
        {
            "id": session.id,
            "starts_at": session.starts_at.isoformat(),
            "ends_at": session.ends_at.isoformat(),
            "venue": session.venue,
        }
        for session in one.sessions
    ]
    return {**{name: getattr(one, name) for name in plain}, "offering": one.offering.id, "sessions": sessions}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/classes",
        _classes,
        by=(EVERYONE,),
        query={**PAGED, "state": one_of(*map(str, ClassState), needed=False)},
        gives=list_of(_CLASS),
        says="What the caller runs; for whoever runs none, what they could enrol on.",
    ),
    Operation("GET", "/classes/<id>", _one_class, by=(EVERYONE,), gives=_CLASS, says="One class."),
    Operation(
        "POST",
        "/classes",
        _add_class,
        by=RUNS_CLASSES,
        takes=_NEW_CLASS,
        gives=_CLASS,
        status=201,
        says="Plan a class; it takes enrolments once it is opened.",
    ),
    Operation(
        "PATCH",
        "/classes/<id>",
        _change_class,
        by=RUNS_CLASSES,
        takes=_CHANGE,
        gives=_CLASS,
        says="Change a class; new dates, times or places tell the confirmed.",
    ),
    *(
        Operation(
            "POST",
            f"/classes/<id>/{name}",
            partial(_step_class, trigger),
            by=RUNS_CLASSES,
            takes=_WHY,
            gives=_CLASS,
            says=says,
        )
        for name, (trigger, says) in _STEPS.items()
    ),
)
