"""Who a question can be handed on to: those who are likely, or whose name was searched for."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, exists, func, or_, select

from engine import directory
from engine.approvals import Approval
from engine.directory_tables import accounts, holders
from engine.machine import Actor

MOST: Final = 20
_c = accounts.c


def found(  # noqa: PLR0913 - who hands what on to whom
    connection: Connection, approval: Approval, actor: Actor, search: str, now: datetime, *, handed: bool
) -> list[RowMapping]:
    """Return at most `MOST` active accounts by name: those with a part of a name, or who hold the role.

    Where it is only information that is asked for, whoever brought the matter up is likely too; where the question
    is `handed` on, neither they nor the person that it is about may have it.
    """
    likely = _holds(approval, now) if handed else or_(_holds(approval, now), _c.id == (approval.sender or ""))
    chosen = select(_c.id, _c.name, _c.email).where(
        _c.trust == approval.trust,
        _c.active,
        _c.id != actor.id,
        _named(search) if search else likely,
        *(_able(approval) if handed else ()),
    )
    return list(connection.execute(chosen.order_by(func.lower(_c.name), _c.id).limit(MOST)).mappings())


def _able(approval: Approval) -> tuple[ColumnElement[bool], ...]:
    others = () if approval.subject_person is None else (_c.person != approval.subject_person,)
    return (*others, _c.id.not_in([one for one in (approval.sender, approval.owner, approval.delegate) if one]))


def _named(search: str) -> ColumnElement[bool]:
    part = search.lower()
    return or_(
        func.lower(_c.name).contains(part, autoescape=True), func.lower(_c.email).startswith(part, autoescape=True)
    )


def _holds(approval: Approval, now: datetime) -> ColumnElement[bool]:
    same = and_(holders.c.trust == _c.trust, holders.c.account == _c.id)
    role = and_(holders.c.role == approval.role, holders.c.organisation == approval.organisation)
    return exists().where(same, role, directory.holding(now))
