"""Moves of attempts are undone, as long as nothing was played after them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, and_, bindparam, exists, or_, select, update

from engine.errors import Missing
from engine.machine import Actor
from engine.transaction import Engine, Transaction
from scorm import transferring
from scorm.tables import attempts
from scorm.transferring import Left
from workflows.learning import attempt, moving, version_store
from workflows.learning.records import AttemptState
from workflows.learning.tables import launches
from workflows.learning.version import VersionState
from workflows.learning.version_tables import attempt_moves, move_orders, package_versions


class Standing(StrEnum):
    """How a move stands; stored nowhere."""

    WAITING = "waiting"
    MOVED = "moved"
    PLAYED = "played"
    GONE = "gone"
    UNDONE = "undone"
    REFUSED = "refused"


UNDOABLE: Final = (Standing.WAITING, Standing.MOVED)
WHY_NOT: Final[Mapping[Standing, str]] = {
    Standing.PLAYED: "It has been played since.",
    Standing.GONE: "The version that it was on has been removed.",
    Standing.UNDONE: "It was undone before.",
    Standing.REFUSED: "It was never moved.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """How many moves were undone, and why others were not, by attempt."""

    done: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)


def standing(row: Mapping[str, Any] | RowMapping) -> Standing:
    """Say how a move stands, from a row of `moves_of`."""
    if row["refused"] is not None:
        return Standing.REFUSED
    if row["undone_at"] is not None:
        return Standing.UNDONE
    if row["moved_at"] is None:
        return Standing.WAITING
    if row["source_state"] == VersionState.REMOVED:
        return Standing.GONE
    return Standing.MOVED if _untouched(row) else Standing.PLAYED


def moves_of(trust: str, order: str) -> Select[Any]:
    """Return the query of the moves of an order, with how each attempt stands now."""
    return _moves(trust).where(attempt_moves.c.order == order)


def moves_about(trust: str, attempt_id: str) -> Select[Any]:
    """Return the query of the moves of an attempt, in order of time."""
    return _moves(trust).where(attempt_moves.c.attempt == attempt_id).order_by(move_orders.c.made_at, move_orders.c.id)


def order_of(connection: Connection, trust: str, order: str) -> RowMapping:
    """Return an order; raises `Missing`."""
    query = select(move_orders).where(move_orders.c.trust == trust, move_orders.c.id == order)
    found = connection.execute(query).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such move.")
    return found


def undo(engine: Engine, actor: Actor, trust: str, order: str, chosen: Sequence[str] | None = None) -> Undone:
    """Undo the moves of an order, or those of the chosen attempts, some at a time.

    Raises `Missing` or `NotAllowed`.
    """
    with engine.reading() as connection:
        package = order_of(connection, trust, order)["package"]
        moving.require(actor, version_store.line(connection, trust, package))
    done, refused, last = 0, dict[str, str](), ""
    while True:
        with engine.transaction(actor) as tx:
            rows = _some(tx.connection, trust, order, last, chosen)
            there = _undone(tx, trust, rows)
        done, refused = done + there.done, {**refused, **there.refused}
        if len(rows) < moving.CHUNK:
            return Undone(done=done, refused=refused)
        last = rows[-1]["attempt"]


def _moves(trust: str) -> Select[Any]:
    later = attempts.alias()
    newer = exists(select(later.c.id)).where(
        later.c.trust == trust,
        later.c.registration == attempts.c.registration,
        or_(
            later.c.opened_at > attempts.c.opened_at,
            and_(later.c.opened_at == attempts.c.opened_at, later.c.id > attempts.c.id),
        ),
    )
    source = and_(package_versions.c.trust == trust, package_versions.c.package == attempt_moves.c.package)
    return (
        select(
            attempt_moves,
            move_orders.c.package.label("target"),
            move_orders.c.reason,
            move_orders.c.made_by,
            attempts.c.package.label("on"),
            attempts.c.epoch.label("windows"),
            attempts.c.active_at,
            attempts.c.learner_name,
            launches.c.state.label("launch_state"),
            launches.c.organisation,
            package_versions.c.state.label("source_state"),
            package_versions.c.number,
            newer.label("newer"),
        )
        .join(move_orders, and_(move_orders.c.trust == trust, move_orders.c.id == attempt_moves.c.order))
        .join(attempts, and_(attempts.c.trust == trust, attempts.c.id == attempt_moves.c.attempt))
        .join(launches, and_(launches.c.trust == trust, launches.c.id == attempt_moves.c.attempt))
        .outerjoin(package_versions, source)
        .where(attempt_moves.c.trust == trust)
    )


def _some(
    connection: Connection, trust: str, order: str, after: str, chosen: Sequence[str] | None
) -> Sequence[RowMapping]:
    query = moves_of(trust, order).where(attempt_moves.c.attempt > after)
    if chosen is not None:
        query = query.where(attempt_moves.c.attempt.in_(chosen))
    held = query.order_by(attempt_moves.c.attempt).limit(moving.CHUNK).with_for_update(of=attempts)
    return connection.execute(held).mappings().all()


def _undone(tx: Transaction, trust: str, rows: Sequence[RowMapping]) -> Undone:
    stands = {row["attempt"]: standing(row) for row in rows}
    refused = {one: WHY_NOT[how] for one, how in stands.items() if how not in UNDOABLE}
    said: dict[str, dict[str, Any]] = {one: {} for one, how in stands.items() if how in UNDOABLE}
    outcomes = tx.fire_many(attempt.KIND, trust, attempt.Trigger.MOVE_BACK, said)
    back = [row for row in rows if row["attempt"] in outcomes.moved]
    for package in {row["package"] for row in back}:
        left = [_left(row) for row in back if row["package"] == package and _was_carried(row)]
        transferring.take_back(tx.connection, trust, package, left)
    if back:
        one = (attempt_moves.c.trust == trust, attempt_moves.c.order == bindparam("_order"))
        statement = update(attempt_moves).where(*one, attempt_moves.c.attempt == bindparam("_attempt"))
        keys = [{"_order": row["order"], "_attempt": row["attempt"]} for row in back]
        tx.connection.execute(statement.values(undone_at=tx.now), keys)
    return Undone(done=len(back), refused={**refused, **{key: e.sentence for key, e in outcomes.refused.items()}})


def _untouched(row: Mapping[str, Any] | RowMapping) -> bool:
    if row["afresh"]:
        return row["launch_state"] == AttemptState.RESET and not row["newer"]
    heard = row["active_at"] > row["moved_at"] or row["windows"] != row["epoch"]
    return row["on"] == row["target"] and not heard


def _was_carried(row: RowMapping) -> bool:
    return row["moved_at"] is not None and not row["afresh"]


def _left(row: RowMapping) -> Left:
    return Left(attempt=row["attempt"], sco=row["sco"], course=row["course"])
