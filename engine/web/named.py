"""Accounts by name: whom a form means by what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select, true

from engine.roles.directory_tables import accounts
from engine.web import nearby

MOST: Final = 20
_c = accounts.c


def matching(
    conn: Connection,
    trust: str,
    words: str,
    *,
    but: str | None = None,
    among: ColumnElement[bool] | None = None,
) -> Sequence[RowMapping]:
    """Return at most `MOST` active accounts with these words in the name, or that begin the address; by name.

    A whole address, or a whole name that nobody else bears, means that one account. `among` says whom the visitor may
    look up, where that is not everybody.
    """
    part = words.strip().lower()
    if not part:
        return []
    query = select(_c.id, _c.name, _c.email).where(
        _c.trust == trust, _c.active, nearby.named(part), _c.id != (but or ""), true() if among is None else among
    )
    found = conn.execute(query.order_by(func.lower(_c.name), _c.id).limit(MOST)).mappings().all()
    exact = [row for row in found if part in {row["email"].lower(), row["name"].lower()}]
    return exact if len(exact) == 1 else found


def one(conn: Connection, trust: str, account: str) -> RowMapping | None:
    """Return an account's id, name and address, or None."""
    query = select(_c.id, _c.name, _c.email).where(_c.trust == trust, _c.id == account)
    return conn.execute(query).mappings().one_or_none()
