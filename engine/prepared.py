"""What every move reads and writes, compiled once and run by the driver.

SQLAlchemy caches what it compiles, but each execution still costs it several times what the driver needs; for a row
at a time, the text and the types of the columns are all that is wanted. Errors are those of `Connection.execute`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

from engine import database

_Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A statement in the driver's words: its parameters in order, what each type makes of a value, and constants."""

    text: str
    binds: tuple[tuple[str, _Processor | None], ...]
    constants: Mapping[str, Any]
    positional: bool
    columns: tuple[tuple[str, _Processor | None], ...] = ()

    def parameters(self, row: Mapping[str, Any]) -> Any:
        """Return a row as the driver takes it."""
        values = {**self.constants, **row} if self.constants else row
        if self.positional:
            return [values[name] if process is None else process(values[name]) for name, process in self.binds]
        return {name: values[name] if process is None else process(values[name]) for name, process in self.binds}

    def row(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return what the driver read as its types have it, by column."""
        read = zip(self.columns, values, strict=True)
        return {name: value if process is None else process(value) for (name, process), value in read}


def write(connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run an INSERT or UPDATE for each of the rows, which all have the same keys; return how many rows it wrote."""
    if len(rows) > 1:
        return connection.execute(statement, [dict(row) for row in rows]).rowcount
    prepared = _prepared(statement, connection.dialect, tuple(rows[0]))
    return int(database.run(connection, prepared.text, prepared.parameters(rows[0])).rowcount)


def read(connection: Connection, statement: Select[Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a SELECT, by the names of its columns; `values` are those of its parameters."""
    prepared = _prepared(statement, connection.dialect, tuple(values))
    found = database.run(connection, prepared.text, prepared.parameters(values)).fetchall()
    return [prepared.row(values) for values in found]


@cache
def _prepared(statement: Insert | Update | Select[Any], dialect: Dialect, names: tuple[str, ...]) -> _Prepared:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    order = compiled.positiontup if compiled.positional else list(compiled.params)
    selected: Any = statement.selected_columns if isinstance(statement, Select) else ()
    types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
    return _Prepared(
        text=str(compiled),
        binds=tuple((name, types[name].bind_processor(dialect)) for name in order),
        constants={name: value for name, value in compiled.params.items() if name not in names},
        positional=compiled.positional,
        columns=tuple((column.name, _reader(column.type, dialect)) for column in selected),
    )


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Processor | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
