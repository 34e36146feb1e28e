"""`/question-periods`: how often questions remind and when they escalate, where a trust has set it otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from engine.approvals import periods
from engine.approvals.periods import Periods, Place
from engine.approvals.tables import question_periods as table
from engine.errors import Missing
from engine.roles import amendments
from engine.roles.amendments import Amended
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, list_of, listed
from engine.web.resources.organisations import ADMINISTRATOR, require_administered
from engine.web.schemas import identifier, or_null, record, text, whole

_YEAR: Final = 366 * 24 * 60
_CHOSEN: Final = {
    "reminders": whole(0, 20, about="How many go out."),
    "remind_minutes": whole(0, _YEAR, about="The minutes before each."),
    "escalate_minutes": or_null(whole(1, _YEAR, about="The minutes before the next level is asked; null is never.")),
}
_SHOWN: Final = record({"organisation": identifier(), "kind": text(40), "state": text(40), **_CHOSEN})
_PATH: Final = "/question-periods/<organisation>/<kind>/<state>"


def _listed(call: Call) -> Answer:
    """List what is set in the organisations that the caller administers."""
    mine = table.c.organisation.in_(call.reach(ADMINISTRATOR))
    keys = [table.c.organisation, table.c.kind, table.c.state]
    return listed(
        paging.page(call.conn, select(table).where(table.c.trust == call.trust, mine), keys, **call.paging), _row
    )


def _put(call: Call) -> Answer:
    place = _place(call)
    periods.put(call.conn, place, Periods(**call.body))
    _note(call, place, "Set the periods of a question", call.body)
    return Answer({"organisation": place.organisation, "kind": place.kind, "state": place.state, **call.body})


def _forgotten(call: Call) -> Answer:
    place = _place(call)
    if not periods.forget(call.conn, place):
        raise Missing("Nothing is set here.")
    _note(call, place, "Let the question's own periods hold again", {})
    return Answer({})


def _place(call: Call) -> Place:
    """Return the question that the path names, at an organisation that the caller administers."""
    place = Place(trust=call.trust, organisation=call.at["organisation"], kind=call.at["kind"], state=call.at["state"])
    require_administered(call, place.organisation)
    workflow, _keep = call.engine.kept(place.kind)
    if place.state not in map(str, workflow.questions):
        raise Missing("No question is asked in this state.", kind=place.kind, state=place.state)
    return place


def _note(call: Call, place: Place, what: str, said: Mapping[str, Any]) -> None:
    key = f"{place.organisation}/{place.kind}/{place.state}"
    amendments.note(call.conn, call.trust, Amended.PERIODS, key, what, said, call.actor, call.now)


def _row(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in _SHOWN.members}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/question-periods",
        _listed,
        by=(ADMINISTRATOR,),
        query=PAGED,
        gives=list_of(_SHOWN),
        says="The periods that were set; where none is, a question's own hold.",
    ),
    Operation(
        "PUT",
        _PATH,
        _put,
        by=(ADMINISTRATOR,),
        takes=record(_CHOSEN),
        gives=_SHOWN,
        says="Set how often a question reminds and when it escalates, here and below; open ones keep theirs.",
    ),
    Operation(
        "DELETE",
        _PATH,
        _forgotten,
        by=(ADMINISTRATOR,),
        gives=record({}),
        says="Let what is set above hold again, or what the question declares.",
    ),
)
