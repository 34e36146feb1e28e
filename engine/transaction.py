"""The spine: the only writer of state.

A step is decided on plain data; then the move, its row in the journal, its effects, the questions it opens or closes
and its letters are written in one commit. Nothing is sent inside a transaction.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, RowMapping, Table, bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from engine import posting
from engine.effects import Effect, Fire, Start
from engine.errors import Conflict, EngineError, Missing, NotAllowed, NotDeclared, Refused, TooDeep
from engine.identifiers import new_id
from engine.keep import Keep
from engine.letters import Letter, Subject
from engine.machine import THE_SYSTEM, Actor, Case, Record, Workflow
from engine.moves import Move, Moved, Outcomes, cause, changed, moved_columns, questions_of, written
from engine.outgoing_settings import Outgoing
from engine.settings import Room
from engine.storage import database
from engine.storage.prepared import Noted, Prepared
from engine.tables import journal as journal_table
from engine.tables import outbox

MOST_EFFECTS_DEEP = 10
_ENTRY = tuple(column.name for column in journal_table.c if column.name != "seal")
_JOURNALLING = Prepared(insert(journal_table))
_Grants = frozenset[tuple[str, str]]
_Rows = list[dict[str, Any]]


Handler = Callable[["Transaction", Sequence[tuple[Case[Any], Any]]], None]
Predicate = Callable[[Connection, Sequence[RowMapping]], set[str]]


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The workflows, where they are kept, who serves their effects, and the database all of it is in."""

    database: sqlalchemy.Engine
    keeps: Mapping[str, tuple[Workflow, Keep]]
    handlers: Mapping[type[Effect], Handler]
    clock: Callable[[], datetime]
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    reply_domain: str = "preceptor.example"
    answered: bool = False
    room: Room = field(default_factory=Room)
    outgoing: Outgoing = field(default_factory=Outgoing)
    tongues: posting.Tongues | None = None

    def transaction(self, actor: Actor = THE_SYSTEM) -> Commit:
        """Begin the one commit of whatever `actor` does; an error keeps nothing.

        Raises `Conflict` where a unique key says that somebody was first.
        """
        return Commit(self, actor)

    def reading(self) -> Any:
        """Begin a transaction that only reads: a context manager that gives a connection."""
        return database.reading(self.database)

    def kept(self, kind: str) -> tuple[Workflow, Keep]:
        """Return the workflow of a kind and where its subjects are; raises `Missing`."""
        try:
            return self.keeps[kind]
        except KeyError:
            raise Missing(f"There is no workflow for “{kind}”.") from None


class Commit:
    """A transaction from its beginning to its commit; a generator would do, at twice the cost."""

    __slots__ = ("_actor", "_engine", "_turn")

    def __init__(self, engine: Engine, actor: Actor) -> None:
        self._engine = engine
        self._actor = actor
        self._turn = database.writing(engine.database)

    def __enter__(self) -> Transaction:
        """Begin; the clock is read once it is our turn."""
        connection = self._turn.__enter__()
        try:
            return Transaction(engine=self._engine, connection=connection, actor=self._actor, now=self._engine.clock())
        except BaseException:
            self._turn.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Commit, or roll back; raises `Conflict` for what the database says of a key."""
        try:
            self._turn.__exit__(kind, error, at)
        except IntegrityError as said:
            raise Conflict from said
        if isinstance(error, IntegrityError):
            raise Conflict from error


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One commit: what is fired in it happens as a whole or not at all."""

    engine: Engine
    connection: Connection
    actor: Actor
    now: datetime
    because: str | None = None
    depth: int = 0
    lent: _Grants = frozenset()

    def fire(self, subject: Subject, trigger: str, facts: Mapping[str, Any] | None = None) -> Moved:
        """Move one subject.

        Raises `Refused`, `NotAllowed`, `NotDeclared`, `Missing` or `Conflict`; then nothing of this commit is kept.
        """
        workflow, keep = self.engine.kept(subject.kind)
        record = keep.load(self.connection, subject.trust, (subject.id,), self.now).get(subject.id)
        move = self._decided(workflow, record, trigger, facts or {})
        self._write(workflow, keep, [move])
        return move.moved

    def fire_many(self, kind: str, trust: str, trigger: str, facts: Mapping[str, Mapping[str, Any]]) -> Outcomes:
        """Move many subjects of one kind by one trigger, each with its facts, in one statement per kind of write.

        All are decided on what stands now: where one move changes what the next is decided on (the last place of a
        class), fire one by one. Those that are refused are returned and the others are written.
        """
        workflow, keep = self.engine.kept(kind)
        records = keep.load(self.connection, trust, tuple(facts), self.now)
        moves: list[Move] = []
        refused: dict[str, EngineError] = {}
        for identifier, said in facts.items():
            try:
                moves.append(self._decided(workflow, records.get(identifier), trigger, said))
            except (Refused, NotAllowed, NotDeclared, Missing) as error:
                refused[identifier] = error
        self._write(workflow, keep, moves)
        return Outcomes(moved={move.entry["subject"]: move.moved for move in moves}, refused=refused)

    def start(self, kind: str, trust: str, trigger: str, facts: Mapping[str, Any]) -> Moved:
        """Start a new subject; raises as `fire` does."""
        workflow, keep = self.engine.kept(kind)
        draft = keep.draft(self.connection, trust, new_id(self.now), facts)
        move = self._decided(workflow, draft, trigger, facts)
        row = {**keep.row(move.case, move.decision), **moved_columns(workflow, move)}
        key = {"trust": trust, "id": draft.id, "organisation": draft.organisation}
        self.connection.execute(insert(keep.table), {**row, **key})
        _JOURNALLING.write(self.connection, [move.entry])
        self._follow(workflow, [move])
        return move.moved

    def post(self, letters: Sequence[Letter], revision: int = 0) -> None:
        """Queue letters in this commit; `revision` names the row of the journal that caused them."""
        if letters:
            self._queue([(letter, revision) for letter in letters])

    def caused_by(self, because: str | None) -> Transaction:
        """Return the same commit as the system's, in the name of the row that caused it.

        Raises `TooDeep` where effects fire one another without end.
        """
        if self.depth >= MOST_EFFECTS_DEEP:
            raise TooDeep
        return replace(self, actor=THE_SYSTEM, because=because, depth=self.depth + 1, lent=frozenset())

    def _decided(self, workflow: Workflow, record: Record | None, trigger: str, facts: Mapping[str, Any]) -> Move:
        if record is None:
            raise Missing(f"There is no such {workflow.title.lower()}.")
        actor = _borrowing(self.actor, self.lent) if self.lent else self.actor
        case = Case(record=record, facts=facts, actor=actor, now=self.now)
        decision = workflow.decide(trigger, case)
        return Move(case=case, decision=decision, entry=written(workflow, case, decision, self.because))

    def _write(self, workflow: Workflow, keep: Keep, moves: Sequence[Move]) -> None:
        """Write the moves where each subject still stands as it was decided on; raises `Conflict` otherwise."""
        rows = [changed(workflow, move, keep.changes(move.case, move.decision)) for move in moves]
        if len(rows) == 1:
            self._write_one(workflow, keep, moves, rows[0])
            return
        for alike, entries in _alike(rows, [move.entry for move in moves]):
            if _moving(keep.table, tuple(alike[0])).write(self.connection, alike, entries) != len(alike):
                raise Conflict
        self._follow(workflow, moves)

    def _write_one(self, workflow: Workflow, keep: Keep, moves: Sequence[Move], row: dict[str, Any]) -> None:
        """Write a single move, and with it the letter where that is all that it entails."""
        move = moves[0]
        letter = None if _effects_of(workflow, move) else self._plain(move)
        if not _moving(keep.table, tuple(row)).write_one(self.connection, row, move.entry, letter):
            raise Conflict
        if letter is None:
            self._follow(workflow, moves)

    def _plain(self, move: Move) -> dict[str, Any] | None:
        letters = move.decision.letters
        if len(letters) != 1 or letters[0].invitation or (self.engine.tongues and posting.unspoken(letters[0])):
            return None
        return posting.plain(letters[0], move.entry["revision"], self.now, self.engine.reply_domain)

    def _follow(self, workflow: Workflow, moves: Sequence[Move]) -> None:
        """Write what moves entail: effects, questions, letters."""
        self._apply(workflow, moves)
        if letters := [(letter, move.entry["revision"]) for move in moves for letter in move.decision.letters]:
            self._queue(letters)

    def _queue(self, letters: Sequence[tuple[Letter, int]]) -> None:
        domain, answered = self.engine.reply_domain, self.engine.answered
        tongues = self.engine.tongues
        posting.post(self.connection, letters, self.now, domain, answered=answered, tongues=tongues)

    def _apply(self, workflow: Workflow, moves: Sequence[Move]) -> None:
        wanted = [(move.case, effect) for move in moves for effect in _effects_of(workflow, move)]
        if not wanted:
            return
        asked: dict[type[Effect], list[tuple[Case[Any], Effect]]] = defaultdict(list)
        for one in wanted:
            asked[type(one[1])].append(one)
        within = self.caused_by(cause(moves, self.because))
        for kind, effects in asked.items():
            if kind is Fire:
                within.fire_effects(effects, self.actor)
            elif kind is Start:
                within.start_effects(effects)
            else:
                self.engine.handlers[kind](within, effects)

    def fire_effects(self, effects: Sequence[tuple[Case[Any], Any]], actor: Actor) -> None:
        """Fire what steps asked for; one that is refused undoes the whole commit."""
        together: dict[tuple[str, str, str, Actor, _Grants], dict[str, Mapping[str, Any]]] = defaultdict(dict)
        for _case, effect in effects:
            subject = effect.subject
            acting, lent = (actor, effect.lent) if effect.as_actor else (self.actor, self.lent)
            together[subject.kind, subject.trust, str(effect.trigger), acting, lent][subject.id] = effect.facts
        for (kind, trust, trigger, acting, lent), facts in together.items():
            within = replace(self, actor=acting, lent=lent)
            for error in within.fire_many(kind, trust, trigger, facts).refused.values():
                raise error

    def start_effects(self, effects: Sequence[tuple[Case[Any], Any]]) -> None:
        """Start the subjects that steps asked for."""
        for _case, effect in effects:
            self.start(effect.kind, effect.trust, effect.trigger, effect.facts)


def _borrowing(actor: Actor, grants: _Grants) -> Actor:
    """Return the same account with what it may do in one move, and in nothing that follows from it."""
    return replace(actor, grants=actor.grants | grants)


def _effects_of(workflow: Workflow, move: Move) -> Sequence[Effect]:
    asked = questions_of(workflow, move)
    return (*move.decision.effects, *asked) if asked else move.decision.effects


def _alike(rows: _Rows, entries: _Rows) -> Iterable[tuple[_Rows, _Rows]]:
    """Put together the rows that write the same columns, each with its entries in the journal."""
    alike: dict[tuple[str, ...], tuple[_Rows, _Rows]] = {}
    for row, entry in zip(rows, entries, strict=True):
        same, noted = alike.setdefault(tuple(row), ([], []))
        same.append(row)
        noted.append(entry)
    return alike.values()


@cache
def _moving(table: Table, names: tuple[str, ...]) -> Noted:
    """Return the compare-and-set for these columns, noted in the journal; those with an underscore are what stood."""
    stands = (table.c[name[1:]] == bindparam(name) for name in names if name.startswith("_"))
    changes: dict[Any, Any] = {name: bindparam(name) for name in names if not name.startswith("_")}
    return Noted(update(table).where(*stands).values(changes), (journal_table, _ENTRY), (outbox, posting.COLUMNS))
