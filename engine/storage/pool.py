"""A pool whose connections rest as they are used, with what SQLAlchemy puts around them.

Making that anew with every transaction costs more than what a short transaction says.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, QueuePool
from sqlalchemy.exc import DBAPIError

RESTED_SECONDS = 1.0
WRITING: Final = "BEGIN IMMEDIATE"
"""SQLite's words for a transaction that writes, of which there is one at a time."""

WAIT_SECONDS: Final = 10.0
_CURSOR: Final = "cursor of moves"


class Line:
    """An open connection: SQLAlchemy's, the driver's beneath it, and since when it rests."""

    __slots__ = ("connection", "driver", "since")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver: Any = connection.connection.dbapi_connection
        self.since = 0.0


class Pool(QueuePool):
    """A queue of connections, and before it those that rest between two transactions; these are not checked out."""

    _sqla_logger_namespace = "sqlalchemy.pool.Pool"  # else what the library notes for itself would be in our log

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.resting: list[Line] = []
        self.writer = Lock()
        self.most = self.size()

    def checkedout(self) -> int:
        """Return how many connections are in use."""
        return super().checkedout() - len(self.resting)

    def dispose(self) -> None:
        """Close the connections that nobody uses."""
        while self.resting:
            self.resting.pop().connection.close()
        super().dispose()

    def rest(self, line: Line) -> None:
        """Keep a connection for whoever is next, or close it where enough rest."""
        if len(self.resting) < self.most:
            line.since = time.monotonic()
            self.resting.append(line)
        else:
            _close(line.connection)


class Turn:
    """One transaction: begun in `words`, where there are any, committed at the end, rolled back on an error.

    What SQLAlchemy is asked to run within it makes a transaction of SQLAlchemy's; what `run` does needs none.
    The threads of a process write to SQLite one after another, for whoever waits there sleeps and tries again; who
    waits here in vain goes on, and hears from SQLite that it is busy. A connection is taken after the wait: the one
    that wrote last, which still knows the pages that it read.
    """

    __slots__ = ("_alone", "_database", "_line", "_pool", "_words")

    def __init__(self, database: Engine, words: str = "") -> None:
        self._database = database
        self._words = words
        self._alone: Lock | None = None

    def __enter__(self) -> Connection:
        """Take a connection and begin."""
        self._pool = self._database.pool
        if self._words == WRITING:
            self._queue()
        try:
            self._line = line = _awake(self._database) or Line(self._database.connect())
            if self._words:
                self._begin(line.connection)
        except BaseException:
            self._step_aside()
            raise
        return line.connection

    def __exit__(self, kind: type[BaseException] | None, _error: object, _at: object) -> None:
        """Commit or roll back, and let the connection rest."""
        try:
            if kind is None:
                self._commit()
            else:
                self._undo()
        finally:
            self._step_aside()

    def _begin(self, connection: Connection) -> None:
        try:
            run(connection, self._words)
        except BaseException:
            self._undo()
            raise

    def _queue(self) -> None:
        if isinstance(self._pool, Pool) and self._pool.writer.acquire(timeout=WAIT_SECONDS):
            self._alone = self._pool.writer

    def _commit(self) -> None:
        connection = self._line.connection
        try:
            if connection.get_transaction() is not None:
                connection.commit()
            else:
                self._line.driver.commit()
        except connection.dialect.loaded_dbapi.Error as error:
            said = _said(connection, "COMMIT", error)
            self._undo()
            raise said from error
        except BaseException:
            self._undo()
            raise
        self._rest()

    def _undo(self) -> None:
        connection = self._line.connection
        try:
            connection.rollback()
            self._line.driver.rollback()
        except (DBAPIError, connection.dialect.loaded_dbapi.Error):
            connection.invalidate()
        self._rest()

    def _rest(self) -> None:
        """Let the connection rest where it is sound and its pool still the database's."""
        connection = self._line.connection
        if self._pool is self._database.pool and isinstance(self._pool, Pool) and not connection.invalidated:
            self._pool.rest(self._line)
        else:
            _close(connection)

    def _step_aside(self) -> None:
        if self._alone is not None:
            self._alone.release()
            self._alone = None


def run(connection: Connection, text: str, parameters: Any = ()) -> Any:
    """Run one statement in the driver's words and return its cursor; errors are those of `Connection.execute`.

    For what runs with every move: SQLAlchemy's own way there costs several times what the driver needs. A connection
    has one cursor for all of it, so that what was found must be read before the next statement.
    """
    kept = connection.__dict__  # what SQLAlchemy offers for it, its `info`, costs more than a short statement's part
    try:
        cursor = kept[_CURSOR]
    except KeyError:
        cursor = kept[_CURSOR] = connection.connection.cursor()
    try:
        cursor.execute(text, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _said(connection, text, error) from error
    return cursor


def _awake(database: Engine) -> Line | None:
    """Return a connection that rested, if any.

    The server is asked whether it is still there only after a longer rest: the question costs a round trip.
    """
    try:
        line: Line = database.pool.resting.pop()  # type: ignore[attr-defined]
    except (AttributeError, IndexError):
        return None
    if time.monotonic() - line.since > RESTED_SECONDS:
        try:
            database.dialect.do_ping(line.driver)
        except database.dialect.loaded_dbapi.Error:
            _lose(line.connection)
            line.connection.close()
            return None
    return line


def _close(connection: Connection) -> None:
    """Close the driver's connection too, which would only be put back otherwise."""
    connection.invalidate()
    connection.close()


def _lose(connection: Connection) -> None:
    """Give up a connection, and with it all that rest; what is under way on it can only be rolled back."""
    if connection.get_transaction() is None:
        connection.begin()  # or SQLAlchemy would connect anew and go on with the second half
    connection.invalidate()
    connection.__dict__.pop(_CURSOR, None)
    connection.engine.dispose()


def _said(connection: Connection, text: str, error: Exception) -> Any:
    """Return SQLAlchemy's error for the driver's; with a lost connection go all that were opened beside it."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    if lost:
        _lose(connection)
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(
        text, None, error, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect
    )
