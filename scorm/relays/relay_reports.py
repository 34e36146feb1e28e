"""What the content-server adapter reports: each attempt as it stands, to its remote system, until that has taken it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from engine import outside
from engine.errors import EngineError
from engine.transaction import Engine
from scorm import courses, store
from scorm.courses import Conducted
from scorm.errors import AttemptMissing, SystemUnheard
from scorm.hacp import aicc
from scorm.hacp.aicc import Command, Message
from scorm.relays import relay, relay_course, relay_store
from scorm.relays.relay import Left
from scorm.relays.relay_course import Held
from scorm.relays.relay_store import Link
from scorm.store import Attempt, Epoch

_LARGEST_ANSWER: Final = 1 << 20
_NO_ANSWER: Final = "It did not answer as a learning management system does"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

Ask = Callable[[str, bytes], outside.Reply]
"""Posts a form to an address, and returns what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """How remote systems are reached: `hosts` are those allowed; `secret` seals what they keep for us."""

    ask: Ask
    hosts: Collection[str]
    secret: str


def asking(hosts: Collection[str]) -> Ask:
    """Return what posts to the allowed hosts and to no other."""
    return lambda url, body: outside.post(url, hosts, body, _FORM, _LARGEST_ANSWER)


def report_due(engine: Engine, remote: Remote) -> int:
    """Report what is due, and return how many attempts got through."""
    with engine.reading() as connection:
        links = relay_store.due(connection, engine.clock())
    return sum(report(engine, remote, link) for link in links)


def report(engine: Engine, remote: Remote, link: Link) -> bool:
    """Report one attempt as it stands; a kill between the answer and our note of it says the same once more."""
    with engine.reading() as connection:
        attempt, epoch = standing(connection, link)
        left = _left(connection, remote, attempt, epoch)
    # A session that was left, and in which nothing has been played since, is not left again.
    over = link.left and link.sent_epoch == epoch.epoch
    ends = not over and (left.ended or attempt.active_at < engine.clock() - relay.SILENCE)
    mark = (epoch.epoch, epoch.seq)
    told = (link.sent_epoch, link.sent_seq) == mark
    try:
        if not told:
            said(
                remote.ask,
                link.system,
                link.session,
                Command.PUT_PARAM,
                relay.report(attempt.outcome, left, link.before),
            )
        if ends:
            said(remote.ask, link.system, link.session, Command.EXIT_AU)
    except (SystemUnheard, EngineError) as trouble:
        with engine.transaction() as tx:
            wait = relay.AGAIN[min(link.tries, len(relay.AGAIN) - 1)]
            relay_store.failed(tx.connection, link, trouble.sentence, tx.now + wait)
        return False
    with engine.transaction() as tx:
        # What came meanwhile is news still: only what was read above has been told.
        now = store.attempt(tx.connection, attempt.trust, attempt.id, lock=True)
        if now is not None and now.outcome == attempt.outcome:
            pause = relay.PAUSE if not ends and not attempt.running else relay.AT_ONCE
            relay_store.sent(tx.connection, link, mark, left=ends or over, now=tx.now + pause)
    return True


def said(ask: Ask, system: str, session: str, command: Command, data: str = "") -> str:
    """Say one message, and return the data of the answer; raises `SystemUnheard` for anything but `error=0`."""
    reply = ask(system, aicc.written(Message(command=command, session=session, data=data)))
    if not reply.good:
        raise SystemUnheard(reply.said)
    if not reply.whole:  # half of what a learner left would be taken for all of it
        raise SystemUnheard("Its answer was cut short")
    answer = aicc.reply(reply.body.decode("utf-8", "replace"))
    if answer.error is None:
        raise SystemUnheard(_NO_ANSWER)
    if answer.error:
        raise SystemUnheard(f"It answered {command} with error {answer.error} {answer.text}".strip())
    return answer.data


def standing(connection: Connection, link: Link) -> tuple[Attempt, Epoch]:
    """Return an attempt that is owed and its newest window; raises `AttemptMissing`."""
    attempt = store.attempt(connection, link.trust, link.attempt)
    epoch = store.epoch(connection, link.trust, link.attempt, attempt.epoch) if attempt else None
    if attempt is None or epoch is None:
        raise AttemptMissing
    return attempt, epoch


def _left(connection: Connection, remote: Remote, attempt: Attempt, epoch: Epoch) -> Left:
    """Return where the learner is, and what they come back to: in one SCO, or in a course of several parts."""
    played = courses.tree(connection, attempt)
    if played is None:
        return relay.in_session(epoch.session, running=attempt.running)
    return _in_course(courses.conducted(connection, attempt, played), remote, attempt, epoch)


def _in_course(found: Conducted, remote: Remote, attempt: Attempt, epoch: Epoch) -> Left:
    course, ended = found.course, not found.course.alive
    if not ended:
        # What we hold is a copy: it is put aside as it stands, and the course itself goes on.
        courses.so_far(found, epoch)
        course = found.course
        course.left()
    aside = course.state.suspended
    held = Held(attempt=attempt.id, snapshot=course.snapshot())
    return Left(
        location=course.tree.activities[aside].identifier if aside is not None else "",
        lesson=relay_course.sealed(held, attempt.package, remote.secret),
        flag="" if found.over else "S",
        ended=ended,
    )
