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
from scorm import aicc_calls, aicc_told, hrefs, library, playing, store, tokens
from scorm.aicc import Command, Error, Message
from scorm.batches import Batch
from scorm.manifest import Item
from scorm.playing import OnOutcome
from scorm.session import State
from scorm.store import Attempt, Epoch

MOST_CALLS: Final = 100_000
"""Calls that one window of a unit may make: a session is bounded, whoever has its id."""


def open_unit(connection: Connection, attempt: Attempt, now: datetime) -> str:
    """Open the next window of an attempt at a unit, and return its session id."""
    identifier = tokens.new_late_key()
    playing.begin(connection, attempt.trust, attempt.id, now, _key(identifier))
    return identifier


def launch_url(item: Item, content: str, session: str, reports_to: str) -> str:
    """Return the address at which a unit opens (CMI001 6.3): at its own server, or below `content` on ours."""
    told = urlencode({"AICC_SID": session, "AICC_URL": reports_to})
    page = item.url or f"{content}{quote(item.path)}"
    return f"{page}{hrefs.suffixed(item.suffix, told)}"


def attempt_of(connection: Connection, session: str, now: datetime) -> Attempt | None:
    """Return the attempt for which a session id speaks, while it lives."""
    found = store.late(connection, _key(session), now)
    return found[0] if found else None


def take(tx: Transaction, message: Message, on_outcome: OnOutcome) -> tuple[Error, str]:
    """Take a message, and return the error and `aicc_data` that answer it; it is durable once this is committed."""
    attempt = attempt_of(tx.connection, message.session, tx.now)
    attempt = store.attempt(tx.connection, attempt.trust, attempt.id, lock=True) if attempt else None
    # Only now, for a GetParam that came just before may have opened another window.
    found = store.late(tx.connection, _key(message.session), tx.now)
    epoch = store.epoch(tx.connection, attempt.trust, attempt.id, found[1]) if attempt and found else None
    if attempt is None or epoch is None:
        return Error.INVALID_SESSION, ""
    error = _refusal(tx, attempt, epoch, message)
    if error is not Error.NONE:
        return error, ""
    if message.command is Command.GET_PARAM:
        epoch = _again(tx, attempt, epoch, message)
    made = aicc_calls.calls(message, epoch.session, epoch.seq + 1, _moment(tx.now))
    if made:
        playing.take(tx, attempt.trust, Batch(attempt=attempt.id, epoch=epoch.epoch, calls=made), on_outcome)
    return Error.NONE, aicc_told.told(epoch.session) if message.command is Command.GET_PARAM else ""


def _refusal(tx: Transaction, attempt: Attempt, epoch: Epoch, message: Message) -> Error:
    if message.command is None:
        return Error.INVALID_COMMAND
    if message.command is Command.GET_PARAM and tx.now > attempt.active_at + tokens.LAUNCH_LIFE:
        return Error.INVALID_SESSION
    password = library.sco(tx.connection, attempt.trust, attempt.package, attempt.sco).password
    # Content that says none is let in: what nobody can guess is the session id, and much of it never sends the other.
    if password and message.password and not hmac.compare_digest(password.encode(), message.password.encode()):
        return Error.INVALID_PASSWORD
    return Error.INVALID_SESSION if epoch.seq >= MOST_CALLS else Error.NONE


def _again(tx: Transaction, attempt: Attempt, epoch: Epoch, message: Message) -> Epoch:
    """Open another window where content that has left asks again: its page was loaded anew."""
    if epoch.session.state is not State.FINISHED or epoch.epoch < attempt.epoch:
        return epoch
    return playing.begin(tx.connection, attempt.trust, attempt.id, tx.now, _key(message.session)).epoch


def _key(session: str) -> str:
    """Return the late key that a session id is: no such key is one of the player's."""
    return f"aicc:{session}"


def _moment(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
