"""What is due: rows written by effects, fired once each however many schedulers run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select

from engine.effects import Schedule, Unschedule
from engine.letters import Subject
from engine.machine import Case
from engine.tables import timers
from engine.transaction import Engine, Transaction

BATCH = 200


def schedule(tx: Transaction, asked: Sequence[tuple[Case[Any], Schedule]]) -> None:
    """Serve `Schedule`: the last one under a key stands."""
    rows = {(effect.subject.trust, effect.key): effect for _case, effect in asked}
    _forget(tx, list(rows))
    tx.connection.execute(
        insert(timers),
        [
            {
                "trust": trust,
                "key": key,
                "kind": effect.subject.kind,
                "subject": effect.subject.id,
                "trigger": str(effect.trigger),
                "facts": dict(effect.facts),
                "due_at": effect.at,
            }
            for (trust, key), effect in rows.items()
        ],
    )


def unschedule(tx: Transaction, asked: Sequence[tuple[Case[Any], Unschedule]]) -> None:
    """Serve `Unschedule`."""
    _forget(tx, [(effect.trust, effect.key) for _case, effect in asked])


def fire_due(engine: Engine) -> int:
    """Fire every timer that is due, each in its own commit; return how many were taken.

    Whoever deletes the row fires it. A timer whose subject has moved on is refused by its workflow and forgotten.
    """
    with engine.reading() as connection:
        due = select(timers).where(timers.c.due_at <= engine.clock()).order_by(timers.c.due_at).limit(BATCH)
        rows = connection.execute(due).mappings().all()
    return sum(_fire(engine, dict(row)) for row in rows)


def _fire(engine: Engine, row: dict[str, Any]) -> bool:
    subject = Subject(kind=row["kind"], trust=row["trust"], id=row["subject"])
    same = and_(timers.c.trust == row["trust"], timers.c.key == row["key"], timers.c.due_at == row["due_at"])
    with engine.transaction() as tx:
        if tx.connection.execute(delete(timers).where(same)).rowcount == 0:
            return False
        outcomes = tx.fire_many(subject.kind, subject.trust, row["trigger"], {subject.id: row["facts"]})
    return bool(outcomes.moved) or bool(outcomes.refused)


def _forget(tx: Transaction, keys: Sequence[tuple[str, str]]) -> None:
    by_trust: dict[str, list[str]] = defaultdict(list)
    for trust, key in keys:
        by_trust[trust].append(key)
    chosen = (and_(timers.c.trust == trust, timers.c.key.in_(names)) for trust, names in by_trust.items())
    tx.connection.execute(delete(timers).where(or_(*chosen)))


HANDLERS = {Schedule: schedule, Unschedule: unschedule}
