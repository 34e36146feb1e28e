"""`/enrolments`: who is on which class, and what happens to them there."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from engine.errors import Missing
from engine.letters import Subject
from engine.machine import EVERYONE
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import address, identifier, lines, one_of, or_null, record, whole
from workflows.learning import class_api, effects, enrolment, requests
from workflows.learning.records import EnrolmentState
from workflows.learning.tables import classes, enrolments
from workflows.people.responsibilities import RUNS_CLASSES

_WHY: Final = record({"reason": lines(1000, needed=False)})
_ENROLMENT: Final = record(
    {
        "id": identifier(),
        "person": identifier(),
        "class": identifier(),
        "state": one_of(*map(str, EnrolmentState)),
        "waitlist_position": or_null(whole(1)),
    }
)
_ENROL: Final = record(
    {"person": identifier(), "class": identifier(), "email": address(needed=False, about="Where letters go instead.")}
)
_STEPS: Final = {
    "withdraw": (enrolment.Trigger.WITHDRAW, "Withdraw: by the learner until the bar, by whoever runs classes always."),
    "approve": (enrolment.Trigger.APPROVE, "Approve a requested place."),
    "reject": (enrolment.Trigger.REJECT, "Reject a requested place, with a reason."),
    "promote": (enrolment.Trigger.PICK, "Give somebody on the waitlist a place."),
    "attended": (enrolment.Trigger.ATTEND, "Mark as attended."),
    "did-not-attend": (enrolment.Trigger.DID_NOT_ATTEND, "Mark as not attended."),
}


def _enrolments(call: Call) -> Answer:
    query = select(enrolments).where(enrolments.c.trust == call.trust, _visible(call))
    for name, column in (("class", enrolments.c.course_class), ("person", enrolments.c.person)):
        if name in call.query:
            query = query.where(column == call.query[name])
    return listed(paging.page(call.conn, query, [enrolments.c.id], **call.paging), _enrolment)


def _one_enrolment(call: Call) -> Answer:
    return Answer(_enrolment(_row(call, call.at["id"])))


def _enrol(call: Call) -> Answer:
    """Enrol, where the class can be seen: its own steps say who may enrol whom."""
    class_api.seen(call, call.body["class"])
    said = {"email": call.body["email"]} if "email" in call.body else {}
    moved = effects.enrol(call.tx, call.trust, call.body["class"], call.body["person"], said)
    return created(f"/enrolments/{moved.subject.id}", _enrolment(_row(call, moved.subject.id)))


def _step_enrolment(trigger: enrolment.Trigger, call: Call) -> Answer:
    row = _row(call, call.at["id"])
    requests.fire(call.tx, Subject(kind=enrolment.KIND, trust=call.trust, id=row["id"]), trigger, call.body)
    return Answer(_enrolment(_row(call, row["id"])))


def _row(call: Call, identifier_: str) -> Any:
    """Return an enrolment of the caller's own, or on a class that the caller runs; raises `Missing` for any other."""
    query = select(enrolments).where(enrolments.c.trust == call.trust, enrolments.c.id == identifier_, _visible(call))
    row = call.conn.execute(query).mappings().one_or_none()
    if row is None:
        raise Missing("There is no such enrolment, or it belongs to an organisation that you do not look after.")
    return row


def _visible(call: Call) -> ColumnElement[bool]:
    run = select(classes.c.id).where(
        classes.c.trust == call.trust, classes.c.organisation.in_(call.reach(*RUNS_CLASSES))
    )
    return or_(enrolments.c.course_class.in_(run), enrolments.c.person == (call.actor.person or ""))


def _enrolment(row: Any) -> dict[str, Any]:
    shown = {name: row[name] for name in ("id", "person", "state")}
    return {**shown, "class": row["course_class"], "waitlist_position": row["position"]}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/enrolments",
        _enrolments,
        by=(EVERYONE,),
        query={**PAGED, "class": identifier(needed=False), "person": identifier(needed=False)},
        gives=list_of(_ENROLMENT),
        says="The caller's own enrolments, and those on classes that the caller runs.",
    ),
    Operation("GET", "/enrolments/<id>", _one_enrolment, by=(EVERYONE,), gives=_ENROLMENT, says="One enrolment."),
    Operation(
        "POST",
        "/enrolments",
        _enrol,
        by=(EVERYONE,),
        takes=_ENROL,
        gives=_ENROLMENT,
        status=201,
        says="Enrol somebody: confirmed, on the waitlist, waiting for approval, or refused with the reasons.",
    ),
    *(
        Operation(
            "POST",
            f"/enrolments/<id>/{name}",
            partial(_step_enrolment, trigger),
            by=(EVERYONE,),
            takes=_WHY,
            gives=_ENROLMENT,
            says=says,
        )
        for name, (trigger, says) in _STEPS.items()
    ),
)
