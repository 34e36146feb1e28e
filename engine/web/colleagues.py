"""Who a question can be handed on to: those who are likely, or a colleague whose name was searched for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from engine.approvals.approval import Approval
from engine.errors import Invalid
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import accounts, holders
from engine.web import nearby
from engine.web.nearby import Workplaces

MOST: Final = 20
UNKNOWN: Final = "Choose an active account: of somebody with whom you work, or who holds the role."
_c = accounts.c


def found(  # noqa: PLR0913 - who hands what on to whom
    connection: Connection,
    approval: Approval,
    actor: Actor,
    search: str,
    now: datetime,
    *,
    handed: bool,
    works: Workplaces = nearby.nowhere_else,
) -> list[Mapping[str, Any]]:
    """Return at most `MOST` active accounts by name: those with a part of a name, or who hold the role.

    Whoever is searched for works with the actor, or is likely: they hold the role, here or in another version. Where
    it is only information that is asked for, whoever brought the matter up is likely too; where the question is
    `handed` on, neither they nor the person that it is about may have it. Addresses tell namesakes apart, and are
    left out of all others.
    """
    sender = () if handed else (_c.id == (approval.sender or ""),)
    if len(search) >= nearby.SHORTEST:
        may = nearby.near(connection, approval.trust, actor, works)
        chosen_by = and_(nearby.named(search), or_(may, _holds(approval, now, anywhere=True), *sender))
    else:
        chosen_by = or_(_holds(approval, now), *sender)
    chosen = select(_c.id, _c.name, _c.email).where(
        _c.trust == approval.trust, _c.active, _c.id != actor.id, chosen_by, *(_able(approval) if handed else ())
    )
    rows = connection.execute(chosen.order_by(func.lower(_c.name), _c.id).limit(MOST)).mappings().all()
    bearers = Counter(row["name"].lower() for row in rows)
    return [{**row, "email": row["email"] if bearers[row["name"].lower()] > 1 else ""} for row in rows]


def require(  # noqa: PLR0913, PLR0917 - who hands what on to whom
    connection: Connection, approval: Approval, actor: Actor, account: str, now: datetime, works: Workplaces
) -> None:
    """Raise `Invalid` unless the account is active and could be found to hand the question on to."""
    likely = or_(nearby.near(connection, approval.trust, actor, works), _holds(approval, now, anywhere=True))
    chosen = select(_c.id).where(_c.trust == approval.trust, _c.id == account, _c.active, likely)
    if connection.execute(chosen).first() is None:
        raise Invalid(UNKNOWN, field="to")


def _able(approval: Approval) -> tuple[ColumnElement[bool], ...]:
    others = () if approval.subject_person is None else (_c.person != approval.subject_person,)
    return (*others, _c.id.not_in([one for one in (approval.sender, approval.owner, approval.delegate) if one]))


def _holds(approval: Approval, now: datetime, *, anywhere: bool = False) -> ColumnElement[bool]:
    same = and_(holders.c.trust == _c.trust, holders.c.account == _c.id, holders.c.role == approval.role)
    here = () if anywhere else (holders.c.organisation == approval.organisation,)
    return exists().where(same, *here, directory.holding(now))
