"""Attempts are moved to the published version of their package, or back: each keeps its progress or starts afresh.

An attempt that may be open in a window is moved when it is next opened, so that no window that runs is ever broken:
nobody can know from here whether a window is open, only that nothing was heard of it for a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, and_, exists, insert, select, update

from engine.errors import EngineError, NotAllowed, Refused
from engine.identifiers import new_id
from engine.machine import Actor
from engine.transaction import Engine, Transaction
from scorm import transferring
from scorm.library import StoredPackage
from scorm.packaging.comparing import Comparison
from scorm.tables import attempts
from workflows.learning import attempt, version_store
from workflows.learning.moves import Candidate, Item, Order, Scope, decide
from workflows.learning.records import SILENCE
from workflows.learning.tables import enrolments, launches
from workflows.learning.version_store import Line
from workflows.learning.version_tables import attempt_moves, move_orders
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

CHUNK: Final = 200
"""Attempts of one commit: learners' calls get in between."""

_MOVED_ON: Final = "Its package has another published version by now."


def move(engine: Engine, actor: Actor, trust: str, order: Order) -> str:
    """Move attempts to the published version of a package, some at a time, and return the order's id.

    Raises `Missing`, `NotAllowed`, or `Refused` where the version is not the published one.
    """
    with engine.transaction(actor) as tx:
        line = version_store.line(tx.connection, trust, order.package)
        require(actor, line)
        if line.published.package != order.package:
            raise Refused("Attempts are moved to the published version only.")
        identifier = _ordered(tx, trust, line, order)
    last: str | None = ""
    while last is not None:
        with engine.transaction(actor) as tx:
            last = _some(tx, trust, identifier, order, last)
    return identifier


def require(actor: Actor, line: Line) -> None:
    """Raise `NotAllowed` unless somebody looks after the learning of all that offer a package."""
    if not actor.system and not actor.may([LEARNING_ADMINISTRATOR], line.organisations):
        raise NotAllowed("You do not look after the learning of every organisation that offers this package.")


def settle(tx: Transaction, trust: str, enrolment: str) -> None:
    """Do what waited until an enrolment's attempt is opened again: the learner opens it now."""
    rows = tx.connection.execute(_waiting(trust, enrolment)).mappings().all()
    for row in rows:
        said = _settled(tx, trust, row) if row is rows[0] else {"refused": _MOVED_ON}
        mine = _key(trust, row["order"], row["attempt"])
        tx.connection.execute(update(attempt_moves).where(*mine).values(said))


def candidates(
    connection: Connection, trust: str, target: str, rows: Sequence[RowMapping], now: datetime
) -> tuple[Candidate, ...]:
    """Judge attempts (id, package, sco, epoch, running, active_at) as they would be moved to a version."""
    judged: dict[str, tuple[StoredPackage, Comparison]] = {}
    states = transferring.states_of(connection, trust, [row["id"] for row in rows])
    for package in {row["package"] for row in rows}:
        known = version_store.stored(connection, trust, package)
        judged[package] = (known, version_store.compared(connection, trust, package, target))
    return tuple(_candidate(row, *judged[row["package"]], states.get(row["id"]), now) for row in rows)


def movable(trust: str, packages: Sequence[str], target: str) -> Select[Any]:
    """Return the query of the attempts that go on with other versions, and that do not wait to be moved already."""
    waits = (
        select(attempt_moves.c.attempt)
        .join(move_orders, and_(move_orders.c.trust == trust, move_orders.c.id == attempt_moves.c.order))
        .where(attempt_moves.c.trust == trust, attempt_moves.c.attempt == attempts.c.id, *waiting())
        .where(move_orders.c.package == target)
    )
    others = [one for one in packages if one != target]
    joined = and_(launches.c.trust == attempts.c.trust, launches.c.id == attempts.c.id)
    place = and_(enrolments.c.trust == attempts.c.trust, enrolments.c.id == launches.c.enrolment)
    named = ("id", "package", "sco", "epoch", "running", "active_at", "opened_at", "learner_name")
    return (
        select(*(attempts.c[name] for name in named), enrolments.c.organisation, enrolments.c.id.label("enrolment"))
        .join(launches, joined)
        .join(enrolments, place)
        .where(attempts.c.trust == trust, attempts.c.package.in_(others), version_store.goes_on(), ~exists(waits))
    )


def waiting() -> tuple[Any, ...]:
    """Hold for a move that waits until the attempt is opened."""
    return (attempt_moves.c.moved_at.is_(None), attempt_moves.c.undone_at.is_(None), attempt_moves.c.refused.is_(None))


def _settled(tx: Transaction, trust: str, row: RowMapping) -> Mapping[str, Any]:
    """Move the attempt of a move that waited, where that still makes sense, and return what is noted of it."""
    published = version_store.line(tx.connection, trust, row["target"]).published.package
    if published != row["target"] or row["on"] != row["package"]:
        return {"refused": _MOVED_ON}
    left = _carry(tx, trust, row["package"], row["target"], [] if row["afresh"] else [row["attempt"]])
    _reset(tx, trust, [row["attempt"]] if row["afresh"] else [], row["reason"])
    course = left[row["attempt"]].course if left else None
    return {"moved_at": tx.now, "epoch": row["windows"], "course": course}


def _candidate(row: RowMapping, on: StoredPackage, compared: Comparison, state: str | None, now: datetime) -> Candidate:
    played = transferring.played(on, row["sco"], row["epoch"], state)
    return Candidate(
        id=row["id"],
        package=row["package"],
        sco=row["sco"],
        epoch=row["epoch"],
        keeps=compared.keeps_of(played),
        open=row["running"] or row["active_at"] > now - SILENCE,
    )


def _ordered(tx: Transaction, trust: str, line: Line, order: Order) -> str:
    identifier = new_id(tx.now)
    said = {"scope": str(order.scope), "progress": str(order.progress), "reason": order.reason}
    key = {"trust": trust, "id": identifier, "line": line.line, "package": order.package}
    tx.connection.execute(insert(move_orders), {**key, **said, "made_by": tx.actor.id, "made_at": tx.now})
    return identifier


def _some(tx: Transaction, trust: str, identifier: str, order: Order, after: str) -> str | None:
    """Move the next attempts of an order, and return the last one that was looked at; None at the end."""
    of = version_store.line_of(tx.connection, trust, order.package)
    packages = [row["package"] for row in version_store.members(tx.connection, trust, of)]
    query = movable(trust, packages, order.package).where(attempts.c.id > after)
    if order.scope is Scope.CHOSEN:
        query = query.where(attempts.c.id.in_(order.chosen))
    rows = tx.connection.execute(query.order_by(attempts.c.id).limit(CHUNK)).mappings().all()
    locked = _locked(tx.connection, trust, rows)
    items = decide(candidates(tx.connection, trust, order.package, locked, tx.now), order)
    _do(tx, trust, identifier, order, items)
    return rows[-1]["id"] if len(rows) == CHUNK else None


def _locked(connection: Connection, trust: str, rows: Sequence[RowMapping]) -> Sequence[RowMapping]:
    """Hold attempts until the commit, and return them as they stand now."""
    mine = (attempts.c.trust == trust, attempts.c.id.in_([row["id"] for row in rows]))
    on = {row["id"]: row["package"] for row in rows}
    query = select(attempts).where(*mine).order_by(attempts.c.id).with_for_update()
    return [row for row in connection.execute(query).mappings() if row["package"] == on[row["id"]]]


def _do(tx: Transaction, trust: str, identifier: str, order: Order, items: Sequence[Item]) -> None:
    """Journal what was decided, move what does not wait, and write down what became of each."""
    if not items:
        return
    said = {one.candidate.id: _facts(identifier, order, one) for one in items}
    outcomes = tx.fire_many(attempt.KIND, trust, attempt.Trigger.MOVE, said)
    at_once = [one for one in items if one.candidate.id in outcomes.moved and not one.waits]
    left: dict[str, transferring.Left] = {}
    for package in {one.candidate.package for one in at_once}:
        mine = [one.candidate.id for one in at_once if one.candidate.package == package and not one.afresh]
        left |= _carry(tx, trust, package, order.package, mine)
    _reset(tx, trust, [one.candidate.id for one in at_once if one.afresh], order.reason)
    rows = [_row(tx, trust, identifier, one, left, outcomes.refused) for one in items]
    tx.connection.execute(insert(attempt_moves), rows)


def _facts(identifier: str, order: Order, item: Item) -> dict[str, Any]:
    progress = "starts afresh" if item.afresh else "keeps its progress"
    when = ", when it is opened next" if item.waits else ""
    reason = f"{order.reason} (It goes to another version of its package and {progress}{when}.)"
    return {"reason": reason, "order": identifier, "from": item.candidate.package, "to": order.package}


def _row(  # noqa: PLR0913, PLR0917 - as many as it is made of
    tx: Transaction,
    trust: str,
    identifier: str,
    item: Item,
    left: Mapping[str, transferring.Left],
    refused: Mapping[str, EngineError],
) -> dict[str, Any]:
    one = item.candidate
    error = refused.get(one.id)
    done = error is None and not item.waits
    return {
        "trust": trust,
        "order": identifier,
        "attempt": one.id,
        "package": one.package,
        "sco": one.sco,
        "keeps": str(one.keeps),
        "afresh": item.afresh,
        "epoch": one.epoch,
        "course": left[one.id].course if one.id in left else None,
        "moved_at": tx.now if done else None,
        "refused": error.sentence if error else None,
    }


def _carry(
    tx: Transaction, trust: str, old: str, new: str, identifiers: Sequence[str]
) -> Mapping[str, transferring.Left]:
    if not identifiers:
        return {}
    compared = version_store.compared(tx.connection, trust, old, new)
    before, after = (version_store.stored(tx.connection, trust, one) for one in (old, new))
    return transferring.keep(tx.connection, trust, before, after, compared.parts, identifiers)


def _reset(tx: Transaction, trust: str, identifiers: Sequence[str], reason: str) -> None:
    said = {one: {"reason": f"It starts afresh on another version of its package. {reason}"} for one in identifiers}
    if said:
        tx.caused_by(tx.because).fire_many(attempt.KIND, trust, attempt.Trigger.RESET, said)


def _waiting(trust: str, enrolment: str) -> Select[Any]:
    order = and_(move_orders.c.trust == trust, move_orders.c.id == attempt_moves.c.order)
    on = and_(attempts.c.trust == trust, attempts.c.id == attempt_moves.c.attempt)
    return (
        select(
            attempt_moves,
            move_orders.c.package.label("target"),
            move_orders.c.reason,
            attempts.c.package.label("on"),
            attempts.c.epoch.label("windows"),
        )
        .join(move_orders, order)
        .join(attempts, on)
        .where(attempt_moves.c.trust == trust, attempts.c.registration == enrolment, *waiting())
        .order_by(move_orders.c.made_at.desc(), attempt_moves.c.order.desc())
    )


def _key(trust: str, order: str, one: str) -> tuple[Any, ...]:
    table = attempt_moves
    return (table.c.trust == trust, table.c.order == order, table.c.attempt == one)
