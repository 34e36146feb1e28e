"""What a book of SCORM says of a data model, as a sheet; and every way in which a table does otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scorm.runtime.elements import Model
from scorm.runtime.places import Place
from scorm.runtime.session import Launch, Session, State

AT = "2026-03-02T09:00:00.000Z"
LONG = "x" * 130_000
"""One more than any value may have."""

Answer = tuple[str, str]
Step = tuple[str, tuple[str, ...], str, str]
"""A call and what is answered: function, arguments, answer, error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One element: what it gives before anything was set (`!` and a code), and what may and may not be put there.

    `outside` is of the type but out of range; `first` is what must be set before.
    """

    name: str
    access: str
    initial: str
    legal: Sequence[str] = ()
    illegal: Sequence[str] = ()
    outside: Sequence[str] = ()
    first: Sequence[tuple[str, str]] = ()

    @property
    def pattern(self) -> str:
        return Place.named(self.name).pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A whole data model as its book states it.

    `codes` are the error codes by what they are for; `entries` is data with an entry in every array; `urgent` elements
    are sent at once, `passing` ones are not kept; `bare` is what a launch that says nothing gives; `early` is played
    before Initialize, each of the `scenes` after it.
    """

    launch: Launch
    functions: Mapping[str, str]
    codes: Mapping[str, str]
    rows: Sequence[Row]
    keywords: Mapping[str, str]
    entries: Mapping[str, str]
    urgent: frozenset[str]
    passing: frozenset[str]
    texts: Mapping[str, str]
    bare: Mapping[str, Answer]
    early: Sequence[Step]
    scenes: Mapping[str, tuple[Mapping[str, str], Sequence[Step]]]


def faults(model: Model, table: Mapping[str, Any], book: Book, begin: frozenset[str] = frozenset()) -> Iterator[str]:
    """Tell every difference; rows whose pattern is in `begin` are looked at first."""
    reader = _Reader(model, book)
    yield from _named(model, table, book)
    yield from _of_rows(reader, [row for row in book.rows if row.pattern in begin])
    yield from (f"{code}: {text}" for code, text in book.texts.items() if reader.text(code) != text)
    yield from _together(reader, book)
    yield from _of_rows(reader, [row for row in book.rows if row.pattern not in begin])


def _of_rows(reader: _Reader, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        yield from (f"{row.name}: {what}" for what in _differences(reader, row))


def _together(reader: _Reader, book: Book) -> Iterator[str]:
    for name, value in book.keywords.items():
        yield from (f"{name}: {what}" for what in _of_keyword(reader, name, value))
    bare = reader.session(launch=Launch(model=book.launch.model, student_id="p", student_name="", entry=""))
    for name, said in book.bare.items():
        yield from reader.unlike(bare, "get", (name,), said)
    yield from reader.played(reader.session(State.IDLE), book.early)
    for title, (data, steps) in book.scenes.items():
        yield from (f"{title}: {what}" for what in reader.played(reader.session(data=data), steps))


def _named(model: Model, table: Mapping[str, Any], book: Book) -> Iterator[str]:
    said = {Place.named(name).pattern for name in (*book.keywords, *(row.name for row in book.rows))}
    yield from (f"{name} is in one of them only" for name in said ^ set(model.elements))
    for word, names, by in (("flush", book.urgent, False), ("kept", book.passing, True)):
        marked = {name for name, row in table["elements"].items() if row.get(word, by) is not by}
        yield from (f"{name} is marked otherwise as {word}" for name in marked ^ names)


def _differences(reader: _Reader, row: Row) -> Iterator[str]:
    idle, ended = reader.session(State.IDLE), reader.session(State.FINISHED)
    for when, session in (("before", idle), ("after", ended)):
        yield from reader.unlike(session, "get", (row.name,), ("", reader.codes[f"get {when}"]))
        yield from reader.unlike(session, "set", (row.name, "0"), ("false", reader.codes[f"set {when}"]))
    if row.first:
        legal = next(iter(row.legal))
        yield from reader.unlike(reader.session(), "set", (row.name, legal), ("false", reader.codes["needs"]))
    yield from reader.unlike(reader.after(row), "get", (row.name,), _initial(reader, row))
    if "w" not in row.access:
        yield from reader.unlike(reader.after(row), "set", (row.name, "0"), ("false", reader.codes["read_only"]))
    for value in row.legal:
        yield from _kept(reader, row, value)
    for code, values in (("type", row.illegal), ("range", row.outside)):
        for value in values:
            yield from _left(reader, row, value, code)


def _initial(reader: _Reader, row: Row) -> Answer:
    if row.initial.startswith("!"):
        return "", reader.codes[row.initial[1:]]
    return row.initial, "0"


def _kept(reader: _Reader, row: Row, value: str) -> Iterator[str]:
    session = reader.after(row)
    yield from reader.unlike(session, "set", (row.name, value), ("true", "0"))
    if "r" in row.access:
        yield from reader.unlike(session, "get", (row.name,), (value, "0"))
        return
    yield from reader.unlike(session, "get", (row.name,), ("", reader.codes["write_only"]))
    if session.data.get(row.name) != value:
        yield f"{value[:40]!r} is not kept"


def _left(reader: _Reader, row: Row, value: str, code: str) -> Iterator[str]:
    session = reader.after(row)
    before = dict(session.data)
    yield from reader.unlike(session, "set", (row.name, value), ("false", reader.codes[code]))
    if session.data != before:
        yield f"{value[:40]!r} changes something"


def _of_keyword(reader: _Reader, name: str, value: str) -> Iterator[str]:
    session = reader.session(data=reader.entries if ".0." in name else {})
    yield from reader.unlike(session, "get", (name,), (value, "0"))
    yield from reader.unlike(session, "set", (name, "x"), ("false", reader.codes["keyword"]))


class _Reader:
    """Plays calls on a model and holds the answers against what the book says."""

    def __init__(self, model: Model, book: Book) -> None:
        self._model = model
        self._book = book
        self.codes = book.codes
        self.entries = book.entries

    def session(
        self, state: State = State.RUNNING, data: Mapping[str, str] | None = None, launch: Launch | None = None
    ) -> Session:
        session = Session.over(self._model, launch or self._book.launch, data or {})
        if state is not State.IDLE:
            self._call(session, "initialise", ("",))
        if state is State.FINISHED:
            self._call(session, "finish", ("",))
        return session

    def after(self, row: Row) -> Session:
        session = self.session()
        for name, value in row.first:
            self._call(session, "set", (name, value))
        return session

    def text(self, code: str) -> str:
        return self._call(self.session(), "error_string", (code,))[0]

    def unlike(self, session: Session, verb: str, args: tuple[str, ...], said: Answer) -> Iterator[str]:
        answer = self._call(session, verb, args)
        if answer != said:
            yield f"{verb} {[arg[:60] for arg in args]} gives {answer}, the book says {said}"

    def played(self, session: Session, steps: Sequence[Step]) -> Iterator[str]:
        for fn, args, *said in steps:
            answer = session.call(fn, args, AT)
            if answer != tuple(said):
                yield f"{fn} {args} gives {answer}, the book says {said}"

    def _call(self, session: Session, verb: str, args: tuple[str, ...]) -> Answer:
        return session.call(self._book.functions[verb], args, AT)


def mutations(table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], frozenset[str]]]:
    """Give every small change of a table: what it is, the changed table, and the elements that it is about."""
    for name, row in table["elements"].items():
        for what, changed in _rows(name, row):
            yield f"{name} {what}", {**table, "elements": {**table["elements"], name: changed}}, frozenset({name})
        rest = {other: row for other, row in table["elements"].items() if other != name}
        yield f"{name} is gone", {**table, "elements": rest}, frozenset({name})
    for name, rules in table["types"].items():
        for what, changed in _types(rules):
            about = frozenset(one for one, row in table["elements"].items() if name in str(row.get("type")))
            yield f"type {name} {what}", {**table, "types": {**table["types"], name: changed}}, about
    yield from _codes(table)


def _rows(name: str, row: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for access in {"r", "w", "rw"} - {row["access"]}:
        if "._" not in name:
            yield f"is {access}", {**row, "access": access}
    for word in set(row) - {"access", "type"}:
        yield f"loses {word}", {key: value for key, value in row.items() if key != word}
    if row.get("default"):
        yield "begins otherwise", {**row, "default": row["default"] + "x"}


def _types(rules: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for word in rules:
        left = {key: value for key, value in rules.items() if key != word}
        if left or word != "values":
            yield f"loses {word}", left
    if "values" in rules:
        yield "loses a value", {**rules, "values": rules["values"][1:]}
        yield "gains a value", {**rules, "values": [*rules["values"], "bogus"]}


def _codes(table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any], frozenset[str]]]:
    failures = table["failures"]
    for verb in ("get", "set"):
        for failure in failures[verb]:
            changed = {**failures, verb: {**failures[verb], failure: "999"}}
            yield f"{verb} {failure} is 999", {**table, "failures": changed}, frozenset()
    yield "an argument is 999", {**table, "failures": {**failures, "argument": "999"}}, frozenset()
    for name, function in table["functions"].items():
        for state in function["refused"]:
            refused = {**function["refused"], state: "999"}
            changed = {**table["functions"], name: {**function, "refused": refused}}
            yield f"{name} when {state} is 999", {**table, "functions": changed}, frozenset()
    yield "a smaller array", {**table, "array_limit": 4000}, frozenset()
