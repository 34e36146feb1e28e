"""What the content-server adapter does when a remote system sends a learner: it opens an attempt, or goes on with one.

What a course said is durable here before anybody is told that it is saved; the remote system is told afterwards, as
often as it takes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from engine import outside
from engine.identifiers import new_id
from engine.transaction import Engine, Transaction
from scorm import courses, library, playing, store, tokens
from scorm.errors import PackageMissing, SystemUnheard
from scorm.hacp.aicc import Command
from scorm.packaging.manifest import AU
from scorm.playing import News
from scorm.relays import relay, relay_courses, relay_reports, relay_store
from scorm.relays.relay_reports import Remote
from scorm.relays.relay_store import Link
from scorm.runtime.session import Session
from scorm.store import Attempt, Epoch

TRUST: Final = "relay"
"""The trust under which the adapter keeps its packages and attempts."""

SETTING: Final = "PRECEPTOR_RELAY_HOSTS"
_LONGEST_SESSION: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who opens what: the package, and the remote system's address and id of the session."""

    package: str
    system: str
    session: str


def open_attempt(engine: Engine, remote: Remote, asked: Asked) -> Attempt:
    """Return the attempt of a remote session: the one that is known, else a new one from where the learner was.

    Raises `Invalid` for a system that is not allowed, `SystemUnheard` for one that does not answer, `PackageMissing`.
    """
    outside.checked(asked.system, remote.hosts, SETTING)
    if not 0 < len(asked.session) <= _LONGEST_SESSION:
        raise SystemUnheard("No session was named")
    with engine.reading() as connection:
        link = relay_store.known(connection, asked.system, asked.session)
        found = store.attempt(connection, link.trust, link.attempt) if link else None
    if found is not None and found.package == asked.package:
        return found
    told = relay.told(relay_reports.said(remote.ask, asked.system, asked.session, Command.GET_PARAM))
    registration = _registration(asked, told.student_id)
    if _settled(engine, remote, registration):  # what was owed has arrived just now: the answer is an older one
        told = relay.told(relay_reports.said(remote.ask, asked.system, asked.session, Command.GET_PARAM))
    with engine.transaction() as tx:
        return _begin(tx, remote, asked, told, registration)


def follow(tx: Transaction, news: News) -> None:
    """Note that there is news, in the commit of the batch that brought it (`playing.OnOutcome`)."""
    relay_store.again(tx.connection, news.attempt.trust, news.attempt.id, tx.now)


def _settled(engine: Engine, remote: Remote, registration: str) -> bool:
    """Try to report what is owed of a learner's earlier attempts, and say whether any of it got through."""
    with engine.reading() as connection:
        links = relay_store.owed_of(connection, TRUST, registration, engine.clock())
    return sum(relay_reports.report(engine, remote, link) for link in links) > 0


def _begin(tx: Transaction, remote: Remote, asked: Asked, told: relay.Told, registration: str) -> Attempt:
    attempt = _attempt(tx, asked, told, registration)
    owed = relay_store.owed_of(tx.connection, TRUST, registration, tx.now)
    link = Link(
        trust=TRUST,
        attempt=attempt.id,
        system=asked.system,
        session=asked.session,
        before=int(told.total_seconds),
        due_at=tx.now,
        sent_seq=-1 if owed else 0,
        left=True,  # until something is played in it a session has no end that could be told
    )
    if courses.tree(tx.connection, attempt) is None:
        begun = _in_one_part(tx, attempt, link, told, owed)
    else:
        begun = relay_courses.begin(tx, attempt, link, told, remote.secret)
    for one in owed:
        if one.attempt != begun.id:
            _, last = relay_reports.standing(tx.connection, one)
            relay_store.sent(tx.connection, one, (last.epoch, last.seq), left=True, now=tx.now)
    return begun


def _in_one_part(tx: Transaction, attempt: Attempt, link: Link, told: relay.Told, owed: list[Link]) -> Attempt:
    session = relay.earlier(playing.MODEL, told)
    if owed:
        # The remote system takes nothing for the session in which the learner was, so that this one goes on from it.
        former, epoch = relay_reports.standing(tx.connection, owed[0])
        attempt, session = replace(attempt, outcome=former.outcome), epoch.session
    store.add_attempt(tx.connection, attempt)
    store.keep_attempt(tx.connection, attempt)
    if owed or told.data:
        _seed(tx, attempt, session)
    relay_store.add(tx.connection, link)
    return attempt


def _seed(tx: Transaction, attempt: Attempt, session: Session) -> None:
    """Keep what came before as the window that the first one resumes from."""
    before = Epoch(trust=TRUST, attempt=attempt.id, epoch=0, launch=session.launch, opening={}, session=session, seq=0)
    store.add_epoch(tx.connection, before, tokens.new_late_key(), tx.now)


def _attempt(tx: Transaction, asked: Asked, told: relay.Told, registration: str) -> Attempt:
    found = library.package_of(tx.connection, TRUST, asked.package)
    units = [item for item in found.manifest.scos if item.kind != AU] if found else []
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


def _registration(asked: Asked, student: str) -> str:
    """Name one learner's runs through one package for one remote system."""
    whole = f"{urlsplit(asked.system).netloc}\n{student}\n{asked.package}"
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
