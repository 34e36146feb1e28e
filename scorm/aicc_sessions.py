"""What HACP does to attempts: a unit is opened under a session id, and its messages are taken as calls.

A session id is the late key of its window: unguessable, stored as a hash, good for reports for 30 days and for
reading while the attempt is in use. What comes twice, late or in the wrong order is taken for what it says.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection

from engine.transaction import Transaction
from scorm import library, playing, store, tokens
from scorm.hacp import aicc_calls, aicc_told
from scorm.hacp.aicc import Command, Error, Message
from scorm.packaging import hrefs
from scorm.packaging.manifest import Item
from scorm.playing import OnOutcome
from scorm.runtime.batches import Batch
from scorm.runtime.session import Call, State
from scorm.store import Attempt, Epoch

MOST_CALLS: Final = 100_000
"""Calls that one window of a unit may make: a session is bounded, whoever has its id."""


def open_unit(connection: Connection, attempt: Attempt, now: datetime) -> str:
    """Open the next window of an attempt at a unit, and return its session id."""
    identifier = tokens.new_late_key()
    playing.begin(connection, attempt.trust, attempt.id, now, tokens.unit_key(identifier))
    return identifier


def launch_url(item: Item, content: str, session: str, origin: str) -> str:
    """Return the address at which a unit opens (CMI001 6.3): at its own server, or below `content` on ours.

    One that opens by the older content-server adapter, which has a `starting_url`, is told in that adapter's words.
    """
    told = {"AICC_SID": session, "AICC_URL": f"{origin}/hacp"}
    if "starting_url=" in item.suffix.lower():
        told = {"sessionid": session, "LMS_URL": f"{origin}/olm", "key1": "0", "key2": "0", "key3": "0"}
    page = item.url or f"{content}{quote(item.path)}"
    return f"{page}{hrefs.suffixed(item.suffix, urlencode(told))}"


def attempt_of(connection: Connection, session: str, now: datetime) -> Attempt | None:
    """Return the attempt for which a session id speaks, while it lives."""
    found = store.late(connection, tokens.unit_key(session), now)
    return found[0] if found else None


def take(tx: Transaction, message: Message, on_outcome: OnOutcome) -> tuple[Error, str]:
    """Take a message, and return the error and `aicc_data` that answer it; it is durable once this is committed."""
    found = window(tx, message.session)
    if found is None:
        return Error.INVALID_SESSION, ""
    attempt, epoch = found
    error = _refusal(tx, attempt, epoch, message)
    if error is not Error.NONE:
        return error, ""
    if message.command is Command.GET_PARAM:
        epoch = again(tx, attempt, epoch, message.session)
    made = aicc_calls.calls(message, epoch.session, epoch.seq + 1, moment(tx.now))
    record(tx, epoch, made, on_outcome)
    return Error.NONE, aicc_told.told(epoch.session) if message.command is Command.GET_PARAM else ""


def window(tx: Transaction, session: str) -> tuple[Attempt, Epoch] | None:
    """Return the attempt of a session, held until the commit, and its window; None for one that is over or full."""
    found = attempt_of(tx.connection, session, tx.now)
    attempt = store.attempt(tx.connection, found.trust, found.id, lock=True) if found else None
    # Only now, for a GetParam that came just before may have opened another window.
    late = store.late(tx.connection, tokens.unit_key(session), tx.now)
    epoch = store.epoch(tx.connection, attempt.trust, attempt.id, late[1]) if attempt and late else None
    return (attempt, epoch) if attempt and epoch and epoch.seq < MOST_CALLS else None


def may_read(attempt: Attempt, now: datetime) -> bool:
    """Say whether the attempt is in use, or was not long ago: who reports late learns nothing."""
    return now <= attempt.active_at + tokens.LAUNCH_LIFE


def record(tx: Transaction, epoch: Epoch, made: tuple[Call, ...], on_outcome: OnOutcome) -> None:
    """Take calls as a batch of a window."""
    if made:
        playing.take(tx, epoch.trust, Batch(attempt=epoch.attempt, epoch=epoch.epoch, calls=made), on_outcome)


def again(tx: Transaction, attempt: Attempt, epoch: Epoch, session: str) -> Epoch:
    """Open another window where content that has left asks again: its page was loaded anew.

    In a course of several units the page with the contents opens the windows, and the unit goes on in the one it has.
    """
    if epoch.activity or epoch.session.state is not State.FINISHED or epoch.epoch < attempt.epoch:
        return epoch
    return playing.begin(tx.connection, attempt.trust, attempt.id, tx.now, tokens.unit_key(session)).epoch


def moment(now: datetime) -> str:
    """Write a moment as the call log has it."""
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"


def _refusal(tx: Transaction, attempt: Attempt, epoch: Epoch, message: Message) -> Error:
    if message.command is None:
        return Error.INVALID_COMMAND
    if message.command is Command.GET_PARAM and not may_read(attempt, tx.now):
        return Error.INVALID_SESSION
    on = epoch.package or attempt.package
    password = library.sco(tx.connection, attempt.trust, on, epoch.activity or attempt.sco).password
    # Content that says none is let in: what nobody can guess is the session id, and much of it never sends the other.
    if password and message.password and not hmac.compare_digest(password.encode(), message.password.encode()):
        return Error.INVALID_PASSWORD
    return Error.NONE
