"""How a learner gets through a course: a window opens where it was left, and every move opens the next one.

Each activity that is delivered has a window, an epoch, of its own: so the log, the late keys and what becomes of late
calls are the same for a course of one part and of many. A course is moved in the transaction that takes the last calls
of the activity that is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from engine.transaction import Transaction
from scorm import coupling, courses, playing, store, tokens
from scorm.course import Click, Delivery
from scorm.courses import Conducted
from scorm.errors import AttemptMissing
from scorm.moves import Move
from scorm.playing import OnOutcome, Opened
from scorm.runtime import outcome
from scorm.runtime.launch import Launch
from scorm.runtime.outcome import Outcome
from scorm.runtime.session import State
from scorm.runtime.values import number
from scorm.sequencing import needs
from scorm.sequencing.definition import Organisation
from scorm.sequencing.overall import Result
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.store import Attempt, Epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Conducting:
    """What a window shows now: `opened` is None where nothing new plays, and then `course.said` may say why.

    `saved` is the last call of the window that is left; `superseded` says that another window of the attempt is open,
    and nothing was moved.
    """

    attempt: Attempt
    course: Conducted | None
    saved: int = 0
    opened: Opened | None = None
    superseded: bool = False


def launch(tx: Transaction, trust: str, identifier: str, on_outcome: OnOutcome) -> Conducting:
    """Open the next window of an attempt, at the activity where its course was left; raises `AttemptMissing`."""
    attempt = playing.locked(tx.connection, trust, identifier)
    played = courses.tree(tx.connection, attempt)
    if played is None:
        opened = playing.begin(tx.connection, trust, identifier, tx.now)
        return Conducting(attempt=opened.attempt, course=None, opened=opened)
    course = courses.conducted(tx.connection, attempt, played, lock=True)
    last = store.epoch(tx.connection, trust, identifier, attempt.epoch)
    if _put_aside(course, last):
        attempt = _follow(tx, attempt, course, on_outcome)
    course.over, course.said = False, ""
    if course.course.delivered is None and not course.course.alive:
        _requested(course, None)
    opened = _window(tx, attempt, course)
    courses.keep(tx.connection, opened.attempt, course)
    return Conducting(attempt=opened.attempt, course=course, opened=opened)


def navigate(tx: Transaction, trust: str, move: Move, on_outcome: OnOutcome) -> Conducting:
    """Take the last calls of an activity, then move; a move that comes twice is answered as at first.

    Raises `AttemptMissing`, `BatchMalformed` and `BatchGap`.
    """
    if move.batch is not None:
        playing.take(tx, trust, move.batch, on_outcome)
    attempt = playing.locked(tx.connection, trust, move.attempt)
    epoch = store.epoch(tx.connection, trust, move.attempt, move.epoch)
    played = courses.tree(tx.connection, attempt)
    if epoch is None or played is None:
        raise AttemptMissing
    course = courses.conducted(tx.connection, attempt, played, lock=True)
    if _moved_on(attempt, epoch):
        return Conducting(attempt=attempt, course=course, saved=epoch.seq, superseded=True)
    if move.epoch < attempt.epoch:
        return _again(tx, attempt, course, epoch, move.key)
    if course.answered == tokens.hashed(move.key):
        return Conducting(attempt=attempt, course=course, saved=epoch.seq)
    result = _moved(course, epoch, move.click)
    attempt = _follow(tx, attempt, course, on_outcome)
    opened = None
    if result.delivered is not None:
        opened = _window(tx, attempt, course, move.key)
        attempt = opened.attempt
    else:
        course.answered = tokens.hashed(move.key)
    courses.keep(tx.connection, attempt, course)
    return Conducting(attempt=attempt, course=course, saved=epoch.seq, opened=opened)


def standing(connection: Connection, attempt: Attempt, epoch: int) -> Conducting:
    """Return how a course stands with what is heard of its window so far; raises `AttemptMissing`."""
    played = courses.tree(connection, attempt)
    shown = store.epoch(connection, attempt.trust, attempt.id, epoch)
    if played is None or shown is None:
        raise AttemptMissing
    course = courses.conducted(connection, attempt, played)
    courses.so_far(course, shown)
    return Conducting(
        attempt=attempt, course=course, saved=shown.seq, superseded=epoch < attempt.epoch or _moved_on(attempt, shown)
    )


def _moved_on(attempt: Attempt, epoch: Epoch) -> bool:
    """Say whether the attempt goes on with another version than the one that a window plays."""
    return epoch.package not in (None, attempt.package)


def _again(tx: Transaction, attempt: Attempt, course: Conducted, left: Epoch, key: str) -> Conducting:
    """Answer a move from a window that is not the newest: it made the newest itself, or another one was opened."""
    place = (tx.connection, attempt.trust, attempt.id, left.epoch + 1)
    made = store.opened_with(*place, key) or store.opened_with(*place, tokens.unit_key(key))
    if made is None or made.epoch < attempt.epoch:
        return Conducting(attempt=attempt, course=course, saved=left.seq, superseded=True)
    courses.so_far(course, made)
    opened = Opened(attempt=attempt, epoch=made, late_key=key)
    return Conducting(attempt=attempt, course=course, saved=left.seq, opened=opened)


def _put_aside(course: Conducted, last: Epoch | None) -> bool:
    """Put aside what was open when the window went away, unless the SCO had asked for something else; True if so."""
    if last is None or course.course.delivered is None:
        return False
    if course.waits_for(last) and last.session.state is State.FINISHED:
        result = _moved(course, last, None)
        if result.delivered is not None or course.course.delivered is None:
            return True
    waits = course.waits_for(last)
    if waits:
        course.tell(last)
    course.course.left(last.session if waits else None)
    return True


def _moved(course: Conducted, epoch: Epoch, click: Click | None) -> Result:
    """Do what the learner or the SCO asked for; what was refused has its sentence in `said`."""
    course.said = ""
    if not course.waits_for(epoch):
        return _requested(course, click) if click else Result()
    if click is None and epoch.session.state is not State.FINISHED:
        return Result()
    course.tell(epoch)
    return _noted(course, course.course.terminated(epoch.session, click))


def _requested(course: Conducted, click: Click | None) -> Result:
    """Make a request while no SCO is open; without a click the course begins, or goes on."""
    try:
        result = course.course.request(click) if click else course.course.start()
    except Refusal as refusal:
        # Whoever leaves a course of which nothing is open has left it.
        leaving = click is not None and click.request in (Request.SUSPEND_ALL, Request.EXIT_ALL)
        result = Result(over=True) if leaving else Result(refusal=refusal)
    return _noted(course, result)


def _noted(course: Conducted, result: Result) -> Result:
    course.said = needs.said(course.course.state, None, result.refusal)
    course.over = result.over and course.course.state.suspended is None
    return result


def _follow(tx: Transaction, attempt: Attempt, course: Conducted, on_outcome: OnOutcome) -> Attempt:
    """Keep what the course has come to at this moment, in which no SCO is open."""
    said = courses.outcome(course, finished=not course.course.alive)
    now = outcome.best(attempt.outcome, said) if attempt.outcome else said
    reached = now if _begun(now, attempt) else None
    after = replace(attempt.scored(said), outcome=reached, running=False, active_at=tx.now)
    return playing.follow(tx, attempt, after, on_outcome)


def _begun(now: Outcome, attempt: Attempt) -> bool:
    return attempt.outcome is not None or now.lesson_status != "not attempted"


def _window(tx: Transaction, attempt: Attempt, course: Conducted, late_key: str = "") -> Opened:
    """Open the window of what is delivered; of nothing, where the learner is to choose first.

    The late key of a unit of AICC is its session id.
    """
    delivery = course.course.delivery(tx.now.isoformat())
    if delivery is None:
        told = _nothing(attempt, course.course.tree.organisation)
        return playing.open_window(tx.connection, attempt, told, {}, tx.now, late_key=late_key)
    last = store.last_epoch_of(tx.connection, attempt, delivery.identifier)
    told, opening = _resumed(delivery, last)
    late_key = late_key or tokens.new_late_key()
    kept = tokens.unit_key(late_key) if told.model == playing.MODEL_OF_UNITS else late_key
    opened = playing.open_window(
        tx.connection, attempt, told, opening, tx.now, activity=delivery.identifier, late_key=kept
    )
    return replace(opened, late_key=late_key)


def _resumed(delivery: Delivery, last: Epoch | None) -> tuple[Launch, dict[str, str]]:
    """Return what a SCO opens on: in SCORM 1.2 exactly as if it were the only one (RTE 1.2 3.4.4)."""
    if last is None:
        return delivery.launch, dict(delivery.data)
    if delivery.launch.model not in playing.ONE_STATUS:
        # A window in which the SCO never began was no session of it.
        idle = last.session.state is State.IDLE and delivery.launch.entry == "resume"
        entry = last.launch.entry if idle else delivery.launch.entry
        return replace(delivery.launch, entry=entry), dict(delivery.data)
    resumed = outcome.resumption(last.session, number(last.launch.mastery_score))
    return replace(delivery.launch, entry=resumed.entry, total_time=resumed.total_time), dict(resumed.data)


def _nothing(attempt: Attempt, played: Organisation) -> Launch:
    return Launch(model=coupling.model_of(played), student_id=attempt.learner, student_name=attempt.learner_name)
