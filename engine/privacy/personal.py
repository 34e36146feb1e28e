"""What is kept about a person, declared table by table: what they are given to read, and what erasing leaves.

Whoever adds a table says here or in the `holdings` of their package what it keeps of whom; a rules test fails on a
table of which nobody said anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    null,
    or_,
    select,
    update,
)

from engine.journal import said
from engine.tables import journal

_LEAST: Final = 3
THE_SUBJECT: Final = ("kind", "subject")
"""The columns by which the journal, and what follows from its rows, name a subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one table keeps of people.

    A row is somebody's where `person` is their column, where the column of `through` names a row of another holding
    of theirs, or where the two columns of `subjects` name kind and id of a subject of another table that is about
    them; `kind` says of which workflow the rows themselves are subjects. A row in which others looked for them is
    theirs too: where a column in `words` is a part of a name in the column `called` of one of their holdings, of at
    least three characters, or holds the whole of it. `shown` are the columns they are given to read, of which one in
    `secret` is empty where its condition holds. On erasure `erased` is written over their rows, or the rows go
    (`gone`). Others name its rows by the column `by`.
    """

    table: Table
    title: str
    shown: tuple[str, ...] = ()
    person: str | None = None
    through: tuple[str, Holding] | None = None
    subjects: tuple[str, str] | None = None
    kind: str | None = None
    by: str = "id"
    called: str = ""
    words: tuple[str, ...] = ()
    erased: Mapping[str, Any] = field(default_factory=dict)
    gone: bool = False
    secret: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)

    def read(self, name: str) -> ColumnElement[Any]:
        """Return a column as it is given to read."""
        column: ColumnElement[Any] = self.table.c[name]
        return case((self.secret[name], null()), else_=column).label(name) if name in self.secret else column


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one table, or the journal, says of a person: rows of plain values by column."""

    title: str
    rows: Sequence[Mapping[str, Any]]


class Register:
    """All holdings of an installation, parents before children."""

    def __init__(self, holdings: Sequence[Holding]) -> None:
        self._holdings = holdings

    @property
    def tables(self) -> frozenset[str]:
        """Return the names of the tables that keep something of people."""
        return frozenset(holding.table.name for holding in self._holdings)

    def collect(self, connection: Connection, trust: str, person: str) -> Iterator[Part]:
        """Yield everything about one person: what each table keeps, then what happened, in one statement each."""
        for holding in self._holdings:
            if holding.shown:
                columns = (holding.read(name) for name in holding.shown)
                query = select(*columns).where(self._theirs(holding, trust, person))
                rows = connection.execute(query.order_by(*holding.table.primary_key)).mappings()
                yield Part(title=holding.title, rows=[dict(row) for row in rows])
        yield Part(title="What happened to all this", rows=list(self._moves(connection, trust, person)))

    def erase(self, connection: Connection, trust: str, person: str) -> Mapping[str, int]:
        """Erase what names a person, children before parents; return the number of rows by table.

        The journal keeps its rows and loses what they say: the chains still verify (DESIGN section 3).
        """
        said = and_(self._of_their_subjects(journal, THE_SUBJECT, trust, person), journal.c.payload.is_not(None))
        counts = {journal.name: connection.execute(update(journal).where(said).values(payload=None)).rowcount}
        for holding in reversed(self._holdings):
            theirs = self._theirs(holding, trust, person)
            if holding.gone:
                counts[holding.table.name] = connection.execute(delete(holding.table).where(theirs)).rowcount
            elif holding.erased:
                writing = update(holding.table).where(theirs).values(**holding.erased)
                counts[holding.table.name] = connection.execute(writing).rowcount
        return {name: count for name, count in counts.items() if count}

    def _moves(self, connection: Connection, trust: str, person: str) -> Iterator[Mapping[str, Any]]:
        chosen = select(journal).where(self._of_their_subjects(journal, THE_SUBJECT, trust, person))
        order = (journal.c.at, journal.c.kind, journal.c.subject, journal.c.revision)
        for row in connection.execute(chosen.order_by(*order)).mappings():
            told = said(row)
            named = ("at", "kind", "subject", "trigger", "source", "target")
            yield {**{name: row[name] for name in named}, "by": told.by, "facts": told.facts or None}

    def _theirs(self, holding: Holding, trust: str, person: str) -> ColumnElement[bool]:
        table = holding.table
        ways: list[ColumnElement[bool]] = []
        if holding.person:
            ways.append(table.c[holding.person] == person)
        if holding.through:
            column, parent = holding.through
            ways.append(table.c[column].in_(self._ids(parent, trust, person)))
        if holding.subjects:
            ways.append(self._of_their_subjects(table, holding.subjects, trust, person))
        ways.extend(self._named(table.c[column], trust, person) for column in holding.words)
        return and_(table.c.trust == trust, or_(false(), *ways))

    def _named(self, words: ColumnElement[str], trust: str, person: str) -> ColumnElement[bool]:
        """Choose the rows whose words are a part of one of a person's names, or hold one of them whole."""
        said = func.lower(words)
        ways: list[ColumnElement[bool]] = []
        for holding in (one for one in self._holdings if one.called):
            name = func.lower(holding.table.c[holding.called])
            part = and_(func.length(said) >= _LEAST, func.replace(name, said, "") != name)
            whole = and_(func.length(name) >= _LEAST, func.replace(said, name, "") != said)
            ways.append(exists().where(self._theirs(holding, trust, person), or_(part, whole)))
        return or_(false(), *ways)

    def _of_their_subjects(
        self, table: Table, columns: tuple[str, str], trust: str, person: str
    ) -> ColumnElement[bool]:
        """Choose the rows of which two columns, kind and id, name a subject that is about the person."""
        kind, subject = (table.c[name] for name in columns)
        about = (
            and_(kind == holding.kind, subject.in_(self._ids(holding, trust, person)))
            for holding in self._holdings
            if holding.kind and holding.table is not table
        )
        return and_(table.c.trust == trust, or_(false(), *about))

    def _ids(self, holding: Holding, trust: str, person: str) -> Any:
        return select(holding.table.c[holding.by]).where(self._theirs(holding, trust, person))
