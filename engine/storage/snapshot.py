"""One trust's rows as of one moment, in an SQLite file of its own, so that code can be tried on them.

Read in one transaction that writes nothing and that nobody waits for, chunk by chunk. What is secret, and what is only
bulk, stays behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, LargeBinary, Select, Table, insert, null, select

from engine.storage import database
from engine.tables import metadata

_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What is copied: not the tables of `without`, of some tables `only` the rows for which a condition holds.

    Columns in `blank` (by table) are left empty. Tables with bytes in them, and those that belong to no trust, never
    are copied.
    """

    without: frozenset[str] = frozenset()
    only: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)
    blank: Mapping[str, frozenset[str]] = field(default_factory=dict)
    everywhere: str = "*"

    def tables(self) -> Iterator[Table]:
        """Yield the tables that are copied, those first which others refer to."""
        for table in metadata.sorted_tables:
            held = any(isinstance(column.type, LargeBinary) for column in table.c)
            if "trust" in table.c and table.name not in self.without and not held:
                yield table

    def rows(self, table: Table, trust: str) -> Select[Any]:
        """Select what is copied of a table."""
        blank = self.blank.get(table.name, frozenset())
        columns = [null().label(one.name) if one.name in blank else one for one in table.c]
        chosen = select(*columns).where(table.c.trust.in_([trust, self.everywhere]))
        return chosen.where(self.only[table.name]) if table.name in self.only else chosen


def take(source: Engine, trust: str, extent: Extent, target: Path) -> Engine:
    """Copy a trust into a new file, and return the database in it; it is not safe against a loss of power."""
    made = database.connect(f"sqlite:///{target}", synchronous="OFF")
    metadata.create_all(made)
    reading = source.execution_options(**_options(source))
    with reading.connect() as live, made.connect() as copy:
        copy.exec_driver_sql("PRAGMA foreign_keys=OFF")
        copy.exec_driver_sql("BEGIN")
        copied = _raw if live.dialect.name == "sqlite" else _typed
        if live.dialect.name == "sqlite":
            live.exec_driver_sql("BEGIN")
        for table in extent.tables():
            copied(live, copy, table, extent.rows(table, trust))
        copy.commit()
        copy.exec_driver_sql("PRAGMA foreign_keys=ON")
    return made


def _options(source: Engine) -> dict[str, Any]:
    if source.dialect.name == "sqlite":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, "stream_results": True}


def _raw(live: Connection, copy: Connection, table: Table, rows: Select[Any]) -> None:
    """Copy between two SQLite files: the values are stored in the same way, so nothing is made of them between."""
    words = str(rows.compile(live.engine, compile_kwargs={"literal_binds": True}))
    marks = ", ".join("?" * len(table.c))
    names = ", ".join(f'"{column.name}"' for column in table.c)
    found = live.exec_driver_sql(words)
    while chunk := found.fetchmany(_CHUNK):
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own tables
        copy.exec_driver_sql(statement, [tuple(row) for row in chunk])


def _typed(live: Connection, copy: Connection, table: Table, rows: Select[Any]) -> None:
    adding = insert(table)
    for chunk in live.execute(rows).mappings().partitions(_CHUNK):
        copy.execute(adding, [dict(row) for row in chunk])
