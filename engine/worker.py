"""The embedded worker: delivers letters, fires timers and does the jobs that are due, until it is told to stop.

Starting is recovering: whatever an earlier worker left behind falls due by itself (SECURITY 25).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import InterfaceError, OperationalError

from engine import delivery, failures, journal
from engine.approvals import stranded
from engine.heartbeats import Pulse
from engine.jobs import EmbeddedJobs, Every, Job, Jobs, Schedule, Work
from engine.mail import Composer
from engine.outgoing import outbox
from engine.smtp import Transport
from engine.stopping import Stop
from engine.tables import outbox as letters
from engine.timing import timers
from engine.transaction import Engine

REST: Final = 0.5
STOP_SECONDS: Final = 9.0
_AFTER_TROUBLE: Final = 1.0
CHUNK: Final = 200
MOST_SHARES: Final = 8
DELIVER: Final = "deliver-letters"
SHARE_OUT: Final = "share-out-letters"
SEAL: Final = "seal-the-journal"
ASK_AGAIN: Final = "ask-what-nobody-could-be-asked"
GIVE_BACK: Final = "give-back-what-was-claimed"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """How letters leave: a transport and a composer for each thread that delivers."""

    transport: Callable[[], Transport]
    composer: Callable[[], Composer]
    threads: int = 1
    lease: timedelta = outbox.LEASE


def embedded_jobs(
    engine: Engine,
    works: Mapping[str, Work] | None = None,
    schedules: Sequence[Schedule] = (),
    make: type[EmbeddedJobs] = EmbeddedJobs,
    post: Post | None = None,
) -> EmbeddedJobs:
    """Return the job engine on our own database, or the one given, with the engine's own work beside what is given.

    With a post, a trust's backlog of letters is shared out among the workers in chunks.
    """
    own = {
        SEAL: Work(run=lambda _arguments: seal(engine)),
        ASK_AGAIN: Work(run=lambda _arguments: stranded.ask_waiting(engine)),
        GIVE_BACK: Work(run=lambda _arguments: stranded.give_back(engine) + stranded.route_again(engine)),
    }
    rhythms = [Schedule(name=name, rhythm=Every(timedelta(minutes=5))) for name in own]
    if post:
        rhythms.append(Schedule(name=SHARE_OUT, rhythm=Every(timedelta(minutes=1))))
        own[SHARE_OUT] = Work(run=lambda _arguments: share_out(engine, made))
        own[DELIVER] = Work(run=lambda arguments: _deliver_share(engine, post, arguments["trust"], made.stopping))
    made = make(engine.database, engine.clock, {**own, **(works or {})}, [*rhythms, *schedules])
    return made


def share_out(engine: Engine, jobs: Jobs) -> int:
    """Make a job of every chunk of the letters that wait in a trust, where they are many; return how many."""
    with engine.transaction() as tx:
        due = (outbox.standing(letters), letters.c.due_at <= tx.now)
        counted = select(letters.c.trust, func.count().label("due")).where(*due).group_by(letters.c.trust)
        shares = [
            Job(
                key=f"{DELIVER}@{tx.now:%Y-%m-%dT%H:%M}/{number}",
                name=DELIVER,
                trust=trust,
                due_at=tx.now,
                arguments={"trust": trust},
            )
            for trust, count in tx.connection.execute(counted)
            for number in range(min(count // CHUNK, MOST_SHARES))
        ]
        for share in shares:
            jobs.enqueue(tx.connection, share)
    return len(shares)


def _deliver_share(engine: Engine, post: Post, trust: str, stop: Callable[[], bool]) -> None:
    """Deliver one chunk of a trust's letters, lease by lease; the lease, not the job, is what keeps them apart."""
    composer, left = post.composer(), CHUNK
    with closing(post.transport()) as transport:
        while left > 0 and not stop():
            done = delivery.deliver_once(engine, transport, composer, length=post.lease, stop=stop, trust=trust)
            left = left - done.taken if done.taken and done.reachable else 0


def seal(engine: Engine) -> int:
    """Anchor what the journal has said since the last seal, trust by trust; return the number of rows."""
    with engine.reading() as connection:
        trusts = journal.unsealed(connection)
    return sum(_sealed(engine, trust) for trust in trusts)


def _sealed(engine: Engine, trust: str) -> int:
    with engine.transaction() as tx:
        return journal.seal(tx.connection, trust, tx.now)


class Worker:
    """Threads that deliver, and one for timers and jobs; `start` and `stop` it, or `run` it in the foreground."""

    def __init__(self, engine: Engine, post: Post, jobs: Jobs) -> None:
        self._engine = engine
        self._post = post
        self._jobs = jobs
        self._pulse = Pulse(engine)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin, and return at once."""
        loops = [self._chores, *[self._deliveries] * self._post.threads]
        self._threads = [threading.Thread(target=loop, name=loop.__name__, daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Finish what is being sent, begin nothing, and say whether all ended within so many seconds.

        What did not end loses nothing: its lease runs out.
        """
        self._stopping.set()
        share = seconds / max(1, len(self._threads))
        for thread in self._threads:
            thread.join(share)
        ended = not any(thread.is_alive() for thread in self._threads)
        if ended and self._threads:
            self._last_beat()
        return ended

    def run(self) -> bool:
        """Work in the foreground until SIGTERM or SIGINT; return what `stop` says."""
        self.start()
        Stop().wait()
        return self.stop()

    def once(self) -> int:
        """Do all that is due now, and return how many letters, timers and jobs that was."""
        taken = self._chore()
        composer = self._post.composer()
        with closing(self._post.transport()) as transport:
            while delivered := self._deliver(transport, composer).taken:
                taken += delivered
        return taken

    def _chores(self) -> None:
        self._repeat("chores", self._chore)

    def _deliveries(self) -> None:
        composer = self._post.composer()
        with closing(self._post.transport()) as transport:

            def deliver() -> int:
                delivered = self._deliver(transport, composer)
                return delivered.taken if delivered.reachable else 0

            self._repeat("deliveries", deliver)

    def _deliver(self, transport: Transport, composer: Composer) -> delivery.Delivered:
        return delivery.deliver_once(
            self._engine, transport, composer, length=self._post.lease, stop=self._stopping.is_set
        )

    def _chore(self) -> int:
        self._jobs.schedule()
        failures.revive(self._engine, self._jobs)
        done = self._jobs.run(self._stopping.is_set) + timers.fire_due(self._engine)
        failures.watch(self._engine)
        return done

    def _repeat(self, part: str, act: Callable[[], Any]) -> None:
        """Act again at once while there is something to do, after a rest while there is not."""
        while not self._stopping.is_set():
            pause = 0.0 if self._acted(part, act) else REST
            self._stopping.wait(pause)

    def _last_beat(self) -> None:
        try:
            self._pulse.end()
        except (OperationalError, InterfaceError):
            _log.warning("worker ended without database")  # it is seen to be silent instead

    def _acted(self, part: str, act: Callable[[], Any]) -> bool:
        try:
            self._pulse.beat(part)
            return bool(act())
        except (OperationalError, InterfaceError) as error:
            _log.warning("worker without database error=%s", type(error.orig).__name__)
        except Exception:  # noqa: BLE001 - a worker goes on; the log has the whole of it
            _log.exception("worker stumbled")
        self._stopping.wait(_AFTER_TROUBLE)
        return False
