"""Divides large tables by trust into hash partitions of PostgreSQL, each table in one commit; begun again, it goes on.

The new table takes over columns, rows, keys, indexes and foreign keys under their old names, so that no code knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy
from sqlalchemy import Connection, RowMapping, text

from engine.errors import Invalid
from engine.storage import database

MOST: Final = 1024
_KEY: Final = "trust"
_CONSTRAINTS: Final = text("""
    SELECT conname AS name, contype AS kind, pg_get_constraintdef(oid) AS said, conrelid::regclass::text AS here,
        conrelid = CAST(:name AS regclass) AS mine
    FROM pg_constraint
    WHERE contype IN ('p', 'u', 'f') AND conparentid = 0
        AND CAST(:name AS regclass) IN (conrelid, CASE contype WHEN 'f' THEN confrelid ELSE conrelid END)
    ORDER BY contype DESC, conname
""")
_INDEXES: Final = text("""
    SELECT pg_get_indexdef(indexrelid) AS said, indisunique AS is_unique,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY(indkey)) AS columns
    FROM pg_index
    WHERE indrelid = CAST(:name AS regclass)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY indexrelid
""")
_KIND: Final = text("SELECT relkind FROM pg_class WHERE oid = to_regclass(:name)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """What is or would be done to one table: its rows, and the statements in order (none: it is divided already)."""

    table: str
    rows: int
    statements: tuple[str, ...]


def divide(base: sqlalchemy.Engine, tables: Sequence[str], modulus: int, *, dry_run: bool = False) -> Iterator[Divided]:
    """Divide each table that is not divided yet into `modulus` partitions, and yield what was done.

    Nobody else can use a table while it is copied. Raises `Invalid` where a table cannot be divided; those before it
    stay divided.
    """
    if base.dialect.name != "postgresql":
        raise Invalid("Only PostgreSQL has partitions; SQLite needs none.")
    if not 1 < modulus <= MOST:
        raise Invalid(f"A table is divided into 2 to {MOST} partitions, not {modulus}.")
    for table in tables:
        with database.writing(base) as connection:
            divided = _divide(connection, table, modulus, dry_run=dry_run)
        yield divided


def plan(connection: Connection, table: str, modulus: int) -> tuple[str, ...]:
    """Return the statements that divide a table, in order; none where it is divided already.

    Raises `Invalid` where there is no such table, or where a key of it does not have the trust.
    """
    kind = connection.execute(_KIND, {"name": table}).scalar_one_or_none()
    if kind == "p":
        return ()
    if kind != "r":
        raise Invalid(f"There is no table {table} to divide.")
    constraints = connection.execute(_CONSTRAINTS, {"name": table}).mappings().all()
    indexes = connection.execute(_INDEXES, {"name": table}).mappings().all()
    _require_key(table, constraints, indexes)
    return (*_copy(table, modulus), *_swap(table, constraints), *_restore(table, constraints, indexes))


def _divide(connection: Connection, table: str, modulus: int, *, dry_run: bool) -> Divided:
    statements = plan(connection, table, modulus)
    before = _rows(connection, table)
    if statements and not dry_run:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        if _rows(connection, table) != before:
            raise Invalid(f"{table} changed while it was copied: stop what writes to it. Nothing was kept.")
    return Divided(table=table, rows=before, statements=statements)


def _require_key(table: str, constraints: Sequence[RowMapping], indexes: Sequence[RowMapping]) -> None:
    unique = [row["said"] for row in constraints if row["mine"] and row["kind"] in {"p", "u"}]
    unique += [", ".join(row["columns"]) for row in indexes if row["is_unique"]]
    if not unique or not all(
        _KEY in said.replace("(", " ").replace(")", " ").replace(",", " ").split() for said in unique
    ):
        raise Invalid(f"{table} has a key without the trust, so it cannot be divided by it.")


def _copy(table: str, modulus: int) -> Iterator[str]:
    yield f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE'
    copied = "INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS"
    yield f'CREATE TABLE "{table}_new" (LIKE "{table}" {copied}) PARTITION BY HASH ({_KEY})'
    for number in range(modulus):
        part = f'CREATE TABLE "{table}_p{number}" PARTITION OF "{table}_new"'
        yield f"{part} FOR VALUES WITH (MODULUS {modulus}, REMAINDER {number})"
    yield f'INSERT INTO "{table}_new" SELECT * FROM "{table}"'  # noqa: S608 - tables of ours


def _swap(table: str, constraints: Sequence[RowMapping]) -> Iterator[str]:
    for row in constraints:
        if not row["mine"]:
            yield f'ALTER TABLE {row["here"]} DROP CONSTRAINT "{row["name"]}"'
    yield f'DROP TABLE "{table}"'
    yield f'ALTER TABLE "{table}_new" RENAME TO "{table}"'


def _restore(table: str, constraints: Sequence[RowMapping], indexes: Sequence[RowMapping]) -> Iterator[str]:
    """Give the new table what the old one had: keys first, for foreign keys refer to them."""
    for row in constraints:
        yield f'ALTER TABLE {row["here"]} ADD CONSTRAINT "{row["name"]}" {row["said"]}'
    for index in indexes:
        yield index["said"]
    yield f'ANALYZE "{table}"'


def _rows(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())  # noqa: S608 - a table of ours
