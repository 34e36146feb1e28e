"""`/roles` and `/roles/{id}/holders`: roles, their local versions, and who holds them.

The id of a version is `ROLE@ORGANISATION`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from engine import allocations
from engine.errors import Missing
from engine.machine import EVERYONE
from engine.roles import directory
from engine.roles.directory import Holder, Role
from engine.roles.directory_tables import holders, roles
from engine.web import paging
from engine.web.operations import PAGED, Answer, Call, Operation, created, list_of, listed
from engine.web.resources.organisations import ADMINISTRATOR, require_administered
from engine.web.schemas import flag, identifier, moment, or_null, record, text

_CODE: Final = 80
_ROLE: Final = record(
    {"id": text(), "role": text(_CODE), "organisation": identifier(), "title": text(), "enabled": flag()}
)
_NEW_ROLE: Final = record({"role": text(_CODE), "organisation": identifier(), "title": text()})
_ROLE_CHANGES: Final = record({"title": text(needed=False), "enabled": flag(needed=False)})
_HOLDER: Final = record(
    {"account": identifier(), "enabled": flag(), "starts_at": or_null(moment()), "ends_at": or_null(moment())}
)
_NEW_HOLDER: Final = record(
    {
        "account": identifier(),
        "enabled": flag(needed=False),
        "starts_at": or_null(moment(needed=False)),
        "ends_at": or_null(moment(needed=False)),
    }
)


def _listed(call: Call) -> Answer:
    query = select(roles).where(roles.c.trust == call.trust)
    return listed(paging.page(call.conn, query, [roles.c.role, roles.c.organisation], **call.paging), _role)


def _added(call: Call) -> Answer:
    new = Role(trust=call.trust, **call.body)
    kept = allocations.add(call.conn, new, call.actor, call.now)
    return created(f"/roles/{_id(kept)}", _role(kept))


def _changed(call: Call) -> Answer:
    before = _version(call)
    return Answer(_role(allocations.change(call.conn, replace(before, **call.body), call.actor, call.now)))


def _holders(call: Call) -> Answer:
    version = _version(call)
    require_administered(call, version.organisation)
    query = select(holders).where(
        holders.c.trust == call.trust, holders.c.role == version.role, holders.c.organisation == version.organisation
    )
    return listed(paging.page(call.conn, query, [holders.c.account], **call.paging), _holder)


def _held(call: Call) -> Answer:
    version = _version(call)
    require_administered(call, version.organisation)
    new = Holder(
        trust=call.trust,
        role=version.role,
        organisation=version.organisation,
        account=call.body["account"],
        enabled=call.body.get("enabled", True),
        starts_at=_moment(call.body, "starts_at"),
        ends_at=_moment(call.body, "ends_at"),
    )
    return created(f"/roles/{_id(version)}/holders", _holder(allocations.give(call.tx, new)))


def _version(call: Call) -> Role:
    role, _, organisation = call.at["id"].rpartition("@")
    found = directory.versions(call.conn, call.trust, role).get(organisation)
    if found is None:
        raise Missing("There is no such role in this organisation.")
    return found


def _id(version: Any) -> str:
    return f"{version.role}@{version.organisation}"


def _role(row: Any) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in ("role", "organisation", "title", "enabled")}
    return {"id": _id(row), **shown}


def _holder(row: Any) -> dict[str, Any]:
    ends = {name: value.isoformat() if value else None for name, value in _ends(row)}
    return {"account": row.account, "enabled": row.enabled, **ends}


def _ends(row: Any) -> tuple[tuple[str, datetime | None], ...]:
    return ("starts_at", row.starts_at), ("ends_at", row.ends_at)


def _moment(body: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(body[name]) if body.get(name) else None


OPERATIONS: Final = (
    Operation(
        "GET", "/roles", _listed, by=(EVERYONE,), query=PAGED, gives=list_of(_ROLE), says="Every version of every role."
    ),
    Operation(
        "POST",
        "/roles",
        _added,
        by=(ADMINISTRATOR,),
        takes=_NEW_ROLE,
        gives=_ROLE,
        status=201,
        says="Give an organisation a version of a role.",
    ),
    Operation(
        "PATCH",
        "/roles/<id>",
        _changed,
        by=(ADMINISTRATOR,),
        takes=_ROLE_CHANGES,
        gives=_ROLE,
        says="Rename a version, or switch it on or off.",
    ),
    Operation(
        "GET",
        "/roles/<id>/holders",
        _holders,
        by=(ADMINISTRATOR,),
        query=PAGED,
        gives=list_of(_HOLDER),
        says="Who was ever given this version, and from when to when.",
    ),
    Operation(
        "POST",
        "/roles/<id>/holders",
        _held,
        by=(ADMINISTRATOR,),
        takes=_NEW_HOLDER,
        gives=_HOLDER,
        status=201,
        says="Give this version to an account, or change when it has it.",
    ),
)
