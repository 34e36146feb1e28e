"""What happens while a course plays: a window opens, calls come in, the outcome goes to whom it concerns.

A batch is replayed on the last snapshot, never from zero, and the server's answers count (DESIGN section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from engine.transaction import Transaction
from scorm import calls, courses, library, reckoning, store, tokens
from scorm.courses import Conducted
from scorm.errors import AttemptMissing, BatchGap, PackageMissing
from scorm.packaging.manifest import AU
from scorm.reckoning import Reckoning
from scorm.runtime import outcome
from scorm.runtime.batches import Batch
from scorm.runtime.outcome import Completion, Outcome
from scorm.runtime.session import Launch, Session, State, replay
from scorm.runtime.values import number
from scorm.store import Attempt, Epoch

MODEL = "scorm12"
MODEL_OF_UNITS = "aicc"
ONE_STATUS = frozenset({MODEL, MODEL_OF_UNITS})


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
    `as_foreseen` says that all of it was worked out before the window was held.
    """

    attempt: Attempt
    saved: int
    divergences: int
    superseded: bool
    course: Conducted | None = None
    as_foreseen: bool = False


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


def take(  # noqa: PLR0913, PLR0917 - a batch, and whom it concerns
    tx: Transaction,
    trust: str,
    batch: Batch,
    on_outcome: OnOutcome,
    admit: Admit | None = None,
    foreseen: Reckoning | None = None,
) -> Taken:
    """Take the calls of a batch that are new: log, replay, note differences, keep the outcome, tell whom it concerns.

    `admit` is asked before anything is taken. `foreseen` is what the batch was found to come to before the window was
    held, and is taken where that still stands so. Raises what `admit` does, `AttemptMissing`, `BatchMalformed` and
    `BatchGap`.
    """
    found = store.window(tx.connection, trust, batch.attempt, batch.epoch)
    if found is None:
        raise AttemptMissing
    attempt = found.attempt
    if admit is not None:
        admit(attempt)
    if batch.first > found.seq + 1:
        raise BatchGap(found.seq + 1)
    superseded = found.epoch < attempt.epoch
    if batch.calls[-1].seq <= found.seq:
        return Taken(attempt=attempt, saved=found.seq, divergences=0, superseded=superseded)
    holds = foreseen is not None and foreseen.on.stands_as(found)
    made = foreseen if foreseen and holds else reckoning.reckoned(found, found.session(), batch)
    _write(tx, made)
    course, said = _course(tx.connection, attempt, made)
    attempt = _follow(tx, attempt, made, said, on_outcome)
    return Taken(
        attempt=attempt,
        saved=made.epoch.seq,
        divergences=len(made.differences),
        superseded=superseded,
        course=None if superseded else course,
        as_foreseen=made is foreseen and (course is None or (made.heard is not None and course is made.heard.course)),
    )


def _write(tx: Transaction, made: Reckoning) -> None:
    """Write the calls, where they differ, and where the session stands after them."""
    key = made.on.key
    calls.append(tx.connection, key, made.page)
    calls.note(tx.connection, key, made.differences, tx.now)
    store.keep_session(tx.connection, key, made.snapshot, made.epoch.seq)


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


def _course(connection: Connection, attempt: Attempt, made: Reckoning) -> tuple[Conducted | None, Outcome | None]:
    """Return the course with what an activity has reported by now, where that is news, and what it all comes to.

    A late report may raise what the course has.
    """
    if not made.epoch.activity:
        return None, reckoning.alone(made.epoch)
    if not made.telling:
        return None, attempt.outcome
    if made.epoch.epoch == attempt.epoch:
        return _newest(connection, attempt, made)
    course = courses.conducted(connection, attempt, lock=True)
    if not courses.raised(course, made.epoch):
        return None, attempt.outcome
    courses.keep(connection, attempt, course)
    return course, courses.outcome(course, finished=False)


def _newest(connection: Connection, attempt: Attempt, made: Reckoning) -> tuple[Conducted, Outcome]:
    kept = courses.kept(connection, attempt)
    found = made.heard
    if found is None or not reckoning.stands(found, attempt, kept):
        played = courses.tree(connection, attempt)
        if played is None:
            raise PackageMissing
        found = reckoning.heard(attempt, played, kept, made.epoch)
    return found.course, found.said


def _follow(tx: Transaction, attempt: Attempt, made: Reckoning, said: Outcome | None, on_outcome: OnOutcome) -> Attempt:
    """Keep what the attempt has come to, and tell whom it concerns when that is news."""
    epoch = made.epoch
    if epoch.epoch < attempt.epoch:
        # An older window may raise the status; how the newer one stands is not its business (DESIGN section 4).
        now = outcome.best(said, attempt.outcome) if attempt.outcome and said else said
        after = replace(attempt.scored(said, late=True), outcome=now)
    else:
        now = outcome.best(attempt.outcome, said) if attempt.outcome and said else said
        running = epoch.session.state is State.RUNNING
        after = replace(attempt.scored(said), outcome=now, running=running, active_at=tx.now)
    return follow(tx, attempt, after, on_outcome, begun=epoch.session.began != made.before.began)


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
