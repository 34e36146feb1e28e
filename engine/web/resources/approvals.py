"""`/approvals`: what is asked of the roles that the caller holds, and answering it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import RowMapping, select

from engine import questions
from engine.approvals import KIND, Status, Trigger
from engine.errors import Conflict
from engine.letters import Subject
from engine.machine import EVERYONE
from engine.tables import approvals
from engine.web import asked
from engine.web.asked import Shown
from engine.web.operations import PAGED, Answer, Call, Operation, list_of, listed
from engine.web.schemas import anything, identifier, lines, many, moment, one_of, or_null, record, text

_APPROVAL: Final = record(
    {
        "id": identifier(),
        "title": text(),
        "kind": text(),
        "subject": identifier(),
        "role": text(),
        "organisation": identifier(),
        "state": one_of(*map(str, Status)),
        "choices": many(text()),
        "opened_at": moment(),
        "due_at": or_null(moment()),
        "closed_at": or_null(moment()),
        "choice": or_null(text()),
        "answered_by": or_null(text(about="The name of whoever answered.")),
        "comment": or_null(lines()),
    }
)
_ANSWER: Final = record(
    {
        "choice": text(40, about="One of the approval's choices."),
        "facts": anything(needed=False, about="What the choice needs, such as edited dates."),
        "comment": lines(2000, needed=False),
    }
)


def _mine(call: Call) -> Answer:
    shown = Shown(call.query.get("show", Shown.OPEN))
    return listed(asked.asked_of(call.conn, call.trust, call.actor, shown, call.query.get("cursor")), _row)


def _one(call: Call) -> Answer:
    return Answer(_row(asked.one_of(call.conn, call.trust, call.actor, call.at["id"])))


def _answered(call: Call) -> Answer:
    """Answer as the caller; whoever comes second is told who was first."""
    here = (approvals.c.trust == call.trust, approvals.c.id == call.at["id"])
    call.conn.execute(select(approvals.c.id).where(*here).with_for_update())
    before = asked.one_of(call.conn, call.trust, call.actor, call.at["id"])
    if questions.read(before).state not in {Status.OPEN, Status.ERROR}:
        raise Conflict(_ending(before), **_row(before))
    said = {"choice": call.body["choice"], "facts": call.body.get("facts", {}), "comment": call.body.get("comment", "")}
    call.tx.fire(Subject(kind=KIND, trust=call.trust, id=call.at["id"]), Trigger.ANSWER, said)
    return Answer(_row(asked.one_of(call.conn, call.trust, call.actor, call.at["id"])))


def _ending(row: RowMapping) -> str:
    if row["state"] == Status.CLOSED:
        return f"{row['answered_by_name']} answered this already: {row['choice']}."
    return "This is not asked any more."


def _row(row: RowMapping) -> Mapping[str, Any]:
    plain = ("id", "title", "kind", "subject", "role", "organisation", "state", "choices", "choice", "comment")
    moments = ("opened_at", "due_at", "closed_at")
    return {
        **{name: row[name] for name in plain},
        **{name: row[name].isoformat() if row[name] else None for name in moments},
        "answered_by": row["answered_by_name"],
    }


OPERATIONS: Final = (
    Operation(
        "GET",
        "/approvals",
        _mine,
        by=(EVERYONE,),
        query={"cursor": PAGED["cursor"], "show": one_of(*map(str, Shown), needed=False)},
        gives=list_of(_APPROVAL),
        says="What is, or was, asked of the roles that you hold.",
    ),
    Operation("GET", "/approvals/<id>", _one, by=(EVERYONE,), gives=_APPROVAL, says="One of them."),
    Operation(
        "POST",
        "/approvals/<id>/answer",
        _answered,
        by=(EVERYONE,),
        takes=_ANSWER,
        gives=_APPROVAL,
        says="Answer; where somebody was first, 409 says who and what.",
    ),
)
