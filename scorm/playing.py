"""What happens while a course plays: a window opens, calls come in, the outcome goes to whom it concerns.

A batch is replayed on the last snapshot, never from zero, and the server's answers count (DESIGN section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from engine.transaction import Transaction
from scorm import calls, courses, library, store, tokens
from scorm.courses import Conducted
from scorm.errors import AttemptMissing, BatchGap, BatchMalformed
from scorm.packaging.manifest import AU
from scorm.runtime import elements, outcome
from scorm.runtime.batches import Batch
from scorm.runtime.outcome import Completion, Outcome
from scorm.runtime.session import Call, Launch, Session, State, replay
from scorm.runtime.values import number
from scorm.runtime.vocabulary import VOCABULARIES
from scorm.store import Attempt, Epoch

MODEL = "scorm12"
MODEL_OF_UNITS = "aicc"
ONE_STATUS = frozenset({MODEL, MODEL_OF_UNITS})
_ALSO_TELLING = ("cmi.objectives.", "cmi.progress_measure")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What has become of an attempt: how it stood, how it stands, and what it has come to.

    `begun` says that a SCO has initialised; `attempt.running` and `outcome.finished` say whether it goes on.
    """

    before: Attempt
    attempt: Attempt
    outcome: Outcome
    begun: bool


OnOutcome = Callable[[Transaction, News], None]
"""Called in the transaction of a batch in which a SCO initialised, finished, or changed status or score.

What it raises undoes the batch, and the browser sends it again.
"""

Admit = Callable[[Attempt], None]
"""Raises where calls of an attempt may not be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A window that may play: its epoch, and the key for what it could not send in time."""

    attempt: Attempt
    epoch: Epoch
    late_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a batch; `superseded` says that a newer window of the attempt is open.

    `course` is there where the batch changed what may follow in a course of several activities: to be shown.
    """

    attempt: Attempt
    saved: int
    divergences: int
    superseded: bool
    course: Conducted | None = None


def begin(connection: Connection, trust: str, identifier: str, now: datetime, late_key: str = "") -> Opened:
    """Open the next epoch of an attempt, and freeze what a replay of it needs; raises `AttemptMissing`.

    The late key is drawn where none is given.
    """
    attempt = locked(connection, trust, identifier)
    launch, opening = _launch(connection, attempt, now)
    return open_window(connection, attempt, launch, opening, now, late_key=late_key)


def open_window(  # noqa: PLR0913 - all that a window is made of
    connection: Connection,
    attempt: Attempt,
    launch: Launch,
    opening: Mapping[str, str],
    now: datetime,
    *,
    activity: str = "",
    late_key: str = "",
) -> Opened:
    """Open the next epoch of an attempt that is locked, and freeze what a replay of it needs."""
    attempt = replace(attempt, epoch=attempt.epoch + 1, active_at=now)
    epoch = Epoch(
        trust=attempt.trust,
        attempt=attempt.id,
        epoch=attempt.epoch,
        launch=launch,
        opening=opening,
        session=Session.open(launch, opening),
        seq=0,
        activity=activity,
    )
    late_key = late_key or tokens.new_late_key()
    store.keep_attempt(connection, attempt)
    store.add_epoch(connection, epoch, late_key, now)
    return Opened(attempt=attempt, epoch=epoch, late_key=late_key)


def take(tx: Transaction, trust: str, batch: Batch, on_outcome: OnOutcome, admit: Admit | None = None) -> Taken:
    """Take the calls of a batch that are new: log, replay, note differences, keep the outcome, tell whom it concerns.

    `admit` is asked before anything is taken. Raises what it does, `AttemptMissing`, `BatchMalformed` and `BatchGap`.
    """
    found = store.window(tx.connection, trust, batch.attempt, batch.epoch)
    if found is None:
        raise AttemptMissing
    attempt, epoch = found
    if admit is not None:
        admit(attempt)
    if batch.first > epoch.seq + 1:
        raise BatchGap(epoch.seq + 1)
    fresh = [call for call in batch.calls if call.seq > epoch.seq]
    superseded = epoch.epoch < attempt.epoch
    if not fresh:
        return Taken(attempt=attempt, saved=epoch.seq, divergences=0, superseded=superseded)
    _require_known(epoch, fresh)
    session, differences = replay(epoch.session, fresh)
    calls.append(tx.connection, epoch.key, fresh, {one.seq for one in differences})
    calls.note(tx.connection, epoch.key, differences, tx.now)
    store.keep_session(tx.connection, epoch, session, fresh[-1].seq)
    before, epoch = epoch.session, replace(epoch, session=session)
    course = _course(tx.connection, attempt, epoch, before) if epoch.activity else None
    attempt = _follow(tx, attempt, epoch, before, _said(attempt, epoch, course), on_outcome)
    return Taken(
        attempt=attempt,
        saved=fresh[-1].seq,
        divergences=len(differences),
        superseded=superseded,
        course=None if superseded else course,
    )


def as_of(connection: Connection, trust: str, attempt: str, epoch: int, seq: int) -> Session:
    """Return the session of a window as it stood after a call, by replaying the log; raises `AttemptMissing`."""
    found = store.epoch(connection, trust, attempt, epoch)
    if found is None:
        raise AttemptMissing
    session, _ = replay(Session.open(found.launch, found.opening), calls.read(connection, found.key, seq))
    return session


def locked(connection: Connection, trust: str, identifier: str) -> Attempt:
    """Return an attempt, and let nobody else move it until the transaction ends; raises `AttemptMissing`."""
    found = store.attempt(connection, trust, identifier, lock=True)
    if found is None:
        raise AttemptMissing
    return found


def _launch(connection: Connection, attempt: Attempt, now: datetime) -> tuple[Launch, dict[str, str]]:
    """Return what the next window is told, and the data that it opens on."""
    item = library.sco(connection, attempt.trust, attempt.package, attempt.sco)
    launch = Launch(
        model=MODEL_OF_UNITS if item.kind == AU else MODEL,
        student_id=attempt.learner,
        student_name=attempt.learner_name,
        launch_data=item.launch_data,
        mastery_score=item.mastery_score,
        max_time_allowed=item.max_time_allowed,
        time_limit_action=item.time_limit_action,
        server_time=now.isoformat(),
    )
    last = store.epoch(connection, attempt.trust, attempt.id, attempt.epoch)
    if last is None:
        return launch, {}
    resumed = outcome.resumption(last.session, number(last.launch.mastery_score))
    return replace(launch, entry=resumed.entry, total_time=resumed.total_time), dict(resumed.data)


def _require_known(epoch: Epoch, fresh: list[Call]) -> None:
    functions = elements.model(epoch.launch.model).functions
    unknown = [call.seq for call in fresh if call.fn not in functions]
    if unknown:
        raise BatchMalformed(f"call {unknown[0]} is of no function of the API")


def _course(connection: Connection, attempt: Attempt, epoch: Epoch, before: Session) -> Conducted | None:
    """Return the course with what an activity has reported by now, where that is news; a late report may raise it."""
    if not _telling(epoch.session, before):
        return None
    if epoch.epoch == attempt.epoch:
        course = courses.conducted(connection, attempt)
        courses.so_far(course, epoch)
        return course
    course = courses.conducted(connection, attempt, lock=True)
    if not courses.raised(course, epoch):
        return None
    courses.keep(connection, attempt, course)
    return course


def _telling(session: Session, before: Session) -> bool:
    """Has the status, the score or the state of a SCO changed, or anything by which its objectives are known?"""
    if session.state is not before.state:
        return True
    telling, was = VOCABULARIES[session.launch.model].telling, before.data
    changed = (name for name, value in session.data.items() if was.get(name) != value)
    return any(name in telling or name.startswith(_ALSO_TELLING) for name in changed)


def _said(attempt: Attempt, epoch: Epoch, course: Conducted | None) -> Outcome | None:
    """Say what has been reported: of the whole course, where the window is of one; None where that is no news."""
    if not epoch.activity:
        return outcome.outcome_of(epoch.session, number(epoch.launch.mastery_score))
    if course is None:
        return attempt.outcome
    if epoch.session.state is State.FINISHED and epoch.epoch == attempt.epoch:
        return courses.if_left(course, epoch)
    return courses.outcome(course, finished=False)


def _follow(  # noqa: PLR0913, PLR0917 - before and after of attempt and session
    tx: Transaction, attempt: Attempt, epoch: Epoch, before: Session, said: Outcome | None, on_outcome: OnOutcome
) -> Attempt:
    """Keep what the attempt has come to, and tell whom it concerns when that is news."""
    if epoch.epoch < attempt.epoch:
        # An older window may raise the status; how the newer one stands is not its business (DESIGN section 4).
        now = outcome.best(said, attempt.outcome) if attempt.outcome and said else said
        after = replace(attempt.scored(said, late=True), outcome=now)
    else:
        now = outcome.best(attempt.outcome, said) if attempt.outcome and said else said
        running = epoch.session.state is State.RUNNING
        after = replace(attempt.scored(said), outcome=now, running=running, active_at=tx.now)
    return follow(tx, attempt, after, on_outcome, begun=epoch.session.began != before.began)


def follow(tx: Transaction, before: Attempt, after: Attempt, on_outcome: OnOutcome, *, begun: bool = False) -> Attempt:
    """Keep an attempt as it stands after something, and tell whom it concerns when that is news."""
    store.keep_attempt(tx.connection, after)
    now = after.outcome
    if now is not None and (after.running != before.running or begun or _news(before.outcome, now)):
        on_outcome(tx, News(before=before, attempt=after, outcome=now, begun=begun))
    return after


def _news(before: Outcome | None, now: Outcome) -> bool:
    if before is None:
        return now.completion is not Completion.NOT_ATTEMPTED
    return replace(before, total_seconds=now.total_seconds) != now
