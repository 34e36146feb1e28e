"""Who changed what about roles, their holders and absences, and when: a row for each change, beside the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select

from engine.absence_tables import amendments
from engine.identifiers import new_id
from engine.machine import Actor

_MOST: Final = 100


class Amended(StrEnum):
    """What was changed; stored in `amendments.kind`."""

    ABSENCE = "absence"
    ROLE = "role"


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
    """Write down one change in the commit that makes it: `what` in plain words, `said` how it stands afterwards."""
    row = {"trust": trust, "id": new_id(now), "kind": kind, "key": key, "at": now, "what": what, "said": plain(said)}
    conn.execute(insert(amendments), {**row, "actor": by.id, "actor_name": by.name})


def of(conn: Connection, trust: str, kind: Amended, key: str) -> Sequence[RowMapping]:
    """Return the last hundred changes of one thing, the latest first."""
    chosen = (amendments.c.trust == trust, amendments.c.kind == kind, amendments.c.key == key)
    query = select(amendments).where(*chosen).order_by(amendments.c.id.desc()).limit(_MOST)
    return conn.execute(query).mappings().all()


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said as plain JSON."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}
