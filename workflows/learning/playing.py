"""What a launch needs, and what an outcome of the run-time moves: attempt, performance, enrolment, award, letters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, select

from engine import journal
from engine.errors import Missing, Refused
from engine.moves import Moved
from engine.transaction import Engine, Transaction
from scorm import library
from scorm import store as runtime
from scorm import tables as runtime_tables
from scorm.outcome import Outcome
from workflows.learning import attempt, catalogue, performance, results, stuck_store
from workflows.learning import enrolment as enrolment_workflow
from workflows.learning.records import AttemptState, PerformanceState
from workflows.learning.tables import classes, enrolments, launches, performances
from workflows.people import store as people

SUSPENDED = "suspend"
SILENCE = timedelta(minutes=30)
"""How long nothing is heard of an attempt before it is taken to be abandoned (P29)."""


def launch(tx: Transaction, trust: str, enrolment: str) -> str:
    """Return the attempt that an enrolment plays next: the last one while it goes on, else a new one.

    Raises `Missing`, `NotAllowed`, or `Refused` where there is nothing to play or no attempt is left.
    """
    latest = runtime.attempts_of(tx.connection, trust, enrolment)[:1]
    going_on = [one for one in latest if one.goes_on and not results.was_reset(tx.connection, trust, one.id)]
    owner = _owner(tx, trust, enrolment)
    if going_on and owner.person == tx.actor.person:
        return going_on[0].id
    moved = tx.start(attempt.KIND, trust, attempt.Trigger.LAUNCH, {"enrolment": enrolment})
    offering = catalogue.offering(tx.connection, trust, owner.offering)
    learner = people.person(tx.connection, trust, owner.person)
    package = library.package_of(tx.connection, trust, offering.package or "")
    if package is None:
        raise Refused("The package of this e-learning is not here any more.")
    new = runtime.Attempt(
        trust=trust,
        id=moved.subject.id,
        registration=enrolment,
        learner=learner.id,
        learner_name=learner.name,
        package=package.hash,
        sco=package.manifest.scos[0].identifier,
        opened_at=tx.now,
        active_at=tx.now,
    )
    runtime.add_attempt(tx.connection, new)
    _ensure_performance(tx, trust, offering.id, learner.id)
    return new.id


def on_outcome(tx: Transaction, played: runtime.Attempt, outcome: Outcome) -> None:
    """Move what an outcome concerns, in the commit of the batch that brought it, as the system.

    What the tables refuse is no news: a performance never goes back, and a late batch may find all done already.
    """
    moved = _follow_attempt(tx.caused_by(tx.because), played, outcome)
    within = tx.caused_by(journal.reference(moved.subject, moved.revision) if moved else tx.because)
    _follow_performance(within, played, outcome)
    if outcome.final:
        # A best result that was final before moves nothing, yet who plays again a year later has done it again.
        _try(within, enrolment_workflow.KIND, played.trust, enrolment_workflow.Trigger.ATTEND, played.registration)
        stuck_store.settle(within, played.trust, played.id)


def abandon_silent(engine: Engine) -> int:
    """Mark the attempts of which nothing was heard lately, and return how many (A6-T05).

    What they came to stays; a late call, or the next launch, takes them up again.
    """
    with engine.transaction() as tx:
        since = tx.now - SILENCE
        same = and_(runtime_tables.attempts.c.trust == launches.c.trust, runtime_tables.attempts.c.id == launches.c.id)
        open_still = launches.c.state == AttemptState.INITIALIZED
        silent = select(launches.c.trust, launches.c.id).join(runtime_tables.attempts, same)
        rows = tx.connection.execute(silent.where(open_still, runtime_tables.attempts.c.active_at < since)).all()
        for trust in {row.trust for row in rows}:
            mine: dict[str, dict[str, Any]] = {row.id: {} for row in rows if row.trust == trust}
            tx.fire_many(attempt.KIND, trust, attempt.Trigger.ABANDON, mine)
    return len(rows)


def _follow_attempt(tx: Transaction, played: runtime.Attempt, outcome: Outcome) -> Moved | None:
    """Move the attempt as far as the outcome says, and return its last move."""
    begun = _try(tx, attempt.KIND, played.trust, attempt.Trigger.INITIALIZE, played.id)
    if played.running:
        return begun or _try(tx, attempt.KIND, played.trust, attempt.Trigger.CALL, played.id)
    if not outcome.finished:
        # A late batch of an older window says how far that one got, not that the attempt has ended.
        return begun
    end = attempt.Trigger.SUSPEND if outcome.exit == SUSPENDED else attempt.Trigger.FINISH
    return _try(tx, attempt.KIND, played.trust, end, played.id) or begun


def _follow_performance(tx: Transaction, played: runtime.Attempt, outcome: Outcome) -> None:
    owner = _owner(tx, played.trust, played.registration)
    identifier = _ensure_performance(tx, played.trust, owner.offering, owner.person)
    mine = (performances.c.trust == played.trust, performances.c.id == identifier)
    state = tx.connection.execute(select(performances.c.state).where(*mine)).scalar_one()
    facts = {"attempt": played.id, "score": outcome.score}
    for trigger in performance.way(PerformanceState(state), outcome.lesson_status):
        _try(tx, performance.KIND, played.trust, trigger, identifier, facts)


def _try(  # noqa: PLR0913, PLR0917 - what `fire_many` takes, for one
    tx: Transaction, kind: str, trust: str, trigger: str, identifier: str, facts: dict[str, Any] | None = None
) -> Moved | None:
    """Move one subject where its table allows it."""
    return tx.fire_many(kind, trust, trigger, {identifier: facts or {}}).moved.get(identifier)


def _ensure_performance(tx: Transaction, trust: str, offering: str, person: str) -> str:
    """Return the performance of a person, started where there is none; the person's row is held meanwhile."""
    people.lock(tx.connection, trust, [person])
    known = results.performance_of(tx.connection, trust, offering, person)
    if known is not None:
        return known
    facts = {"person": person, "offering": offering}
    within = tx.caused_by(tx.because)
    return within.start(performance.KIND, trust, performance.Trigger.START, facts).subject.id


def _owner(tx: Transaction, trust: str, enrolment: str) -> Any:
    """Return person and offering of an enrolment; raises `Missing`."""
    row = tx.connection.execute(
        select(enrolments.c.person, classes.c.offering)
        .join(classes, (classes.c.trust == trust) & (classes.c.id == enrolments.c.course_class))
        .where(enrolments.c.trust == trust, enrolments.c.id == enrolment)
    ).one_or_none()
    if row is None:
        raise Missing("There is no such enrolment in this trust.", kind="enrolment", id=enrolment)
    return row
