"""What the driver alone does with W1: the same rows in tables without anything else, and no engine above them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeAlias

from engine.storage import database
from workflows.bench.bookings import Booking
from workflows.bench.crew import Figures, timed

_TABLES: Final = {
    "bench_raw_bookings": "state text NOT NULL",
    "bench_raw_moves": "booking integer, source text, target text, actor text, at text, detail text",
    "bench_raw_letters": "recipient text, payload text, state text",
}
_MOVE: Final = "UPDATE bench_raw_bookings SET state = ? WHERE id = ? AND state = ?"
_AUDIT: Final = "INSERT INTO bench_raw_moves (booking, source, target, actor, at, detail) VALUES (?, ?, ?, ?, ?, ?)"
_QUEUE: Final = "INSERT INTO bench_raw_letters (recipient, payload, state) VALUES (?, ?, ?)"
_ROUND_TRIP: Final = (
    "WITH moved AS (UPDATE bench_raw_bookings SET state = ? WHERE id = ? AND state = ? RETURNING id), "
    "audited AS (INSERT INTO bench_raw_moves (booking, source, target, actor, at, detail) "
    "SELECT id, ?, ?, ?, ?, ? FROM moved) "
    "INSERT INTO bench_raw_letters (recipient, payload, state) SELECT ?, ?, ? FROM moved"
)
_SAID: Final = ("system", "2026-11-22T09:00:00Z", "d" * 100)
_LETTER: Final = ("learner@example.nhs.uk", "p" * 400, "QUEUED")
_Way: TypeAlias = "Callable[[_Driver, int, str, str], None]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Driver:
    """The driver's own connection and cursor, set up as ours; its words for a parameter and for a beginning."""

    connection: Any
    cursor: Any
    mark: str
    begin: str

    def run(self, statement: str, values: Sequence[object] = ()) -> None:
        self.cursor.execute(statement.replace("?", self.mark), values)

    def in_three(self, booking: int, source: str, target: str) -> None:
        if self.begin:
            self.run(self.begin)
        self.run(_MOVE, (target, booking, source))
        self.run(_AUDIT, (booking, source, target, *_SAID))
        self.run(_QUEUE, _LETTER)

    def in_one(self, booking: int, source: str, target: str) -> None:
        self.run(_ROUND_TRIP, (target, booking, source, source, target, *_SAID, *_LETTER))


def measured(url: str, synchronous: str, count: int, processes: int) -> dict[str, Figures]:
    """Return the driver's figures: three statements a commit, and on PostgreSQL also all in one round trip."""
    ways = {"three statements": _Driver.in_three}
    if not database.file_of(url):
        ways["one round trip"] = _Driver.in_one
    return {name: _walked(partial(_opened, url, synchronous), way, count, processes) for name, way in ways.items()}


def _walked(opened: Callable[[], _Driver], way: _Way, count: int, processes: int) -> Figures:
    driver = opened()
    _fill(driver, count)
    figures = timed(partial(_share, opened, way, range(1, count + 1), processes), processes, 3 * count)
    driver.run("SELECT count(*) FROM bench_raw_letters")
    proved = driver.cursor.fetchone()[0] == 3 * count
    driver.connection.close()
    return {**figures, "ok": proved}


def _fill(driver: _Driver, count: int) -> None:
    serial = "integer" if driver.begin else "serial"
    for name, columns in _TABLES.items():
        driver.run(f"DROP TABLE IF EXISTS {name}")
        driver.run(f"CREATE TABLE {name} (id {serial} PRIMARY KEY, {columns})")
    for number in range(1, count + 1):
        driver.run("INSERT INTO bench_raw_bookings VALUES (?, ?)", (number, str(Booking.REQUESTED)))
    driver.connection.commit()


def _share(
    opened: Callable[[], _Driver], way: _Way, ids: Sequence[int], processes: int, number: int
) -> Callable[[], None]:
    """Connect, and return the walk of the bookings that fall to this process."""
    return partial(_walk, opened(), way, ids[number::processes])


def _walk(driver: _Driver, way: _Way, mine: Sequence[int]) -> None:
    for source, target in pairwise(map(str, Booking)):
        for booking in mine:
            way(driver, booking, source, target)
            driver.connection.commit()
    driver.connection.close()


def _opened(url: str, synchronous: str) -> _Driver:
    taken = database.connect(url, synchronous=synchronous).raw_connection()
    connection: Any = taken.driver_connection
    taken.detach()
    lite = database.file_of(url) is not None
    return _Driver(
        connection=connection,
        cursor=connection.cursor(),
        mark="?" if lite else "%s",
        begin="BEGIN IMMEDIATE" if lite else "",
    )
