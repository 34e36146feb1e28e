"""What is written on people's profiles when steps ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from engine.letters import Subject
from engine.machine import Case
from engine.moves import Moved
from engine.transaction import Transaction
from workflows.competence import award, store
from workflows.competence.writes import PutOnProfile, TakeBack
from workflows.people import store as people


def put_on_profile(tx: Transaction, asked: Sequence[tuple[Case[Any], PutOnProfile]]) -> None:
    """Write awards; one that is valid for at least as long as what is held supersedes it first.

    The persons' rows are held meanwhile, so that two awards of one competence take turns.
    """
    for trust in {effect.trust for _case, effect in asked}:
        effects = [effect for _case, effect in asked if effect.trust == trust]
        people.lock(tx.connection, trust, {effect.person for effect in effects})
        for effect in effects:
            put(tx, effect)


def take_back(tx: Transaction, asked: Sequence[tuple[Case[Any], TakeBack]]) -> None:
    """End-date what enrolments awarded."""
    for _case, effect in asked:
        found = store.awarded_by(tx.connection, effect.trust, effect.person, effect.enrolment)
        tx.fire_many(award.KIND, effect.trust, award.Trigger.END_DATE, {identifier: {} for identifier in found})


def put(tx: Transaction, effect: PutOnProfile) -> Moved:
    """Write one award, as whoever acts in this transaction; raises as `Transaction.start` does."""
    held = store.held(tx.connection, effect.trust, effect.competence, effect.person)
    if held is not None and store.lasts(effect.ends_on) >= store.lasts(held.ends_on):
        tx.fire(Subject(kind=award.KIND, trust=effect.trust, id=held.id), award.Trigger.SUPERSEDE)
    return tx.start(
        award.KIND,
        effect.trust,
        effect.trigger,
        {
            "person": effect.person,
            "competence": effect.competence,
            "starts_on": effect.starts_on.isoformat(),
            "ends_on": _iso(effect.ends_on),
            "source": effect.source,
        },
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
