"""Where stuck e-learning is kept, how it is found, and how a question ends that the course answered itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, RowMapping, Select, Table, and_, bindparam, exists, or_, select

from engine.letters import Subject
from engine.machine import Case, Decision
from engine.settings import Settings
from engine.storage.prepared import TRUST, Asked
from engine.transaction import Engine, Transaction
from scorm import recorder
from scorm import store as runtime
from scorm import tables as runtime_tables
from scorm.runtime import stuck as signs
from scorm.runtime.story import Story
from scorm.runtime.stuck import Patience, Sign
from workflows.learning import results, stuck
from workflows.learning.records import AttemptState, Enrolment, EnrolmentState, PerformanceState
from workflows.learning.stuck import Status, Stuck, Trigger
from workflows.learning.tables import classes, enrolments, launches, performances, stuck_attempts
from workflows.people import store as people
from workflows.people.records import Site

FIND: Final = "find-stuck-attempts"
LOOK_BACK: Final = timedelta(days=90)
"""Of what was silent for longer than this nobody is asked any more."""

_CHUNK: Final = 200
_STANDING_STILL: Final = (AttemptState.SUSPENDED, AttemptState.FINISHED, AttemptState.ABANDONED)
_UNDECIDED: Final = (PerformanceState.NOT_ATTEMPTED, PerformanceState.INCOMPLETE, PerformanceState.BROWSED)
_FACTS: Final = ("organisation", "person", "enrolment", "attempt", "performance", "course", "sign")
_OPEN: Final = Asked(
    select(stuck_attempts.c.id).where(
        stuck_attempts.c.trust == TRUST,
        stuck_attempts.c.attempt == bindparam("attempt"),
        stuck_attempts.c.state == Status.OPEN,
    )
)


@dataclass(frozen=True, slots=True)
class StuckKeep:
    """Where stuck e-learning is kept."""

    site: Site
    table: ClassVar[Table] = stuck_attempts

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Stuck]:  # noqa: ARG002
        """Return items by id."""
        query = select(stuck_attempts).where(stuck_attempts.c.trust == trust, stuck_attempts.c.id.in_(ids))
        rows = connection.execute(query).mappings().all()
        ways = people.ways_up(connection, trust, {row["organisation"] for row in rows})
        learners = people.people(connection, trust, {row["person"] for row in rows})
        stands = {row["id"]: (Status(row["state"]), row["revision"], row["head"]) for row in rows}
        return {
            row["id"]: self._record(trust, row["id"], dict(row), ways, learners[row["person"]], stands[row["id"]])
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Stuck:
        """Return an item that is not stored yet; facts: all of `_FACTS`."""
        ways = people.ways_up(connection, trust, [facts["organisation"]])
        learner = people.person(connection, trust, facts["person"])
        return self._record(trust, identifier, facts, ways, learner, (None, 0, ""))

    def row(self, case: Case[Stuck], decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new item; one that was made by deciding has ended with that."""
        said = {name: getattr(case.record, name) for name in _FACTS if name != "organisation"}
        ended = {} if decision.step.target is Status.OPEN else self.changes(case, decision)
        return {**said, "raised_at": case.now, "ended_at": None, "ended_by_name": None, "reason": None, **ended}

    def changes(self, case: Case[Stuck], decision: Decision) -> Mapping[str, Any]:  # noqa: ARG002
        """Return how it ended, who decided it, and why."""
        return {"ended_at": case.now, "ended_by_name": case.actor.name, "reason": case.facts.get("reason") or None}

    def _record(  # noqa: PLR0913, PLR0917 - a stored item, or one that is not stored yet
        self,
        trust: str,
        identifier: str,
        said: Mapping[str, Any],
        ways: Mapping[str, tuple[str, ...]],
        learner: Any,
        stands: tuple[Status | None, int, str],
    ) -> Stuck:
        state, revision, head = stands
        facts = {name: said[name] for name in _FACTS}
        return Stuck(
            trust=trust,
            id=identifier,
            state=state,
            revision=revision,
            head=head,
            organisations=ways[said["organisation"]],
            learner=learner,
            site=self.site,
            **{**facts, "sign": Sign(said["sign"])},
        )


def find(engine: Engine, settings: Settings) -> int:
    """Ask somebody about each attempt that seems done and does not say so, and return how many were found."""
    patience = Patience(idle=timedelta(days=settings.stuck_days), ends=settings.stuck_ends)
    now = engine.clock()
    with engine.reading() as connection:
        rows = connection.execute(_candidates(now)).mappings().all()
    return sum(_ask(engine, rows[at : at + _CHUNK], now, patience) for at in range(0, len(rows), _CHUNK))


def settle(tx: Transaction, trust: str, attempt: str) -> None:
    """End what is asked about an attempt, for its course has reported after all."""
    found = _OPEN.rows(tx.connection, trust=trust, attempt=attempt)
    if found:
        tx.fire_many(stuck.KIND, trust, Trigger.SETTLE, {row.id: {} for row in found})


def decide(tx: Transaction, attempt: str, enrolled: Enrolment, trigger: Trigger, reason: str) -> None:
    """Record or reset an attempt by hand, also one that somebody is asked about.

    Raises as `Transaction.fire` does.
    """
    trust, offering = enrolled.trust, enrolled.course_class.offering
    people.lock(tx.connection, trust, [enrolled.person])
    if found := _OPEN.one(tx.connection, trust=trust, attempt=attempt):
        tx.fire(Subject(kind=stuck.KIND, trust=trust, id=found.id), trigger, {"reason": reason})
        return
    facts = {
        "organisation": enrolled.organisation,
        "person": enrolled.person,
        "enrolment": enrolled.id,
        "attempt": attempt,
        "performance": results.performance_of(tx.connection, trust, offering.id, enrolled.person),
        "course": enrolled.course_class.title,
        "sign": str(Sign.BY_HAND),
    }
    tx.start(stuck.KIND, trust, trigger, {**facts, "reason": reason})


def about(connection: Connection, trust: str, attempts: Sequence[str]) -> Mapping[str, tuple[RowMapping, ...]]:
    """Return by attempt every item about it in order: how it stands, who decided it when, and why; () for none."""
    table = stuck_attempts
    query = select(table).where(table.c.trust == trust, table.c.attempt.in_(attempts))
    found: dict[str, list[RowMapping]] = {attempt: [] for attempt in attempts}
    for row in connection.execute(query.order_by(table.c.raised_at, table.c.id)).mappings():
        found[row["attempt"]].append(row)
    return {attempt: tuple(rows) for attempt, rows in found.items()}


def _ask(engine: Engine, rows: Sequence[RowMapping], now: datetime, patience: Patience) -> int:
    with engine.reading() as connection:
        windows = recorder.windows_of(connection, [(row["trust"], row["attempt"]) for row in rows])
    found = 0
    for row in rows:
        told = Story(
            windows=windows.get((row["trust"], row["attempt"]), ()), outcome=runtime.outcome_of(row["outcome"])
        )
        shown = signs.sign(told, row["active_at"], now, patience)
        if shown is not None:
            with engine.transaction() as tx:
                found += _raise(tx, row, shown)
    return found


def _raise(tx: Transaction, row: RowMapping, shown: Sign) -> bool:
    """Raise an item, unless another process has done so since, or the course has reported."""
    people.lock(tx.connection, row["trust"], [row["person"]])
    if _asked_already(tx.connection, row) or _decided_since(tx.connection, row):
        return False
    said = {name: row[name] for name in _FACTS if name != "sign"}
    tx.start(stuck.KIND, row["trust"], Trigger.RAISE, {**said, "sign": str(shown)})
    return True


def _asked_already(connection: Connection, row: RowMapping) -> bool:
    table = stuck_attempts
    here = (table.c.trust == row["trust"], table.c.attempt == row["attempt"], _stands(row["active_at"]))
    return connection.scalars(select(table.c.id).where(*here)).first() is not None


def _decided_since(connection: Connection, row: RowMapping) -> bool:
    mine = (performances.c.trust == row["trust"], performances.c.id == row["performance"])
    return connection.scalar(select(performances.c.state).where(*mine)) not in _UNDECIDED


def _stands(active_at: Any) -> Any:
    """Hold for an item that is open, or was decided after the last word of the course."""
    return or_(stuck_attempts.c.state == Status.OPEN, stuck_attempts.c.ended_at >= active_at)


def _candidates(now: datetime) -> Select[Any]:
    """Select the attempts that stand still under a place, without a result, and of which nobody was asked since."""
    played = runtime_tables.attempts
    asked = exists().where(
        stuck_attempts.c.trust == played.c.trust,
        stuck_attempts.c.attempt == played.c.id,
        _stands(played.c.active_at),
    )
    return (
        select(
            played.c.trust,
            played.c.id.label("attempt"),
            played.c.outcome,
            played.c.active_at,
            enrolments.c.id.label("enrolment"),
            enrolments.c.person,
            enrolments.c.organisation,
            performances.c.id.label("performance"),
            classes.c.title.label("course"),
        )
        .join(launches, and_(launches.c.trust == played.c.trust, launches.c.id == played.c.id))
        .join(enrolments, and_(enrolments.c.trust == played.c.trust, enrolments.c.id == launches.c.enrolment))
        .join(classes, and_(classes.c.trust == played.c.trust, classes.c.id == enrolments.c.course_class))
        .join(
            performances,
            and_(
                performances.c.trust == played.c.trust,
                performances.c.offering == classes.c.offering,
                performances.c.person == enrolments.c.person,
            ),
        )
        .where(launches.c.state.in_(_STANDING_STILL), performances.c.state.in_(_UNDECIDED))
        .where(enrolments.c.state == EnrolmentState.CONFIRMED, played.c.active_at > now - LOOK_BACK, ~asked)
        .order_by(played.c.trust, played.c.id)
    )
