"""`/absences`: who is away and what happens to their questions; one's own, or those of people one administers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from engine.errors import Missing
from engine.machine import EVERYONE
from engine.roles import absences
from engine.roles.absence import Absence, Choices, State, choices_of
from engine.roles.absence_tables import absences as table
from engine.roles.routing import Action
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import flag, identifier, moment, one_of, or_null, partial, record, text

_RULE: Final = {
    "action": one_of(*map(str, Action), about="REASSIGN to `to`, ANSWER with `answer`, or DELIVER all the same."),
    "starts_at": moment(),
    "ends_at": or_null(moment(needed=False, about="Null is until it is ended.")),
    "kind": or_null(text(40, needed=False, about="Only questions about this kind of subject.")),
    "notice": or_null(text(80, needed=False, about="Only questions that this message asks.")),
    "to": or_null(identifier(needed=False, about="The account that is asked instead.")),
    "transfer": flag(needed=False, about="The questions become theirs."),
    "answer": or_null(text(40, needed=False)),
    "comment": text(400, needed=False, empty=True),
}
_NEW: Final = record({"account": identifier(needed=False, about="Where nothing is said, the caller's own."), **_RULE})
_SHOWN: Final = record(
    {
        "id": identifier(),
        "account": identifier(),
        "state": one_of(*map(str, State)),
        "action": one_of(*map(str, Action)),
        "starts_at": moment(),
        "ends_at": or_null(moment()),
        "kind": or_null(text()),
        "notice": or_null(text()),
        "to": or_null(identifier()),
        "transfer": flag(),
        "answer": or_null(text()),
        "comment": text(400, empty=True),
    }
)


def _listed(call: Call) -> Answer:
    account = call.query.get("account", call.actor.id)
    if not absences.may_keep(call.conn, call.trust, call.actor, account):
        raise Missing("There is no such account, or you do not administer all that it holds.")
    query = select(table).where(table.c.trust == call.trust, table.c.account == account)
    return listed(paging.page(call.conn, query, [table.c.id], **call.paging), _shown)


def _added(call: Call) -> Answer:
    said = {"account": call.actor.id, **_read(call.body)}
    wanted = Absence(trust=call.trust, **said)
    kept = absences.save(call.conn, wanted, _choices(call), call.actor, call.now)
    return created(f"/absences/{kept.id}", _written(kept))


def _changed(call: Call) -> Answer:
    wanted = replace(_mine(call), **_read(call.body))
    return Answer(_written(absences.save(call.conn, wanted, _choices(call), call.actor, call.now)))


def _ended(call: Call) -> Answer:
    return Answer(_written(absences.end(call.conn, call.trust, _mine(call).id, call.actor, call.now)))


def _dismissed(call: Call) -> Answer:
    return Answer(_written(absences.dismiss(call.conn, call.trust, _mine(call).id, call.actor, call.now)))


def _mine(call: Call) -> Absence:
    """Return the rule that the path names; raises `Missing` for one that the caller may not keep."""
    one = absences.get(call.conn, call.trust, call.at["id"])
    if not absences.may_keep(call.conn, call.trust, call.actor, one.account):
        raise Missing("There is no such absence.")
    return one


def _choices(call: Call) -> Choices:
    return choices_of(workflow for workflow, _keep in call.engine.keeps.values())


def _read(body: Mapping[str, Any]) -> dict[str, Any]:
    typed = {"action": Action, "starts_at": datetime.fromisoformat, "ends_at": datetime.fromisoformat}
    return {name: typed[name](value) if name in typed and value else value for name, value in body.items()}


def _written(one: Absence) -> dict[str, Any]:
    return _shown({name: getattr(one, name) for name in Absence.__slots__})


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: row[name].isoformat() if row[name] else None for name in ("starts_at", "ends_at")}
    return {**{name: row[name] for name in _SHOWN.members}, **moments}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/absences",
        _listed,
        by=(EVERYONE,),
        query={**PAGED, "account": identifier(needed=False, about="Whose; where nothing is said, the caller's own.")},
        gives=list_of(_SHOWN),
        says="Absence rules of one account, also those that are over.",
    ),
    Operation(
        "POST", "/absences", _added, by=(EVERYONE,), takes=_NEW, gives=_SHOWN, status=201, says="Make an absence rule."
    ),
    Operation(
        "PATCH",
        "/absences/<id>",
        _changed,
        by=(EVERYONE,),
        takes=partial(record(_RULE)),
        gives=_SHOWN,
        says="Change a rule, or confirm one that an out-of-office reply suggested.",
    ),
    Operation("POST", "/absences/<id>/end", _ended, by=(EVERYONE,), gives=_SHOWN, says="End a rule now."),
    Operation(
        "POST", "/absences/<id>/dismiss", _dismissed, by=(EVERYONE,), gives=_SHOWN, says="Take a suggestion away."
    ),
)
