"""What a batch of calls comes to, worked out before anybody is kept waiting.

SQLite has one writer at a time, and a row of PostgreSQL one that holds it. So a batch is played on the window as it was
last seen; only then is the window held, and where it stands as it was seen, what was worked out is written
(`playing.take`). What was seen last is remembered as the text that is kept: what differs by a letter counts for
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from engine import json_text
from engine.transaction import Engine
from scorm import calls, courses, store
from scorm.calls import Page
from scorm.courses import AsKept, Conducted
from scorm.errors import BatchMalformed
from scorm.runtime import elements, outcome
from scorm.runtime.batches import Batch
from scorm.runtime.outcome import Outcome
from scorm.runtime.session import Call, Divergence, Session, State, replay
from scorm.runtime.values import number
from scorm.runtime.vocabulary import VOCABULARIES
from scorm.sequencing.tree import Tree
from scorm.store import Attempt, Epoch, Window

_ALSO_TELLING: Final = ("cmi.objectives.", "cmi.progress_measure")
_MOST_SEEN: Final = 300
_LONGEST_SEEN: Final = 100_000
_NOTHING_KEPT: Final[AsKept] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A window as it was seen last: what is kept of it, the session that this is, and its course where it has one."""

    window: Window
    session: Session
    kept: AsKept = _NOTHING_KEPT
    played: Tree | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a course comes to with the report of its newest window so far, and on what that was worked out."""

    on: tuple[str, str, AsKept]
    course: Conducted
    said: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What the new calls of a batch come to on a window that stands so; `telling` says that it is news for a course."""

    on: Window
    fresh: Sequence[Call]
    before: Session
    epoch: Epoch
    differences: Sequence[Divergence]
    page: Page
    snapshot: str
    telling: bool
    heard: Heard | None = None
    seen: Seen | None = None


_seen: dict[tuple[str, str, int], Seen] = {}


def foreseen(engine: Engine, trust: str, batch: Batch) -> Reckoning | None:
    """Work out what a batch comes to, holding nothing; None where it has nothing new, or there is no such window.

    Raises `BatchMalformed`, and `PackageMissing` for a course whose package is not there.
    """
    seen = _seen.get((trust, batch.attempt, batch.epoch))
    if seen is None or seen.window.seq + 1 != batch.first:
        seen = _looked(engine, trust, batch)
    if seen is None or not batch.first - 1 <= seen.window.seq < batch.calls[-1].seq:
        return None
    made = reckoned(seen.window, seen.session, batch)
    attempt = seen.window.attempt
    newest = made.telling and batch.epoch == attempt.epoch
    course = heard(attempt, seen.played, seen.kept, made.epoch) if newest and seen.played else None
    return replace(made, heard=course, seen=seen)


def remember(made: Reckoning, attempt: Attempt) -> None:
    """Remember how a window stands now that what was foreseen of it is written, unless it has become very long."""
    key = (attempt.trust, attempt.id, made.epoch.epoch)
    if made.seen is None or len(made.snapshot) > _LONGEST_SEEN:
        _seen.pop(key, None)
        return
    if key not in _seen and len(_seen) >= _MOST_SEEN:
        _seen.clear()
    window = replace(made.on, attempt=attempt, snapshot=made.snapshot, seq=made.epoch.seq)
    _seen[key] = replace(made.seen, window=window, session=made.epoch.session)


def forget(trust: str, batch: Batch) -> None:
    """Look at a window again the next time: it does not stand as it was foreseen."""
    _seen.pop((trust, batch.attempt, batch.epoch), None)


def reckoned(window: Window, before: Session, batch: Batch) -> Reckoning:
    """Play the calls of a batch that are new on a window; raises `BatchMalformed`."""
    known = window.seq
    fresh = batch.calls if batch.first > known else [call for call in batch.calls if call.seq > known]
    _require_known(before, fresh)
    session, differences = replay(before, fresh)
    return Reckoning(
        on=window,
        fresh=fresh,
        before=before,
        epoch=window.with_session(session, fresh[-1].seq),
        differences=differences,
        page=calls.page(fresh, {one.seq for one in differences}),
        snapshot=json_text.written(session.snapshot()),
        telling=bool(window.activity) and _telling(session, before),
    )


def heard(attempt: Attempt, played: Tree, kept: AsKept, epoch: Epoch) -> Heard:
    """Work out what a course comes to with what the SCO of its newest window has reported so far."""
    course = courses.conducted_on(attempt, played, kept)
    courses.so_far(course, epoch)
    return Heard(on=_standing(attempt, kept), course=course, said=_said(course, epoch))


def stands(found: Heard | None, attempt: Attempt, kept: AsKept) -> bool:
    """Say whether a course stands as it did when this was worked out."""
    return found is not None and found.on == _standing(attempt, kept)


def alone(epoch: Epoch) -> Outcome:
    """Say what the SCO of a window comes to that is no part of a course."""
    return outcome.outcome_of(epoch.session, number(epoch.launch.mastery_score))


def _looked(engine: Engine, trust: str, batch: Batch) -> Seen | None:
    with engine.reading() as connection:
        window = store.window(connection, trust, batch.attempt, batch.epoch, lock=False)
        if window is None:
            return None
        more: dict[str, Any] = {}
        if window.activity:
            more["kept"] = courses.kept(connection, window.attempt)
            more["played"] = courses.tree(connection, window.attempt)
    return Seen(window=window, session=window.session(), **more)


def _require_known(session: Session, fresh: Sequence[Call]) -> None:
    functions = elements.model(session.launch.model).functions
    for call in fresh:
        if call.fn not in functions:
            raise BatchMalformed(f"call {call.seq} is of no function of the API")


def _standing(attempt: Attempt, kept: AsKept) -> tuple[str, str, AsKept]:
    return attempt.package, attempt.learner_name, kept


def _said(course: Conducted, epoch: Epoch) -> Outcome:
    if epoch.session.state is State.FINISHED:
        return courses.if_left(course, epoch)
    return courses.outcome(course, finished=False)


def _telling(session: Session, before: Session) -> bool:
    """Has the status, the score or the state of a SCO changed, or anything by which its objectives are known?"""
    if session.state is not before.state:
        return True
    telling, was = VOCABULARIES[session.launch.model].telling, before.data
    changed = (name for name, value in session.data.items() if was.get(name) != value)
    return any(name in telling or name.startswith(_ALSO_TELLING) for name in changed)
