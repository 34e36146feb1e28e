"""`/organisations`: the tree of the caller's trust."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from engine.errors import NotAllowed
from engine.machine import EVERYONE
from engine.roles import directory
from engine.roles.directory_tables import organisations
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.schemas import identifier, or_null, partial, record, text

ADMINISTRATOR: Final = "system-administrator"
_NEW: Final = {
    "name": text(),
    "parent": identifier(needed=False, about="Where nothing is said, the trust."),
    "mail_name": or_null(text(needed=False, about="The name that mails bear, where it is another.")),
}
_SHOWN: Final = record(
    {"id": identifier(), "name": text(), "parent": or_null(identifier()), "mail_name": or_null(text())}
)


def require_administered(call: Call, organisation: str) -> None:
    """Raise `NotAllowed` where the caller does not administer an organisation of the trust, `Missing` for no such."""
    if not call.actor.may((ADMINISTRATOR,), directory.path(call.conn, call.trust, organisation)):
        raise NotAllowed("You do not administer this organisation.", organisation=organisation)


def _listed(call: Call) -> Answer:
    query = select(organisations).where(organisations.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [organisations.c.id], **call.paging), _row)


def _one(call: Call) -> Answer:
    return Answer(_row(directory.organisation(call.conn, call.trust, call.at["id"])))


def _added(call: Call) -> Answer:
    parent = call.body.get("parent", call.trust)
    require_administered(call, parent)
    new = directory.add_organisation(
        call.conn,
        now=call.now,
        trust=call.trust,
        parent=parent,
        name=call.body["name"],
        mail_name=call.body.get("mail_name"),
    )
    return created(f"/organisations/{new.id}", _row(new))


def _changed(call: Call) -> Answer:
    require_administered(call, call.at["id"])
    if "parent" in call.body:
        require_administered(call, call.body["parent"])
    return Answer(_row(directory.change_organisation(call.conn, call.trust, call.at["id"], call.body)))


def _row(row: Any) -> dict[str, Any]:
    """Write a row of a list, or a record."""
    return {"id": row.id, "name": row.name, "parent": row.parent, "mail_name": row.mail_name}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/organisations",
        _listed,
        by=(EVERYONE,),
        query=PAGED,
        gives=list_of(_SHOWN),
        says="The organisations of the trust.",
    ),
    Operation("GET", "/organisations/<id>", _one, by=(EVERYONE,), gives=_SHOWN, says="One organisation."),
    Operation(
        "POST",
        "/organisations",
        _added,
        by=(ADMINISTRATOR,),
        takes=record(_NEW),
        gives=_SHOWN,
        status=201,
        says="Add an organisation below another.",
    ),
    Operation(
        "PATCH",
        "/organisations/<id>",
        _changed,
        by=(ADMINISTRATOR,),
        takes=partial(record(_NEW)),
        gives=_SHOWN,
        says="Rename or move an organisation.",
    ),
)
