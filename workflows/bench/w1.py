"""W1, durable transitions: N bookings walk three steps, each its own commit of state, journal and letter.

In the same run the bare driver walks as many: its figures are the limit.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import sqlalchemy
from sqlalchemy import func, insert, select

from engine.letters import Subject
from engine.storage import database
from engine.tables import journal, outbox
from engine.transaction import Engine
from workflows.bench.bookings import KIND, TRUST, WORKFLOW, Booking, Bookings, Turn, bookings
from workflows.bench.crew import timed
from workflows.bench.limits import measured

_START: Final = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
_DETAIL: Final = {
    "detail": "The class administrator moved the booking after a call with the ward about cover on that day. ".ljust(
        100
    )
}
_BATCH: Final = 10_000


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Fill, walk and count; see `--help`."""
    parser = argparse.ArgumentParser(prog="preceptor bench w1", description=__doc__)
    parser.add_argument("--db", required=True)
    parser.add_argument("--sync", choices=("NORMAL", "FULL"), default="FULL")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--procs", type=int, default=1)
    told = parser.parse_args(arguments)
    _fill(told.db, told.n)
    figures = timed(partial(_share, told.db, told.sync, told.n, told.procs), told.procs, 3 * told.n)
    proved = _proved(told.db, told.n)
    limits = measured(told.db, told.sync, told.n, told.procs)
    ok = proved and all(limit["ok"] for limit in limits.values())
    share = round(figures["rate"] / limits["three statements"]["rate"], 3)
    return {**figures, "limits": limits, "share_of_limit": share, "ok": ok}


def _fill(url: str, count: int) -> None:
    database.migrate(url)
    base = database.connect(url)
    bookings.metadata.drop_all(base)
    bookings.metadata.create_all(base)
    with database.writing(base) as connection:
        for table in (journal, outbox):
            connection.execute(table.delete())
        for rows in _batches(count):
            connection.execute(insert(bookings), rows)
    base.dispose()


def _batches(count: int) -> Iterator[list[dict[str, object]]]:
    for first in range(1, count + 1, _BATCH):
        yield [_row(number) for number in range(first, min(first + _BATCH, count + 1))]


def _row(number: int) -> dict[str, object]:
    return {
        "trust": TRUST,
        "id": str(number),
        "organisation": TRUST,
        "state": Booking.REQUESTED,
        "revision": 0,
        "head": "",
        "definition": WORKFLOW.version,
        "updated_at": _START,
    }


def _share(url: str, synchronous: str, count: int, processes: int, number: int) -> Callable[[], None]:
    """Connect, and return the walk of the bookings that fall to this process."""
    base = database.connect(url, synchronous=synchronous)
    engine = Engine(
        database=base,
        keeps={KIND: (WORKFLOW, Bookings())},
        handlers={},
        clock=partial(datetime.now, UTC),  # noqa: TID251 - a load is timed by the real clock
    )
    with engine.reading() as connection:
        connection.execute(select(func.count()).select_from(bookings)).scalar_one()
    mine = [str(booking) for booking in range(1, count + 1) if booking % processes == number]
    return partial(_walk, engine, mine)


def _walk(engine: Engine, mine: Sequence[str]) -> None:
    for trigger in Turn:
        for identifier in mine:
            with engine.transaction() as tx:
                tx.fire(Subject(kind=KIND, trust=TRUST, id=identifier), trigger, _DETAIL)


def _proved(url: str, count: int) -> bool:
    base = database.connect(url)
    with database.reading(base) as connection:
        attended = _count(connection, bookings, bookings.c.state == Booking.ATTENDED)
        moves = _count(connection, journal, journal.c.kind == KIND)
        letters = _count(connection, outbox, outbox.c.state == "QUEUED")
    base.dispose()
    return (attended, moves, letters) == (count, 3 * count, 3 * count)


def _count(connection: sqlalchemy.Connection, table: sqlalchemy.Table, where: sqlalchemy.ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(where)).scalar_one()
