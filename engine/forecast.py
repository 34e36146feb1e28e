"""What would be sent in the days to come: the real code, run with a later clock on a copy of one trust.

The clock goes from one moment at which something is due to the next; timers and jobs are fired by the engine's own
code, letters land in the outbox of the copy, and none of them leaves. The live database is only read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any, Final

from sqlalchemy import RowMapping, and_, func, select

from engine.jobs import Progress, Schedule, Work
from engine.outgoing.outbox import WAITING, WITH_A_LINK, Delivery
from engine.stepping import Clock, Stepper, Watch, unwatched
from engine.storage import database, snapshot
from engine.storage.snapshot import Extent
from engine.tables import jobs
from engine.tables import journal as journal_table
from engine.tables import outbox as outbox_table
from engine.transaction import Engine

LONGEST: Final = timedelta(days=366)
_LETTERS: Final = 500
_FOLDER: Final = "preceptor-forecast-"
_OURS_ALONE: Final = 0o600
Change = Callable[[Engine], None]

HISTORY: Final = frozenset({"journal", "seals"})
"""What is not copied because all that a copy says is new: then the journal of the copy is what moves."""
SECRETS: Final = frozenset({"account_links", "api_tokens", "idempotency", "identity", "rates", "action_link_uses"})


def unchanged(_engine: Engine) -> None:
    """Change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a forecast runs, and on what: `works` makes the work of the `schedules` for a copy.

    Only what is named here runs: a job that reaches out of the database must not be among it. `without` are tables
    that the code of the workflows does not need.
    """

    works: Callable[[Engine], Mapping[str, Work]]
    schedules: Sequence[Schedule]
    without: frozenset[str] = frozenset()

    @property
    def extent(self) -> Extent:
        """Return what is copied."""
        waiting = and_(outbox_table.c.state.in_(WAITING), outbox_table.c.kind != WITH_A_LINK)
        return Extent(
            without=HISTORY | SECRETS | self.without,
            only={"outbox": waiting, "jobs": jobs.c.state.in_((Progress.WAITING, Progress.RUNNING))},
            blank={"accounts": frozenset({"password", "oidc_subject"})},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A copy that has been run until a moment; `troubles` are the jobs that would fail, each with its error."""

    engine: Engine
    trust: str
    since: datetime
    until: datetime
    troubles: Sequence[str] = field(default_factory=list)

    def letters(self) -> Iterator[RowMapping]:
        """Yield what would be sent, in order: rows of the outbox, whose `sent_at` says when."""
        gone = outbox_table.c.state == Delivery.SENT
        yield from self._rows(select(outbox_table).where(gone).order_by(outbox_table.c.sent_at, outbox_table.c.id))

    def moves(self) -> Iterator[RowMapping]:
        """Yield what would move, in order: rows of the journal."""
        order = (journal_table.c.at, journal_table.c.kind, journal_table.c.subject, journal_table.c.revision)
        yield from self._rows(select(journal_table).order_by(*order))

    def counts(self) -> Mapping[str, int]:
        """Return how many letters, withdrawn letters and moves there would be."""
        of_state = select(outbox_table.c.state, func.count().label("letters")).group_by(outbox_table.c.state)
        with self.engine.reading() as connection:
            states = {row.state: row.letters for row in connection.execute(of_state)}
            moves = connection.execute(select(func.count()).select_from(journal_table)).scalar_one()
        return {
            "letters": states.get(Delivery.SENT, 0),
            "withdrawn": states.get(Delivery.SUPPRESSED, 0),
            "moves": moves,
        }

    def _rows(self, query: Any) -> Iterator[RowMapping]:
        with self.engine.reading() as connection:
            yield from connection.execute(query.execution_options(yield_per=_LETTERS)).mappings()


@contextmanager
def copied(engine: Engine, trust: str, outlook: Outlook) -> Iterator[Path]:
    """Copy a trust's rows to a file that only we can read, for as long as the block lasts."""
    sweep()
    with TemporaryDirectory(prefix=f"{_FOLDER}{os.getpid()}-") as folder:
        file = Path(folder) / "trust.db"
        file.touch(mode=_OURS_ALONE)
        made = snapshot.take(engine.database, trust, outlook.extent, file)
        with made.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.dispose()
        yield file


def sweep() -> None:
    """Remove what processes that were killed have left: folders of ours that name one which is not there any more."""
    for left in Path(gettempdir()).glob(f"{_FOLDER}*-*"):
        process = left.name.removeprefix(_FOLDER).partition("-")[0]
        if process.isdecimal() and left.stat().st_uid == os.getuid() and not _lives(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # It is somebody else's.
        return True
    return True


@contextmanager
def foresee(  # noqa: PLR0913 - what is run, on what, how long, and who is told
    engine: Engine,
    trust: str,
    outlook: Outlook,
    *,
    days: int,
    change: Change = unchanged,
    watch: Watch = unwatched,
    file: Path | None = None,
) -> Iterator[Foreseen]:
    """Run a trust for so many days on a copy (of `file`, where that is one already), changed at the start.

    The copy is gone when the block ends. `watch` is told the part that is done, and may raise to stop.
    """
    if file is None:
        with copied(engine, trust, outlook) as fresh:
            with foresee(engine, trust, outlook, days=days, change=change, watch=watch, file=fresh) as foreseen:
                yield foreseen
            return
    mine = file.with_name(f"{file.stem}-run.db")
    mine.touch(mode=_OURS_ALONE)
    shutil.copyfile(file, mine)
    made = database.connect(f"sqlite:///{mine}", synchronous="OFF")
    try:
        yield _run(engine, trust, outlook, timedelta(days=days), change, watch, made)
    finally:
        made.dispose()
        for left in mine.parent.glob(f"{mine.name}*"):
            left.unlink()


def _run(  # noqa: PLR0913, PLR0917 - as `foresee`
    engine: Engine, trust: str, outlook: Outlook, span: timedelta, change: Change, watch: Watch, made: Any
) -> Foreseen:
    clock = Clock(engine.clock())
    copy = replace(engine, database=made, clock=clock)
    since = clock.now
    change(copy)
    stepper = Stepper(copy, clock, outlook.works(copy), outlook.schedules)
    stepper.run(since + span, watch)
    return Foreseen(engine=copy, trust=trust, since=since, until=since + span, troubles=stepper.troubles)
