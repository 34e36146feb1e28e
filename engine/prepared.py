"""Writes that every move makes, compiled once and run by the driver.

SQLAlchemy caches what it compiles, but each execution still costs it several times what the driver needs; for a row
at a time, the text and the types of the columns are all that is wanted. Errors are those of `Connection.execute`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update

_Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A statement in the driver's words: its parameters in order, what each type makes of a value, and constants."""

    text: str
    binds: tuple[tuple[str, _Processor | None], ...]
    constants: Mapping[str, Any]
    positional: bool

    def parameters(self, row: Mapping[str, Any]) -> Any:
        """Return a row as the driver takes it."""
        values = {**self.constants, **row}
        said = {name: values[name] if process is None else process(values[name]) for name, process in self.binds}
        return tuple(said.values()) if self.positional else said


def write(connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run an INSERT or UPDATE for each of the rows, which all have the same keys; return how many rows it wrote."""
    if len(rows) > 1:
        return connection.execute(statement, [dict(row) for row in rows]).rowcount
    prepared = _prepared(statement, connection.dialect, tuple(rows[0]))
    return connection.exec_driver_sql(prepared.text, prepared.parameters(rows[0])).rowcount


@cache
def _prepared(statement: Insert | Update, dialect: Dialect, names: tuple[str, ...]) -> _Prepared:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    order = compiled.positiontup if compiled.positional else list(compiled.params)
    types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
    return _Prepared(
        text=str(compiled),
        binds=tuple((name, types[name].bind_processor(dialect)) for name in order),
        constants={name: value for name, value in compiled.params.items() if name not in names},
        positional=compiled.positional,
    )
