"""Delivers a lease of letters: asks whether each is still true, composes, sends, and marks what became of it."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import InterfaceError, OperationalError

from engine import relevance
from engine.errors import EngineError, Passing, Permanent, Uncertain, Undelivered, Unreachable
from engine.letters import Method
from engine.mail import Built, Composer
from engine.outgoing import arrivals, digests, outbox, pacing, suppressions, throttling, trail
from engine.outgoing.digests import Contents, Day
from engine.outgoing.outbox import Delivery, Outcome
from engine.outgoing.pacing import Paced
from engine.smtp import Envelope, Transport
from engine.storage import database
from engine.transaction import Engine

UNREACHABLE: Final = "The mail server cannot be reached, so the message waits."
LOST: Final = "The connection to the mail server was lost before it was sent."
STOPPED: Final = "The worker stopped before it was sent."
AWAY: Final = (OperationalError, InterfaceError)
_PATIENCE: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What became of one lease of letters, counted; `reachable` is False where there was no mail server."""

    sent: int = 0
    again: int = 0
    withdrawn: int = 0
    dead: int = 0
    parked: int = 0
    returned: int = 0
    reachable: bool = True

    @property
    def taken(self) -> int:
        """Return how many letters were leased."""
        return self.sent + self.again + self.withdrawn + self.dead + self.parked + self.returned


def deliver_once(  # noqa: PLR0913 - what is told apart by name
    engine: Engine,
    transport: Transport,
    composer: Composer,
    *,
    length: timedelta = outbox.LEASE,
    stop: Callable[[], bool] = lambda: False,
    trust: str = "",
) -> Delivered:
    """Lease some due letters (of a trust), deliver them, and mark each with its answer; any number may do so at once.

    One bad letter holds up nobody. Where the mail server cannot be reached, or `stop` says so, what was not tried is
    given back as if it had not been leased.
    """
    with database.writing(engine.database) as connection:
        letters = outbox.lease(connection, engine.clock(), length=length, trust=trust)
    if not letters:
        return Delivered()
    lease = _Round(engine, transport, composer, length, stop)
    outcomes = list(lease.outcomes(letters))
    _mark(engine, outcomes, lease)
    return _counted(outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """A letter that is ready to go."""

    letter: RowMapping
    built: Built

    @property
    def envelope(self) -> Envelope:
        return Envelope(sender=self.built.sender, recipient=self.letter["email"])


class _Round:
    """One lease on its way."""

    def __init__(
        self, engine: Engine, transport: Transport, composer: Composer, length: timedelta, stop: Callable[[], bool]
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._composer = composer
        self._enough = engine.clock() + length / 2
        self._stop = stop
        self._over = ""
        self._untrue: dict[str, str] = {}
        self._plain: set[str] = set()
        self._held: Mapping[str, datetime] = {}
        self._paced = Paced()
        self._late: Mapping[str, datetime] = {}
        self._items: Sequence[RowMapping] = ()
        self._contents = Contents(items={}, untrue={})

    @property
    def days(self) -> Sequence[Day]:
        """Return the digests for which letters of this lease wait from now on."""
        gone = self._untrue.keys() | self._held.keys()
        return [wait.digest for name, wait in self._paced.waits.items() if wait.digest and name not in gone]

    def close(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        """Write what follows from the outcomes beside the letters' own marks."""
        arrivals.note(connection, outcomes)
        digests.hold(connection, self.days)
        digests.close(connection, outcomes, self._contents, self._items)
        trail.note(connection, outcomes, self._engine.clock())

    def outcomes(self, letters: Sequence[RowMapping]) -> Iterator[Outcome]:
        """Yield what becomes of each letter; once something ends the round, the rest is given back.

        Each is composed before the one in front of it goes, so that both are said to the server in one turn.
        """
        self._prepare(letters)
        ready: _Parcel | None = None
        for letter in letters:
            step = self._step(letter)
            if isinstance(step, Outcome):
                yield step
                continue
            if ready:
                yield self._sent(ready, step.envelope)
            ready = step
        if ready:
            yield self._sent(ready, None)

    def _prepare(self, letters: Sequence[RowMapping]) -> None:
        """Look up for all letters at once what is to be known of each."""
        cancelled = [row for row in letters if row["invitation"] and row["invitation"]["method"] == Method.CANCEL]
        now, outgoing = self._engine.clock(), self._engine.outgoing
        with self._engine.reading() as connection:
            self._items = digests.waiting(connection, [row for row in letters if row["notice"] == digests.NOTICE])
            self._untrue = relevance.untrue(self._engine, connection, [*letters, *self._items])
            self._held = suppressions.held(connection, letters, now)
            never = arrivals.undelivered(connection, cancelled)
            self._composer.prepare(connection, [dict(letter) for letter in (*letters, *self._items)])
            self._paced = pacing.pace(connection, letters, now, outgoing, self._composer.looks)
        self._contents = digests.contents(self._items, self._untrue)
        self._plain = {row["id"] for row in cancelled if (row["trust"], row["uid"]) in never}
        self._slow_down([letter for letter in letters if self._set_aside(letter, now) is None], now)

    def _slow_down(self, letters: Sequence[RowMapping], now: datetime) -> None:
        """Count what is about to go to domains that take only so many a minute."""
        wanted = throttling.limited(letters, self._engine.outgoing)
        if wanted:
            with database.writing(self._engine.database) as connection:
                self._late = throttling.late(connection, wanted, now, self._engine.outgoing)

    def _set_aside(self, letter: RowMapping, now: datetime) -> Outcome | None:
        """Return what becomes of a letter that is not to go, or not now."""
        name = letter["id"]
        if name in self._untrue:
            return outbox.ended(letter, now, Delivery.SUPPRESSED, self._untrue[name])
        if name in self._paced.unwanted:
            return outbox.ended(letter, now, Delivery.SUPPRESSED, self._paced.unwanted[name])
        if letter["notice"] == digests.NOTICE and name not in self._contents.items:
            return outbox.ended(letter, now, Delivery.SUPPRESSED, digests.EMPTY)
        waits = self._waiting(letter)
        return outbox.released(letter, now, waits[1], pause=waits[0] - now) if waits else None

    def _waiting(self, letter: RowMapping) -> tuple[datetime, str] | None:
        """Return until when a letter waits, and why."""
        name = letter["id"]
        if name in self._held:
            return self._held[name], suppressions.sentence(self._held[name])
        if wait := self._paced.waits.get(name):
            return wait.until, wait.sentence
        if name in self._late:
            return self._late[name], throttling.sentence(letter, self._engine.outgoing)
        return None

    def _step(self, letter: RowMapping) -> Outcome | _Parcel:
        """Return a letter as it is handed over, or what becomes of one that is not."""
        now = self._engine.clock()
        if self._ends(now):
            return self._given_back(letter, now)
        aside = self._set_aside(letter, now)
        if aside is not None:
            return aside
        try:
            built = self._composed(letter, now)
        except EngineError as error:
            return outbox.ended(letter, now, Delivery.PARKED, error.sentence)
        except Exception as error:  # noqa: BLE001 - one letter's fault, whatever it is, must not stop the others
            _log.exception("letter not composed id=%s", letter["id"])
            return outbox.ended(letter, now, Delivery.PARKED, f"It cannot be composed: {type(error).__name__}.")
        return _Parcel(letter=letter, built=built)

    def _ends(self, now: datetime) -> bool:
        if self._stop() or now > self._enough:
            self._over = self._over or STOPPED
        return bool(self._over)

    def _composed(self, letter: RowMapping, now: datetime) -> Built:
        row = self._composer.filled(dict(letter), [dict(one) for one in self._contents.items.get(letter["id"], ())])
        return self._composer.compose(row, now, with_invitation=letter["id"] not in self._plain)

    def _sent(self, parcel: _Parcel, following: Envelope | None) -> Outcome:
        letter, template, now = parcel.letter, parcel.built.template, self._engine.clock
        if self._ends(now()):
            self._transport.close()  # the server may wait for this message
            return self._given_back(letter, now())
        try:
            answer = self._transport.send(parcel.envelope, parcel.built.message, following)
        except Unreachable:
            self._over = UNREACHABLE
            return self._given_back(letter, now())
        except Permanent as refusal:
            return outbox.ended(letter, now(), Delivery.DEAD, _said(refusal), template=template)
        except Uncertain as trouble:
            self._over = LOST
            return outbox.failed(letter, now(), _said(trouble), template=template, answered=False)
        except Passing as trouble:
            self._over = "" if trouble.code else LOST
            return outbox.failed(letter, now(), _said(trouble), template=template)
        return outbox.sent(letter, now(), answer, template=template, calendar=parcel.built.ics)

    def _given_back(self, letter: RowMapping, now: datetime) -> Outcome:
        pause = outbox.PAUSE if self._over == UNREACHABLE else timedelta()
        return outbox.released(letter, now, self._over, pause=pause)


def _mark(engine: Engine, outcomes: Sequence[Outcome], lease: _Round) -> None:
    """Write the answers down, waiting out a database that is being restarted: without them all would go again."""
    for pause in _PATIENCE:
        try:
            _write(engine, outcomes, lease)
        except AWAY:
            _log.warning("answers not written yet letters=%d", len(outcomes))
            time.sleep(pause)
        else:
            return
    _write(engine, outcomes, lease)


def _write(engine: Engine, outcomes: Sequence[Outcome], lease: _Round) -> None:
    with database.writing(engine.database) as connection:
        outbox.mark(connection, outcomes)
        lease.close(connection, outcomes)


def _counted(outcomes: Sequence[Outcome]) -> Delivered:
    tried = Counter(outcome.state for outcome in outcomes if outcome.tried)
    returned = sum(not outcome.tried for outcome in outcomes)
    delivered = Delivered(
        sent=tried[Delivery.SENT],
        again=tried[Delivery.RETRY],
        withdrawn=tried[Delivery.SUPPRESSED],
        dead=tried[Delivery.DEAD],
        parked=tried[Delivery.PARKED],
        returned=returned,
        reachable=not any(outcome.answer == UNREACHABLE for outcome in outcomes),
    )
    _log.info("letters delivered sent=%d of=%d", delivered.sent, delivered.taken)
    return delivered


def _said(trouble: Undelivered) -> str:
    return f"{trouble.code} {trouble.answer}" if trouble.code else trouble.answer
