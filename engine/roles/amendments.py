"""Who changed what about roles, holders, absences, periods and attempts, and when: a row for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from engine.identifiers import new_id
from engine.machine import Actor
from engine.roles.absence_tables import amendments
from engine.roles.directory_tables import accounts

_MOST: Final = 100


class Amended(StrEnum):
    """What was changed; stored in `amendments.kind`."""

    ABSENCE = "absence"
    ATTEMPTS = "attempts"
    ROLE = "role"
    PERIODS = "periods"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """One change in plain words."""

    at: datetime
    what: str
    actor_name: str


def note(  # noqa: PLR0913, PLR0917 - a row has as many columns
    conn: Connection,
    trust: str,
    kind: Amended,
    key: str,
    what: str,
    said: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> None:
    """Write down one change in the commit that makes it: `what` in plain words, `said` how it stands afterwards.

    Whom it is about is said by account (`said["holder"]`), never by name, so that a name can be erased.
    """
    row = {"trust": trust, "id": new_id(now), "kind": kind, "key": key, "at": now, "what": what, "said": plain(said)}
    conn.execute(insert(amendments), {**row, "actor": by.id, "actor_name": by.name})


def of(conn: Connection, trust: str, kind: Amended, key: str) -> Sequence[Amendment]:
    """Return the last hundred changes of one thing, the latest first, each with the name of whom it is about."""
    chosen = (amendments.c.trust == trust, amendments.c.kind == kind, amendments.c.key == key)
    query = select(amendments).where(*chosen).order_by(amendments.c.at.desc(), amendments.c.id.desc()).limit(_MOST)
    rows = conn.execute(query).mappings().all()
    about = {row["id"]: row["said"].get("holder") for row in rows}
    known = select(accounts.c.id, accounts.c.name).where(
        accounts.c.trust == trust, accounts.c.id.in_({account for account in about.values() if account})
    )
    names = {row.id: row.name for row in conn.execute(known)}
    return [
        Amendment(at=row["at"], actor_name=row["actor_name"], what=_what(row["what"], names.get(about[row["id"]], "")))
        for row in rows
    ]


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said as plain JSON."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


def _what(what: str, about: str) -> str:
    return f"{what} {about}".strip()
