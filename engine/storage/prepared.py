"""What every move reads and writes, compiled once for each database and run by the driver.

SQLAlchemy caches what it compiles, but each execution still costs it several times what the driver needs; for a row
at a time, the text and the types of the columns are all that is wanted. Errors are those of `Connection.execute`.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    JSON,
    BindParameter,
    Connection,
    Dialect,
    Float,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

from engine import json_text
from engine.storage.pool import run

_Processor = Callable[[Any], Any]
_Places: TypeAlias = tuple[tuple[int, _Processor, bool], ...]
_Place: TypeAlias = tuple[Table, Sequence[str]]
_Row: TypeAlias = Mapping[str, Any]
_NEW = "new_"
_BESIDE = "beside_"
_MOST_LISTED = 4

TRUST: BindParameter[Any] = bindparam("trust")
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
"""What most questions of `Asked` are about: rows of a trust, by their keys."""


class Prepared:
    """A statement whose rows always have the same keys."""

    __slots__ = ("_forms", "_statement", "_whole")

    def __init__(self, statement: Insert | Update | Select[Any], *, whole: bool = False) -> None:
        """Take a statement; one that is `whole` names all its parameters itself."""
        self._statement: Any = statement
        self._forms: dict[str, _Form] = {}
        self._whole = whole

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run an INSERT or UPDATE for each row; return how many rows it wrote."""
        if len(rows) > 1:
            return connection.execute(self._statement, [dict(row) for row in rows]).rowcount
        row = rows[0]
        form = self._forms.get(connection.dialect.name) or self._form(connection, row)
        written: int = run(connection, form.text, form.parameters(row)).rowcount
        return written

    def read(self, connection: Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the rows of a SELECT, by the names of its columns; `values` are those of its parameters."""
        form = self._forms.get(connection.dialect.name) or self._form(connection, values)
        return [form.row(found) for found in run(connection, form.text, form.parameters(values)).fetchall()]

    def _form(self, connection: Connection, row: Mapping[str, Any]) -> _Form:
        dialect = connection.dialect
        form = self._forms[dialect.name] = _formed(self._statement, dialect, tuple(row), self._whole)
        return form


class Asked:
    """A SELECT of which every parameter is named; one that is `expanding` takes a tuple of what a column is to be in.

    Each short length of such a tuple has a text of its own; longer ones are SQLAlchemy's.
    """

    __slots__ = ("_forms", "_statement")

    def __init__(self, statement: Select[Any]) -> None:
        """Take a statement."""
        self._statement: Any = statement
        self._forms: dict[tuple[str, tuple[int, ...]], tuple[_Form, Callable[[Iterable[Any]], Any]]] = {}

    def rows(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """Return the rows as named tuples."""
        lists = tuple(len(value) for value in values.values() if type(value) is tuple)
        if max(lists, default=0) > _MOST_LISTED:
            return connection.execute(self._statement, values).all()
        known = self._forms.get((connection.dialect.name, lists))
        if known is None:
            form = _expanded(self._statement, connection.dialect, values)
            made = namedtuple("Row", form.columns)  # type: ignore[misc] # noqa: PYI024 - its fields are the statement's
            known = self._forms[connection.dialect.name, lists] = form, made._make
        form, made_of = known
        found = run(connection, form.text, form.parameters(_flat(values) if lists else values)).fetchall()
        return [made_of(_processed(row, form.read) if form.read else row) for row in found]

    def one(self, connection: Connection, **values: Any) -> Any:
        """Return the first row, None where there is none."""
        return next(iter(self.rows(connection, **values)), None)


class Noted:
    """An UPDATE of a row, the INSERT of the row that notes it, and of one beside: none where nothing was changed.

    Where the database can (PostgreSQL) one row is changed and noted in one statement, which spares round trips.
    """

    __slots__ = ("_beside", "_change", "_joined", "_note", "_together")

    def __init__(self, change: Update, note: _Place, beside: _Place) -> None:
        """Take an UPDATE that names all its parameters, and the table and columns of what notes it and goes beside."""
        self._change, self._note, self._beside = (
            Prepared(change),
            Prepared(insert(note[0])),
            Prepared(insert(beside[0])),
        )
        changed = change.returning(next(iter(change.table.primary_key))).cte("changed")
        noting = _from(changed, note, _NEW)
        self._joined = Prepared(noting, whole=True)
        self._together = Prepared(_from(changed, beside, _BESIDE).add_cte(noting.cte("noted")), whole=True)

    def write(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]], notes: Sequence[Mapping[str, Any]]
    ) -> int:
        """Change rows and note what was changed; return how many there were."""
        changed = self._change.write(connection, rows)
        if changed == len(rows):
            self._note.write(connection, notes)
        return changed

    def write_one(self, connection: Connection, row: _Row, note: _Row, beside: Mapping[str, Any] | None = None) -> int:
        """Change a row and note it, and write what goes beside; return how many were changed."""
        if connection.dialect.name == "postgresql":
            joined = {**row, **{_NEW + name: value for name, value in note.items()}}
            if beside is None:
                return self._joined.write(connection, [joined])
            joined |= {_BESIDE + name: value for name, value in beside.items()}
            return self._together.write(connection, [joined])
        changed = self._change.write(connection, (row,))
        if changed:
            self._note.write(connection, (note,))
            if beside is not None:
                self._beside.write(connection, (beside,))
        return changed


def _from(changed: CTE, place: _Place, prefix: str) -> Insert:
    table, columns = place
    values = (bindparam(prefix + name, type_=table.c[name].type) for name in columns)
    return insert(table).from_select(list(columns), select(*values).select_from(changed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A statement in the driver's words, with what takes its parameters, in order, from a row.

    `constants` are parameters that no row brings; `bound` and `read` are the places of the values that are something
    else to the driver than to us, with what makes one of the other. `names` is empty where the driver takes its
    parameters by place.
    """

    text: str
    constants: Mapping[str, Any]
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    bound: _Places
    names: tuple[str, ...]
    columns: tuple[str, ...] = ()
    read: _Places = ()

    def parameters(self, row: Mapping[str, Any]) -> Any:
        """Return a row as the driver takes it."""
        values: Sequence[Any] = self.pick({**self.constants, **row} if self.constants else row)
        if self.bound:
            values = _processed(values, self.bound)
        return dict(zip(self.names, values, strict=True)) if self.names else values

    def row(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return what the driver read as its types have it, by column."""
        return dict(zip(self.columns, _processed(values, self.read) if self.read else values, strict=True))


def write(connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run an INSERT or UPDATE for each of the rows, which all have the same keys; return how many rows it wrote."""
    return _known(statement, tuple(rows[0])).write(connection, rows)


def read(connection: Connection, statement: Select[Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a SELECT, by the names of its columns; `values` are those of its parameters."""
    return _known(statement, tuple(values)).read(connection, values)


@cache
def _known(statement: Insert | Update | Select[Any], _names: tuple[str, ...]) -> Prepared:
    return Prepared(statement)


def _formed(statement: Any, dialect: Dialect, names: tuple[str, ...], whole: bool) -> _Form:  # noqa: FBT001
    compiled: Any = statement.compile(dialect=dialect, column_keys=None if whole else list(names))
    selected: Any = list(statement.selected_columns) if isinstance(statement, Select) else []
    order = compiled.positiontup if compiled.positional else list(compiled.params)
    return _Form(
        text=str(compiled),
        constants={name: value for name, value in compiled.params.items() if name not in names},
        pick=_picking(order),
        bound=_places(_binding(compiled.binds[name].type, dialect) for name in order),
        names=() if compiled.positional else tuple(order),
        columns=tuple(column.name for column in selected),
        read=_places(_reading(column.type, dialect) for column in selected),
    )


def _expanded(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> _Form:
    compiled: Any = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state(dict(values))
    of = {one: name for name, several in state.parameter_expansion.items() for one in several}
    order = list(state.positiontup if compiled.positional else state.parameters)
    selected = list(statement.selected_columns)
    flat = _flat(values)
    return _Form(
        text=state.statement,
        constants={name: value for name, value in state.parameters.items() if name not in flat},
        pick=_picking(order),
        bound=_places(_binding(compiled.binds[of.get(name, name)].type, dialect) for name in order),
        names=() if compiled.positional else tuple(order),
        columns=tuple(column.name for column in selected),
        read=_places(_reading(column.type, dialect) for column in selected),
    )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give each of several values the name that SQLAlchemy gives it."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if type(value) is tuple:
            flat |= {f"{name}_{place}": one for place, one in enumerate(value, 1)}
        else:
            flat[name] = value
    return flat


def _binding(kind: TypeEngine[Any], dialect: Dialect) -> _Processor | None:
    """Return what makes the driver's value of ours; rows bring plain values, so that JSON needs no more than text."""
    if isinstance(kind, JSON) and dialect.name == "sqlite":
        return _json_or_nothing if kind.none_as_null else json_text.written
    return _impl(kind, dialect).bind_processor(dialect)


def _json_or_nothing(value: Any) -> str | None:
    return None if value is None else json_text.written(value)


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> _Processor | None:
    """Return what makes ours of the driver's value; a float is one to both, and asks for the driver's own code."""
    return None if isinstance(kind, Float) else _impl(kind, dialect).result_processor(dialect, None)


def _picking(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return itemgetter(*names) if len(names) > 1 else lambda row: tuple(row[name] for name in names)


def _impl(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)


def _places(processors: Iterable[_Processor | None]) -> _Places:
    """Number processors, with whether they make something of nothing."""
    return tuple(
        (place, process, process(None) is not None) for place, process in enumerate(processors) if process is not None
    )


def _processed(values: Sequence[Any], places: _Places) -> Sequence[Any]:
    """Return the values as processed; most processors leave nothing as it is, and need not be asked."""
    made = list(values)
    for place, process, of_nothing in places:
        value = made[place]
        if value is not None or of_nothing:
            made[place] = process(value)
    return made
