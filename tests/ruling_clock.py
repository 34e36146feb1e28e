"""A clock that a PostgreSQL database can be put under, for engines whose time is the database's."""

from datetime import datetime
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool

from engine.storage import database
from tests.clock import FrozenClock

_RULE = """
CREATE SCHEMA ruled;
CREATE TABLE ruled.moment AS SELECT '{now}'::timestamptz AS now;
CREATE FUNCTION ruled.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now FROM ruled.moment';
"""


class RulingClock(FrozenClock):
    """Stands still like the other, and so does `now()` in the database that it rules."""

    _connection: Connection | None = None

    def rule(self, url: str) -> None:
        """Answer `now()` there from now on, in every connection that is opened after this."""
        base = sqlalchemy.create_engine(database.connect(url).url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._connection = base.connect()
        self._connection.exec_driver_sql(_RULE.format(now=self().isoformat()))
        name = Path(str(base.url.database)).name
        self._connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET search_path = ruled, public, pg_catalog')

    def set(self, moment: datetime) -> datetime:
        """Move to an aware datetime, and the database with it."""
        now = super().set(moment)
        if self._connection is not None:
            self._connection.execute(text("UPDATE ruled.moment SET now = :now"), {"now": now})
        return now

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
