"""What the content-server adapter does: opens attempts for a remote system, and reports to it until it is taken.

What a course said is durable here before anybody is told that it is saved; the remote system is told afterwards, as
often as it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from engine import outside
from engine.errors import EngineError
from engine.identifiers import new_id
from engine.transaction import Engine, Transaction
from scorm import aicc, library, playing, relay, relay_store, store, tokens
from scorm.aicc import Command, Message
from scorm.errors import AttemptMissing, PackageMissing, SystemUnheard
from scorm.manifest import AU
from scorm.outcome import Outcome
from scorm.relay_store import Link
from scorm.session import Session
from scorm.store import Attempt, Epoch

TRUST: Final = "relay"
"""The trust under which the adapter keeps its packages and attempts."""

SETTING: Final = "PRECEPTOR_RELAY_HOSTS"
_LARGEST_ANSWER: Final = 1 << 20
_LONGEST_SESSION: Final = 1_000
_NO_ANSWER: Final = "It did not answer as a learning management system does"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

Ask = Callable[[str, bytes], outside.Reply]
"""Posts a form to an address, and returns what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who opens what: the package, and the remote system's address and id of the session."""

    package: str
    system: str
    session: str


def asking(hosts: Collection[str]) -> Ask:
    """Return what posts to the allowed hosts and to no other."""
    return lambda url, body: outside.post(url, hosts, body, _FORM, _LARGEST_ANSWER)


def open_attempt(engine: Engine, ask: Ask, asked: Asked, hosts: Collection[str]) -> Attempt:
    """Return the attempt of a remote session: the one that is known, else a new one from where the learner was.

    Raises `Invalid` for a system that is not allowed, `SystemUnheard` for one that does not answer, `PackageMissing`.
    """
    outside.checked(asked.system, hosts, SETTING)
    if not 0 < len(asked.session) <= _LONGEST_SESSION:
        raise SystemUnheard("No session was named")
    with engine.reading() as connection:
        link = relay_store.known(connection, asked.system, asked.session)
        found = store.attempt(connection, link.trust, link.attempt) if link else None
    if found is not None and found.package == asked.package:
        return found
    told = relay.told(_said(ask, asked.system, asked.session, Command.GET_PARAM))
    registration = _registration(asked, told.student_id)
    if _settled(engine, ask, registration):  # what was owed has arrived just now, so that the answer is an older one
        told = relay.told(_said(ask, asked.system, asked.session, Command.GET_PARAM))
    with engine.transaction() as tx:
        return _begin(tx, asked, told, registration)


def follow(tx: Transaction, attempt: Attempt, _outcome: Outcome) -> None:
    """Note that there is news, in the commit of the batch that brought it (`playing.OnOutcome`)."""
    relay_store.again(tx.connection, attempt.trust, attempt.id)


def report_due(engine: Engine, ask: Ask) -> int:
    """Report what is due, and return how many attempts got through."""
    with engine.reading() as connection:
        links = relay_store.due(connection, engine.clock())
    return sum(_report(engine, ask, link) for link in links)


def _report(engine: Engine, ask: Ask, link: Link) -> bool:
    """Report one attempt as it stands; a kill between the answer and our note of it says the same once more."""
    with engine.reading() as connection:
        attempt, epoch = _standing(connection, link)
    ends = not attempt.running or attempt.active_at < engine.clock() - relay.SILENCE
    data = relay.report(attempt.outcome, epoch.session, link.before)
    try:
        _said(ask, link.system, link.session, Command.PUT_PARAM, data)
        if ends:
            _said(ask, link.system, link.session, Command.EXIT_AU)
    except (SystemUnheard, EngineError) as trouble:
        with engine.transaction() as tx:
            wait = relay.AGAIN[min(link.tries, len(relay.AGAIN) - 1)]
            relay_store.failed(tx.connection, link, trouble.sentence, tx.now + wait)
        return False
    with engine.transaction() as tx:
        # What came meanwhile is news still: only what was read above has been told.
        now = store.attempt(tx.connection, attempt.trust, attempt.id, lock=True)
        if now is not None and now.outcome == attempt.outcome:
            relay_store.sent(tx.connection, link, (epoch.epoch, epoch.seq), left=ends, now=tx.now)
    return True


def _said(ask: Ask, system: str, session: str, command: Command, data: str = "") -> str:
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


def _settled(engine: Engine, ask: Ask, registration: str) -> bool:
    """Try to report what is owed of a learner's earlier attempts, and say whether any of it got through."""
    with engine.reading() as connection:
        links = relay_store.owed_of(connection, TRUST, registration, engine.clock())
    return sum(_report(engine, ask, link) for link in links) > 0


def _begin(tx: Transaction, asked: Asked, told: relay.Told, registration: str) -> Attempt:
    attempt = _attempt(tx, asked, told, registration)
    owed = relay_store.owed_of(tx.connection, TRUST, registration, tx.now)
    if owed:
        # The remote system takes nothing for the session in which the learner was, so that this one goes on from it.
        former, epoch = _standing(tx.connection, owed[0])
        attempt = replace(attempt, outcome=former.outcome)
        session = epoch.session
    else:
        session = relay.earlier(playing.MODEL, told)
    store.add_attempt(tx.connection, attempt)
    store.keep_attempt(tx.connection, attempt)
    if owed or told.data:
        _seed(tx, attempt, session)
    unsent = -1 if owed else 0
    link = Link(
        trust=TRUST,
        attempt=attempt.id,
        system=asked.system,
        session=asked.session,
        before=int(told.total_seconds),
        due_at=tx.now,
        sent_seq=unsent,
    )
    relay_store.add(tx.connection, link)
    for one in owed:
        _, last = _standing(tx.connection, one)
        relay_store.sent(tx.connection, one, (last.epoch, last.seq), left=True, now=tx.now)
    return attempt


def _seed(tx: Transaction, attempt: Attempt, session: Session) -> None:
    """Keep what came before as the window that the first one resumes from."""
    before = Epoch(trust=TRUST, attempt=attempt.id, epoch=0, launch=session.launch, opening={}, session=session, seq=0)
    store.add_epoch(tx.connection, before, tokens.new_late_key(), tx.now)


def _attempt(tx: Transaction, asked: Asked, told: relay.Told, registration: str) -> Attempt:
    package = library.package_of(tx.connection, TRUST, asked.package)
    units = [item for item in package.manifest.scos if item.kind != AU] if package else []
    if not units:
        raise PackageMissing
    return Attempt(
        trust=TRUST,
        id=new_id(tx.now),
        registration=registration,
        learner=told.learner,
        learner_name=told.student_name,
        package=asked.package,
        sco=units[0].identifier,
        opened_at=tx.now,
        active_at=tx.now,
    )


def _standing(connection: Connection, link: Link) -> tuple[Attempt, Epoch]:
    """Return an attempt that is owed and its newest window; raises `AttemptMissing`."""
    attempt = store.attempt(connection, link.trust, link.attempt)
    epoch = store.epoch(connection, link.trust, link.attempt, attempt.epoch) if attempt else None
    if attempt is None or epoch is None:
        raise AttemptMissing
    return attempt, epoch


def _registration(asked: Asked, student: str) -> str:
    """Name one learner's runs through one package for one remote system."""
    whole = f"{urlsplit(asked.system).netloc}\n{student}\n{asked.package}"
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
