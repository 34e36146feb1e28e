"""How a course of several parts goes on for a remote system: from what is here, else from what that system kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from engine.transaction import Transaction
from scorm import courses, playing, store
from scorm.coupling import Learner
from scorm.course import Course
from scorm.courses import Conducted
from scorm.relays import relay, relay_course, relay_store
from scorm.relays.relay import Told
from scorm.relays.relay_store import Link
from scorm.runtime import outcome
from scorm.store import Attempt


def begin(tx: Transaction, new: Attempt, link: Link, told: Told, secret: str) -> Attempt:
    """Return the attempt that a session is for: one that is here, under its new `link`, or else the `new` one.

    What no earlier session took is reported to this one.
    """
    owed = relay_store.owed_of(tx.connection, new.trust, new.registration, tx.now)
    held = relay_course.opened(told.data.get("cmi.suspend_data", ""), new.package, secret)
    wanted = owed[0].attempt if owed else held.attempt if held else ""
    known = _known(tx.connection, new, wanted)
    if known is not None:
        return _gone_on(tx.connection, known, replace(link, attempt=known.id), told, owed=bool(owed))
    begun = replace(new, outcome=relay.earlier_outcome(playing.MODEL, told))
    store.add_attempt(tx.connection, begun)
    store.keep_attempt(tx.connection, begun)
    relay_store.add(tx.connection, link)
    course = _course(tx.connection, begun, held.snapshot if held else None)
    courses.keep(tx.connection, begun, Conducted(course, seconds=told.total_seconds))
    return begun


def _known(connection: Connection, new: Attempt, identifier: str) -> Attempt | None:
    """Return this learner's attempt of that id, if it is here; what names another's is worth nothing."""
    found = store.attempt(connection, new.trust, identifier, lock=True) if identifier else None
    return found if found is not None and found.registration == new.registration else None


def _gone_on(connection: Connection, known: Attempt, link: Link, told: Told, *, owed: bool) -> Attempt:
    """Report an attempt to its new session; the status that the remote system knows does not go back."""
    last = store.epoch(connection, known.trust, known.id, known.epoch)
    mark = -1 if owed else last.seq if last else 0
    relay_store.go_on(connection, replace(link, sent_epoch=known.epoch, sent_seq=mark))
    theirs, ours = relay.earlier_outcome(playing.MODEL, told), known.outcome
    after = replace(known, outcome=outcome.best(theirs, ours) if theirs and ours else ours or theirs)
    store.keep_attempt(connection, after)
    return after


def _course(connection: Connection, attempt: Attempt, snapshot: Mapping[str, Any] | None) -> Course:
    begun = courses.conducted(connection, attempt, lock=True).course
    if snapshot is None:
        return begun
    learner = Learner(identifier=attempt.learner, name=attempt.learner_name)
    return Course.restore(begun.tree.organisation, learner, snapshot, shared=begun.shared)
