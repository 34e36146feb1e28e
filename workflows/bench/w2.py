"""W2, templated mail: N queued letters are rendered, handed to an SMTP server and marked as sent."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from sqlalchemy import func, insert, select

from engine import delivery
from engine.mail import Composer
from engine.outgoing.outbox import Delivery
from engine.smtp import SmtpTransport, Transport
from engine.storage import database
from engine.tables import invitations, outbox
from engine.transaction import Engine
from workflows.bench import mailing
from workflows.bench.bookings import KIND, WORKFLOW, Bookings, bookings
from workflows.bench.crew import Figures, timed

_FROM: Final = "Learning <training@example.nhs.uk>"
_BATCH: Final = 5_000
_THREADS: Final = 2


def run(arguments: Sequence[str]) -> Figures:
    """Fill the queue, deliver it and count; see `--help`."""
    parser = argparse.ArgumentParser(prog="preceptor bench w2", description=__doc__)
    parser.add_argument("--db", required=True)
    parser.add_argument("--smtp", required=True, metavar="HOST:PORT")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--procs", type=int, default=1)
    told = parser.parse_args(arguments)
    _fill(told.db, told.n)
    figures = timed(partial(_share, told.db, told.smtp), told.procs, told.n)
    return {**figures, "ok": _proved(told.db, told.n)}


def _fill(url: str, count: int) -> None:
    database.migrate(url)
    base = database.connect(url)
    bookings.metadata.drop_all(base)
    bookings.metadata.create_all(base)
    with database.writing(base) as connection:
        for table in (outbox, invitations):
            connection.execute(table.delete())
        for first in range(1, count + 1, _BATCH):
            numbers = range(first, min(first + _BATCH, count + 1))
            connection.execute(insert(bookings), [mailing.booking(number) for number in numbers])
            connection.execute(insert(outbox), [mailing.letter(number) for number in numbers])
            if twins := [mailing.twin(number) for number in numbers if number % 2 == 0]:
                connection.execute(insert(invitations), twins)
    base.dispose()


def _share(url: str, smtp: str, _number: int) -> Callable[[], None]:
    """Connect and compile, and return the delivery of whatever is leased."""
    clock = partial(datetime.now, UTC)  # noqa: TID251 - a load is timed by the real clock
    engine = Engine(database=database.connect(url), keeps={KIND: (WORKFLOW, Bookings())}, handlers={}, clock=clock)
    with engine.reading() as connection:
        connection.execute(select(func.count()).select_from(invitations)).scalar_one()
    posts = [
        (SmtpTransport(f"smtp://{smtp}"), Composer(mailing.BenchShelf(), _FROM, mailing.headers))
        for _ in range(_THREADS)
    ]
    return partial(_together, engine, posts)


def _together(engine: Engine, posts: Sequence[tuple[Transport, Composer]]) -> None:
    threads = [threading.Thread(target=_deliver, args=(engine, *post)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _deliver(engine: Engine, transport: Transport, composer: Composer) -> None:
    while delivery.deliver_once(engine, transport, composer).sent:
        pass
    transport.close()


def _proved(url: str, count: int) -> bool:
    base = database.connect(url)
    with database.reading(base) as connection:
        sent = select(func.count()).select_from(outbox).where(outbox.c.state == Delivery.SENT)
        found = connection.execute(sent).scalar_one()
    base.dispose()
    return found == count
