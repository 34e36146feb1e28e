"""What the older content-server adapter does to attempts: its messages are taken as calls, as those of HACP are."""

from __future__ import annotations

from collections.abc import Mapping

from engine.transaction import Transaction
from scorm import aicc_sessions
from scorm.hacp.aicc_calls import MOST_CALLS
from scorm.playing import OnOutcome
from scorm.relays import olm
from scorm.relays.olm import Action, Error, Message
from scorm.runtime.session import Call, Session, State

_ASKING = frozenset({Action.STATE, Action.INITIALIZE, Action.GET_PARAM})


def take(tx: Transaction, message: Message, on_outcome: OnOutcome) -> tuple[Error, Mapping[str, str]]:
    """Take a message, and return the error and the pairs that answer it; it is durable once this is committed."""
    found = aicc_sessions.window(tx, message.session)
    asking = message.action in _ASKING
    if found is None or (asking and not aicc_sessions.may_read(found[0], tx.now)):
        return Error.TIMED_OUT, {}
    if message.action is None:
        return Error.GENERAL, {}
    attempt, epoch = found
    if asking:
        epoch = aicc_sessions.again(tx, attempt, epoch, message.session)
    made = _calls(message, epoch.session, epoch.seq + 1, aicc_sessions.moment(tx.now))
    aicc_sessions.record(tx, epoch, made, on_outcome)
    if message.action is Action.STATE:
        return Error.NONE, olm.standing(epoch.session)
    return Error.NONE, olm.told(epoch.session) if message.action is Action.GET_PARAM else {}


def _calls(message: Message, session: Session, first: int, at: str) -> tuple[Call, ...]:
    """Return the calls that a message comes to; what comes in the wrong order begins the session."""
    played = session.copied()
    made: list[Call] = []
    for fn, *args in _said(message, session):
        answer, error = played.call(fn, args, at)
        made.append(Call(seq=first + len(made), at=at, fn=fn, args=tuple(args), answer=answer, error=error))
    return tuple(made)


def _said(message: Message, session: Session) -> list[tuple[str, ...]]:
    begins = message.action is not Action.STATE and session.state is State.IDLE
    ends = message.action is Action.EXIT_AU and session.state is not State.FINISHED
    puts = [("LMSSetValue", name, olm.legal(name, value)) for name, value in message.values[:MOST_CALLS]]
    return [
        *([("LMSInitialize", "")] if begins else []),
        *([*puts, ("LMSCommit", "")] if message.action is Action.PUT_PARAM else []),
        *([("LMSFinish", "")] if ends else []),
    ]
