"""Courses of several activities as they are kept: how far each attempt is, and what a learner's courses share.

Both are written while the attempt's row is locked; the learner's own row is locked too, for two courses of one learner
may play at once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import json_text
from engine.storage import prepared
from scorm import coupling, library, tables
from scorm.coupling import Learner
from scorm.course import Course, Shared
from scorm.errors import PackageMissing
from scorm.packaging import items
from scorm.runtime.outcome import Completion, Outcome, Success
from scorm.runtime.session import State
from scorm.sequencing import records, rollup
from scorm.sequencing.definition import Aspect, Organisation
from scorm.sequencing.tracking import Progress
from scorm.sequencing.tree import Tree
from scorm.store import Attempt, Epoch

_SUCCESSES = {"passed": Success.PASSED, "failed": Success.FAILED}
_MOST_TREES: Final = 500
_MOST_COURSES: Final = 500
AsKept = tuple[str | None, str | None]
"""What is kept of a course and of what a learner's courses share, as JSON; None where there is nothing yet."""

_grown: WeakKeyDictionary[Engine, dict[tuple[str, str], Tree | None]] = WeakKeyDictionary()

_attempts, _states, _learners = tables.attempts, tables.course_states, tables.shared_states
_KEPT: Final = (
    select(_states.c.kept.label("kept"), _learners.c.kept.label("shared"))
    .select_from(_attempts)
    .outerjoin(_states, (_states.c.trust == _attempts.c.trust) & (_states.c.attempt == _attempts.c.id))
    .outerjoin(_learners, (_learners.c.trust == _attempts.c.trust) & (_learners.c.learner == _attempts.c.learner))
    .where(_attempts.c.trust == bindparam("of_trust"), _attempts.c.id == bindparam("of_attempt"))
)


class Conducted:
    """The course of an attempt: `told` is the last window whose report it has, `seconds` the time of all those.

    `answered` is the late key, hashed, of the last move after which nothing new played; `said` is why, `over` that the
    course ended with it. It changes with the course that it has; `keep` writes it.
    """

    def __init__(  # noqa: PLR0913 - as it is kept
        self,
        course: Course,
        *,
        told: int = 0,
        seconds: float = 0.0,
        answered: str = "",
        said: str = "",
        over: bool = False,
    ) -> None:
        """Begin, or go on from what was kept."""
        self.course = course
        self.told = told
        self.seconds = seconds
        self.answered = answered
        self.said = said
        self.over = over

    def tell(self, epoch: Epoch) -> None:
        """Note that the course has the report of this window now."""
        self.told = epoch.epoch
        self.seconds += coupling.spent(epoch.session)

    def waits_for(self, epoch: Epoch) -> bool:
        """Say whether the session of this window is still to be reported."""
        return bool(epoch.activity) and self.told < epoch.epoch and epoch.session.state is not State.IDLE


def tree(connection: Connection, attempt: Attempt) -> Tree | None:
    """Return what sequencing plays of an attempt's package, None for one SCO of 1.2 or a unit of AICC.

    A package never changes, so that what was grown of it is remembered, for as long as its database is open.
    """
    known, key = _grown.setdefault(connection.engine, {}), (attempt.trust, attempt.package)
    with contextlib.suppress(KeyError):  # what is known to one thread may be cleared by another
        return known[key]
    found = library.package_of(connection, attempt.trust, attempt.package)
    if found is None:
        raise PackageMissing
    played = items.course(found.manifest)
    if len(known) >= _MOST_TREES:
        known.clear()
    grown = known[key] = Tree.grown(played) if played else None
    return grown


def conducted(connection: Connection, attempt: Attempt, played: Tree | None = None, *, lock: bool = False) -> Conducted:
    """Return the course of an attempt as it stands, or begin it; with `lock` to change and `keep` it."""
    played = played or tree(connection, attempt)
    if played is None:
        raise PackageMissing
    if lock and _shares(played.organisation):
        _locked(connection, attempt)
    return conducted_on(attempt, played, kept(connection, attempt))


def conducted_on(attempt: Attempt, played: Tree, kept: AsKept) -> Conducted:
    """Return the course of an attempt that stands so, or begin it."""
    learner = Learner(identifier=attempt.learner, name=attempt.learner_name)
    stands, known = kept
    shared = known if _shares(played.organisation) else None
    if stands is None:
        return Conducted(Course.begin(played, learner, seed=attempt.id, shared=_shared(shared)))
    course, facts = _restored(played, learner, stands, shared)
    return Conducted(course.copied(), **facts)


def kept(connection: Connection, attempt: Attempt) -> AsKept:
    """Return what is kept of the course of an attempt, and of what its learner's courses share."""
    row = prepared.read(connection, _KEPT, {"of_trust": attempt.trust, "of_attempt": attempt.id})[0]
    return row["kept"], row["shared"]


def keep(connection: Connection, attempt: Attempt, changed: Conducted) -> None:
    """Write how far the course is, and what the learner's other courses may know of by now."""
    record = {name: getattr(changed, name) for name in ("told", "seconds", "answered", "said", "over")}
    course = changed.course
    _put(
        connection,
        tables.course_states,
        {"trust": attempt.trust, "attempt": attempt.id},
        {**record, "course": course.snapshot()},
    )
    if _shares(course.tree.organisation):
        shared = course.shared
        objectives = {target: asdict(one) for target, one in shared.objectives.items()}
        said = {"objectives": objectives, "stores": dict(shared.stores)}
        _put(connection, tables.shared_states, {"trust": attempt.trust, "learner": attempt.learner}, said)


def raised(changed: Conducted, epoch: Epoch) -> bool:
    """Take the late report of an activity that was left, if it says that more was reached; True if so."""
    course = changed.course
    index = course.tree.numbers.get(epoch.activity)
    if index is None:
        return False
    before, reached = course.state.copied(), _reached(course, index)
    coupling.report(course.state, course.tree.activities[index], epoch.session)
    if reached < _reached(course, index):
        rollup.overall(course.state, index)
        return True
    course.state.become(before)
    return False


def so_far(asked: Conducted, epoch: Epoch) -> None:
    """Let the course hear what the SCO of its newest window has reported so far: to look at, not to be kept."""
    if asked.waits_for(epoch):
        asked.course = asked.course.foreseen(epoch.session)
        asked.tell(epoch)


def if_left(asked: Conducted, epoch: Epoch) -> Outcome:
    """Say what the course comes to if nobody moves it after its SCO has ended: what that left unsaid is done."""
    left = Conducted(asked.course.foreseen(epoch.session), told=asked.told, seconds=asked.seconds, over=asked.over)
    left.course.left()
    return outcome(left, finished=True)


def outcome(found: Conducted, *, finished: bool) -> Outcome:
    """Say what the whole course has come to, from the root of its tree; `finished` is for now, or for good."""
    said, status = found.course.outcome(), _status(found)
    return Outcome(
        completion=_completion(found, status),
        success=_SUCCESSES.get(status, Success.UNKNOWN),
        score_raw=None,
        score_min=None,
        score_max=None,
        score_scaled=said.measure,
        progress=said.progress,
        total_seconds=found.seconds,
        lesson_status=status,
        exit="" if found.over else "suspend",
        finished=finished,
    )


def _status(found: Conducted) -> str:
    """Say in the words of SCORM 1.2 how the course stands, which has one status: who passed a part is not done.

    A course of several parts that can go on may yet be passed, so it is failed only when it has ended.
    """
    course, said = found.course, found.course.outcome()
    alone = sum(not one.children for one in course.tree.activities) == 1
    if said.satisfied and said.completed is not False:
        return "passed"
    if said.satisfied is False and (found.over or alone):
        return "failed"
    if said.completed and said.satisfied is None:
        return "completed"
    begun = any(one.attempts for one in course.state.standing)
    return "incomplete" if begun else "not attempted"


def _completion(found: Conducted, status: str) -> Completion:
    if found.course.outcome().completed:
        return Completion.COMPLETED
    return Completion.NOT_ATTEMPTED if status == "not attempted" else Completion.INCOMPLETE


def _reached(course: Course, index: int) -> frozenset[Aspect]:
    primary = course.tree.activities[index].primary
    return frozenset(one for one in (Aspect.COMPLETION, Aspect.SATISFIED) if course.state.read(primary, one))


def _shares(played: Organisation) -> bool:
    return coupling.model_of(played) == "scorm2004" and (played.global_objectives or played.global_data)


@lru_cache(maxsize=_MOST_COURSES)
def _restored(played: Tree, learner: Learner, kept: str, shared: str | None) -> tuple[Course, Mapping[str, Any]]:
    """Return a course as it was kept, not to be changed: between two moves every batch of calls asks for the same."""
    facts = json_text.read(kept)
    return Course.restore(played, learner, facts.pop("course"), shared=_shared(shared)), facts


def _shared(kept: str | None) -> Shared:
    if kept is None:
        return Shared()
    record = json_text.read(kept)
    objectives = {target: records.read(Progress, one) for target, one in record["objectives"].items()}
    return Shared(objectives=objectives, stores=record["stores"])


def _locked(connection: Connection, attempt: Attempt) -> None:
    """Lock what a learner's courses share; the row that nobody has made yet cannot be locked by anybody."""
    table, key = tables.shared_states, {"trust": attempt.trust, "learner": attempt.learner}
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    nothing = json.dumps({"objectives": {}, "stores": {}})
    connection.execute(dialect.insert(table).values({**key, "kept": nothing}).on_conflict_do_nothing())
    mine = (table.c[name] == value for name, value in key.items())
    connection.execute(select(table.c.learner).where(*mine).with_for_update()).all()


def _put(connection: Connection, table: Table, key: dict[str, str], kept: dict[str, Any]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    text = json.dumps(kept)
    written = dialect.insert(table).values({**key, "kept": text})
    connection.execute(written.on_conflict_do_update(index_elements=list(key), set_={"kept": text}))
