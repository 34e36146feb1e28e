"""What is due: rows written by effects, fired once each however many schedulers run.

One whose step fails is parked, with an incident, and the others go on.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from engine import incidents
from engine.effects import Schedule, Unschedule
from engine.errors import Conflict, Refused
from engine.incident import Failure, Incident, Source
from engine.letters import Subject
from engine.machine import Case, plain
from engine.tables import timers
from engine.transaction import Engine, Transaction

BATCH = 200
_PASSING: Final = (Conflict, OperationalError, InterfaceError)
_log = logging.getLogger(__name__)


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

    Whoever deletes the row fires it. A timer whose subject has moved on is refused by its workflow and forgotten; one
    whose step fails is parked with nothing half-done, and an incident is raised.
    """
    with engine.reading() as connection:
        waiting = (timers.c.due_at <= engine.clock(), timers.c.incident.is_(None))
        due = select(timers).where(*waiting).order_by(timers.c.due_at).limit(BATCH)
        rows = connection.execute(due).mappings().all()
    return sum(_fire(engine, dict(row)) for row in rows)


class Parked:
    """Where timers lie whose step failed (`incidents.Park`): the row stays, and names its incident."""

    def again(self, tx: Transaction, incident: Incident) -> None:
        """Fire what is parked, each by itself; what fails again while others went through gets a new incident."""
        rows = _of(tx, incident)
        failed = [(row, trouble) for row in rows if (trouble := _tried(tx, row)) is not None]
        if rows and len(failed) == len(rows):
            raise Refused(f"It failed again, and nothing was changed. {incidents.sentence_of(failed[0][1])}")
        for row, trouble in failed:
            _park(tx, row, trouble)

    def let_go(self, tx: Transaction, incident: Incident) -> None:
        """Forget the timers."""
        tx.connection.execute(delete(timers).where(timers.c.trust == incident.trust, timers.c.incident == incident.id))


def _fire(engine: Engine, row: Mapping[str, Any]) -> bool:
    try:
        with engine.transaction() as tx:
            return _taken(tx, row)
    except _PASSING:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, a person is told and decides
        _log.exception("timer failed kind=%s trigger=%s subject=%s", row["kind"], row["trigger"], row["subject"])
        with engine.transaction() as tx:
            return _park(tx, row, error)


def _taken(tx: Transaction, row: Mapping[str, Any]) -> bool:
    """Delete the row and fire it; False where somebody else was first."""
    if tx.connection.execute(delete(timers).where(_same(row))).rowcount == 0:
        return False
    tx.fire_many(row["kind"], row["trust"], row["trigger"], {row["subject"]: row["facts"]})
    return True


def _tried(tx: Transaction, row: Mapping[str, Any]) -> Exception | None:
    """Fire a parked timer within a commit that goes on; return what went wrong, which then left nothing behind."""
    try:
        with tx.connection.begin_nested():
            _taken(tx, row)
    except _PASSING:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, a person is told and decides
        return error
    return None


def _park(tx: Transaction, row: Mapping[str, Any], error: Exception) -> bool:
    """Raise an incident, and leave the timer to it; False where somebody else was first."""
    if tx.connection.execute(select(timers.c.key).where(_same(row)).with_for_update()).first() is None:
        return False
    raised = incidents.raise_one(tx, _failure(tx, row, error))
    tx.connection.execute(update(timers).where(_same(row)).values(incident=raised))
    return True


def _failure(tx: Transaction, row: Mapping[str, Any], error: Exception) -> Failure:
    """Say what failed; the same step that fails in the same way for many subjects is one cause."""
    title = tx.engine.kept(row["kind"])[0].title if row["kind"] in tx.engine.keeps else row["kind"]
    about = Subject(kind=row["kind"], trust=row["trust"], id=row["subject"])
    return Failure(
        trust=row["trust"],
        organisation=incidents.place_of(tx, about),
        source=Source.TIMER,
        cause=f"timer/{row['kind']}/{row['trigger']}/{type(error).__name__}",
        title=f"{title}: the step “{plain(row['trigger'])}” failed when it was due",
        message=incidents.sentence_of(error),
        parked="The step waits and nothing of it was kept. Retry takes it again.",
        about=about,
        reference={"key": row["key"]},
    )


def _of(tx: Transaction, incident: Incident) -> Sequence[Mapping[str, Any]]:
    mine = and_(timers.c.trust == incident.trust, timers.c.incident == incident.id)
    return [dict(row) for row in tx.connection.execute(select(timers).where(mine).with_for_update()).mappings()]


def _same(row: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(timers.c.trust == row["trust"], timers.c.key == row["key"], timers.c.due_at == row["due_at"])


def _forget(tx: Transaction, keys: Sequence[tuple[str, str]]) -> None:
    by_trust: dict[str, list[str]] = defaultdict(list)
    for trust, key in keys:
        by_trust[trust].append(key)
    chosen = (and_(timers.c.trust == trust, timers.c.key.in_(names)) for trust, names in by_trust.items())
    tx.connection.execute(delete(timers).where(or_(*chosen)))


HANDLERS = {Schedule: schedule, Unschedule: unschedule}
