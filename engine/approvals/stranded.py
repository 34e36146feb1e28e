"""Questions that stand with somebody who is not there any more: each goes on to somebody, or is an incident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select

from engine.approvals import keep, levels, unheard
from engine.approvals.approval import KIND, Status, Trigger
from engine.errors import Conflict, NotDeclared, Refused
from engine.letters import Subject
from engine.roles import directory
from engine.roles.directory_tables import accounts, grants, holders, roles
from engine.tables import approvals
from engine.transaction import Engine, Transaction

_c = approvals.c
_KEY: Final = (_c.trust, _c.id)


def ask_waiting(engine: Engine) -> int:
    """Ask once more what nobody could be asked, where somebody holds the role now; return how many were asked."""
    with engine.reading() as connection:
        rows = connection.execute(select(_c.trust, _c.id, _c.role).where(_c.state == Status.ERROR)).all()
        wanted = {row.trust: {one.role for one in rows if one.trust == row.trust} for row in rows}
        now = engine.clock()
        held = {(trust, role) for trust in wanted for role, _ in levels.held(connection, trust, wanted[trust], now)}
    return sum(_moved(engine, row, Trigger.RETRY) for row in rows if (row.trust, row.role) in held)


def give_back(engine: Engine) -> int:
    """Give back what stands with somebody who left, or who claimed it and lost the role; return how many questions.

    What was delegated to somebody who left, or waits for their information, goes back to its owner; what an owner had
    goes back to the role. Whoever was given a question keeps it without the role.
    """
    owned = and_(_c.state == Status.OPEN, _c.owner.is_not(None))
    left = _gone(_c.owner)
    lost = and_(_c.claimed, ~_holder(engine, accounts.c.id == _c.owner))
    waits = and_(_c.state == Status.MORE_INFO, _gone(_c.asked_of))
    back = _found(engine, or_(waits, and_(owned, ~left, _gone(_c.delegate))))
    given = sum(_moved(engine, row, Trigger.TAKE_BACK) for row in back)
    return given + sum(_moved(engine, row, Trigger.RELEASE) for row in _found(engine, and_(owned, or_(left, lost))))


def route_again(engine: Engine) -> int:
    """Look again for somebody to ask where an open question stands on nobody's list; return how many questions.

    Who is found is asked, as when it was opened. Where nobody is, it waits, and an incident says so.
    """
    nobodys = and_(_c.owner.is_(None), or_(_c.delegate.is_(None), _gone(_c.delegate)))
    able = or_(_c.subject_person.is_(None), accounts.c.person.is_(None), accounts.c.person != _c.subject_person)
    rows = _found(engine, and_(_c.state == Status.OPEN, nobodys, ~_holder(engine, able)))
    return sum(_routed(engine, row) for row in rows)


def _gone(account: ColumnElement[Any]) -> ColumnElement[bool]:
    """Choose where an account is named that is not active."""
    there = exists().where(accounts.c.trust == _c.trust, accounts.c.id == account, accounts.c.active)
    return and_(account.is_not(None), ~there)


def _holder(engine: Engine, which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Choose where such an account is active and holds the role now, by the version that was asked or by a grant."""
    version = and_(
        holders.c.trust == _c.trust,
        holders.c.role == _c.role,
        holders.c.organisation == _c.organisation,
        roles.c.trust == _c.trust,
        roles.c.role == _c.role,
        roles.c.organisation == _c.organisation,
        roles.c.enabled,
    )
    grant = and_(
        grants.c.trust == _c.trust, grants.c.responsibility == _c.role, grants.c.organisation == _c.organisation
    )
    there = (accounts.c.trust == _c.trust, accounts.c.active, which)
    held = exists().where(version, holders.c.account == accounts.c.id, directory.holding(engine.clock()), *there)
    return or_(held, exists().where(grant, grants.c.account == accounts.c.id, *there))


def _found(engine: Engine, where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    with engine.reading() as connection:
        rows: Sequence[Row[Any]] = connection.execute(select(_c.trust, _c.id).where(where).order_by(*_KEY)).all()
    return rows


def _moved(engine: Engine, row: Row[Any], trigger: Trigger) -> bool:
    try:
        with engine.transaction() as tx:
            tx.fire(Subject(kind=KIND, trust=row.trust, id=row.id), trigger)
    except (Refused, NotDeclared, Conflict):
        return False  # those who hold it now are not those who may be asked, or somebody was first
    return True


def _routed(engine: Engine, row: Row[Any]) -> bool:
    try:
        with engine.transaction() as tx:
            _ask_or_raise(tx, Subject(kind=KIND, trust=row.trust, id=row.id))
    except (Refused, NotDeclared, Conflict):
        return False  # somebody was first
    return True


def _ask_or_raise(tx: Transaction, question: Subject) -> None:
    """Say that nobody has it any more, and ask whoever is found, or raise an incident, in the same commit."""
    tx.fire(question, Trigger.VACATE)
    try:
        with tx.connection.begin_nested():
            tx.fire(question, Trigger.RETRY)
    except Refused as refusal:
        here = select(approvals).where(_c.trust == question.trust, _c.id == question.id)
        waits = keep.read(tx.connection.execute(here).mappings().one())
        unheard.nobody_asked(tx, waits, refusal.sentence)
