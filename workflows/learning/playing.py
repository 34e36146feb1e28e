"""What a launch needs, and what an outcome of the run-time moves: attempt, performance, enrolment, award, letters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, select, update

from engine import journal
from engine.errors import Missing, Refused
from engine.machine import Workflow
from engine.moves import Moved
from engine.storage import prepared
from engine.storage.prepared import TRUST, Asked
from engine.transaction import Engine, Transaction
from scorm import library
from scorm import store as runtime
from scorm import tables as runtime_tables
from scorm.playing import News
from scorm.runtime.outcome import Outcome
from workflows.learning import attempt, catalogue, moving, performance, results, stuck_store
from workflows.learning import enrolment as enrolment_workflow
from workflows.learning.attempts import store as attempt_store
from workflows.learning.attempts.grading import Grade, grade
from workflows.learning.attempts.rules import Rules, effective
from workflows.learning.records import SILENCE, AttemptState, EnrolmentState, PerformanceState
from workflows.learning.tables import classes, enrolments, launches, offerings, performances
from workflows.people import store as people

SUSPENDED = "suspend"
_RESULTS = ("completed", "passed", "failed")
_PERFORMED = Asked(
    select(performances.c.state, performances.c.score).where(
        performances.c.trust == TRUST, performances.c.id == bindparam("performance")
    )
)
_OWNER = Asked(
    select(
        enrolments.c.person,
        enrolments.c.state,
        enrolments.c.renewed,
        classes.c.offering,
        offerings.c.package,
        offerings.c.max_attempts,
    )
    .join(classes, (classes.c.trust == TRUST) & (classes.c.id == enrolments.c.course_class))
    .join(offerings, (offerings.c.trust == TRUST) & (offerings.c.id == classes.c.offering))
    .where(enrolments.c.trust == TRUST, enrolments.c.id == bindparam("enrolment"))
)


def launch(tx: Transaction, trust: str, enrolment: str, *, anew: bool = False) -> str:
    """Return the attempt that an enrolment plays next: the last one while it goes on, else a new one.

    `anew` begins another though one goes on. Raises `Missing`, `NotAllowed`, or `Refused` where there is nothing to
    play, no attempt is left, or the rules of attempts allow none.
    """
    moving.settle(tx, trust, enrolment)
    owner = _owner(tx, trust, enrolment)
    stands = attempt_store.courses(tx.connection, trust, [enrolment])[enrolment].standing(tx.now)
    if stands.resumes and owner.person == tx.actor.person and not anew:
        if stands.carries:
            attempt_store.carry(tx.connection, trust, stands.resumes, stands.period + 1)
        return stands.resumes
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


def on_outcome(tx: Transaction, news: News) -> None:
    """Move what an outcome concerns, in the commit of the batch that brought it, as the system.

    What the tables refuse is no news: a performance never goes back, and a late batch may find all done already.
    """
    if not moves(news):
        return
    played, outcome = news.attempt, news.outcome
    moved = _follow_attempt(tx.caused_by(tx.because), played, outcome)
    within = tx.caused_by(journal.reference(moved.subject, moved.revision) if moved else tx.because)
    owner = _owner(within, played.trust, played.registration)
    period = attempt_store.period_of(within.connection, played.trust, played.id)
    graded = _graded(within, played, outcome, owner)
    _follow_performance(within, played, graded, owner)
    if graded.grade.done:
        # A best result that was final before moves nothing, yet who plays again a year later has done it again.
        _attend(within, played, owner, period)
        stuck_store.settle(within, played.trust, played.id)


@dataclass(frozen=True, slots=True)
class _Graded:
    """What the attempts under an enrolment come to by these rules."""

    grade: Grade
    rules: Rules


def _graded(tx: Transaction, played: runtime.Attempt, outcome: Outcome, owner: Any) -> _Graded:
    """Grade an attempt: where the best counts it stands for itself, for the record keeps the best."""
    offered = attempt_store.Offered(id=owner.offering, package=owner.package, most=owner.max_attempts)
    rules = effective(attempt_store.rules_for(tx.connection, played.trust, [offered])[offered.id])
    if rules.plain:
        score = outcome.score if played.highest is None else played.highest
        return _Graded(Grade(status=outcome.lesson_status, score=score, counted=(played.id,), by=played.id), rules)
    under = attempt_store.played_under(tx.connection, played.trust, [played.registration])
    return _Graded(grade(under.get(played.registration, ()), rules), rules)


def _attend(tx: Transaction, played: runtime.Attempt, owner: Any, period: int) -> None:
    """Attend the enrolment, or renew what it gave where it was attended in an earlier period of validity."""
    new = period > (owner.renewed or 1)
    renews = new and owner.state == EnrolmentState.ATTENDED
    trigger = enrolment_workflow.Trigger.RENEW if renews else enrolment_workflow.Trigger.ATTEND
    if _may(tx, enrolments, enrolment_workflow.WORKFLOW, trigger, played.trust, played.registration):
        _try(tx, enrolment_workflow.KIND, played.trust, trigger, played.registration)
    if new:
        mine = (enrolments.c.trust == played.trust, enrolments.c.id == played.registration)
        tx.connection.execute(update(enrolments).where(*mine).values(renewed=period))


def moves(news: News) -> bool:
    """Say whether a workflow may move; a score on the way to a result is no step of any, and the call log has it.

    What was silent may have been taken to be abandoned, and is taken up again by whatever is heard of it.
    """
    before, now = news.before.outcome, news.outcome
    if before is None or news.begun or news.attempt.running != news.before.running:
        return True
    if _standing(before) != _standing(now) or news.attempt.active_at - news.before.active_at >= SILENCE:
        return True
    return now.lesson_status in _RESULTS and _scores(news.attempt) != _scores(news.before)


def _scores(played: runtime.Attempt) -> tuple[float | None, ...]:
    return played.outcome.score if played.outcome else None, played.highest, played.last


def _standing(outcome: Outcome) -> tuple[object, ...]:
    ended = outcome.exit if outcome.finished else None
    return outcome.completion, outcome.success, outcome.lesson_status, outcome.finished, ended


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
    begun = None
    if _may(tx, launches, attempt.WORKFLOW, attempt.Trigger.INITIALIZE, played.trust, played.id):
        begun = _try(tx, attempt.KIND, played.trust, attempt.Trigger.INITIALIZE, played.id)
    if played.running:
        return begun or _try(tx, attempt.KIND, played.trust, attempt.Trigger.CALL, played.id)
    if not outcome.finished:
        # A late batch of an older window says how far that one got, not that the attempt has ended.
        return begun
    end = attempt.Trigger.SUSPEND if outcome.exit == SUSPENDED else attempt.Trigger.FINISH
    return _try(tx, attempt.KIND, played.trust, end, played.id) or begun


def _follow_performance(tx: Transaction, played: runtime.Attempt, graded: _Graded, owner: Any) -> None:
    identifier = _ensure_performance(tx, played.trust, owner.offering, owner.person)
    found = _PERFORMED.one(tx.connection, trust=played.trust, performance=identifier)
    facts = _facts(tx, played, graded)
    moved = None
    for trigger in performance.way(PerformanceState(found.state), graded.grade.status):
        moved = _try(tx, performance.KIND, played.trust, trigger, identifier, facts)
    if moved is None and not played.running and _news(found.score, graded):
        _try(tx, performance.KIND, played.trust, performance.Trigger.GRADE, identifier, facts)


def _facts(tx: Transaction, played: runtime.Attempt, graded: _Graded) -> dict[str, Any]:
    facts: dict[str, Any] = {"attempt": graded.grade.by, "score": graded.grade.score}
    if not graded.rules.plain:
        facts["graded"] = True
    if graded.grade.status == "failed":
        facts["attempts_left"] = _left(tx, played)
    return facts


def _left(tx: Transaction, played: runtime.Attempt) -> int | None:
    """Return how many attempts may follow one that failed; None where they are not counted."""
    course = attempt_store.courses(tx.connection, played.trust, [played.registration])[played.registration]
    stands = course.standing(tx.now)
    return 0 if stands.barred and not stands.resumes else stands.left


def _news(before: float | None, graded: _Graded) -> bool:
    score = graded.grade.score
    if score is None or score == before:
        return False
    return not graded.rules.plain or before is None or score > before


def _may(tx: Transaction, table: Table, workflow: Workflow, trigger: str, trust: str, identifier: str) -> bool:  # noqa: PLR0913, PLR0917
    """Say whether a table has a step for a trigger from where a subject stands now: to ask costs less than to try."""
    rows = prepared.read(tx.connection, _standing_of(table), {"of_trust": trust, "of_id": identifier})
    return any(row["state"] in step.sources and step.trigger == trigger for row in rows for step in workflow.steps)


@cache
def _standing_of(table: Table) -> Select[Any]:
    mine = (table.c.trust == bindparam("of_trust"), table.c.id == bindparam("of_id"))
    return select(table.c.state).where(*mine)


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
    """Return an enrolment with its offering; raises `Missing`."""
    row = _OWNER.one(tx.connection, trust=trust, enrolment=enrolment)
    if row is None:
        raise Missing("There is no such enrolment in this trust.", kind="enrolment", id=enrolment)
    return row
