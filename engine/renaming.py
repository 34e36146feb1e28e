"""Brings what is stored under an old name of a state or a trigger to the new one.

First it is tried on the live data: nothing is changed and everything is counted. Then it is done in chunks, each its
own commit with its rows in the journal, so that it may be interrupted and goes on where it stopped: what has its new
name is not found again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, and_, bindparam, func, insert, select, update

from engine import journal
from engine.approvals import approval
from engine.errors import Invalid
from engine.machine import SYSTEM, Workflow
from engine.outgoing.outbox import WAITING, Delivery
from engine.tables import approvals as questions
from engine.tables import journal as journal_table
from engine.tables import outbox, timers
from engine.transaction import Engine, Transaction

CHUNK: Final = 500
STEP: Final = "renamed"


class What(StrEnum):
    """What was renamed; stored nowhere."""

    STATE = "state"
    TRIGGER = "trigger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    """A state or a trigger of a workflow that has another name from this version on."""

    kind: str
    old: str
    new: str
    what: What = What.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a renaming would change, in rows: subjects or timers, and open questions; `problem` says why it must not."""

    renamed: Renamed
    subjects: int = 0
    timers: int = 0
    questions: int = 0
    problem: str = ""

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        said = f"{self.renamed.kind}: {self.renamed.what} {self.renamed.old} → {self.renamed.new}"
        counts = f"{self.subjects} subjects, {self.timers} timers, {self.questions} open questions"
        return f"{said}: {self.problem or counts}"


def plan(engine: Engine, renamed: Sequence[Renamed]) -> list[Planned]:
    """Count on the live data what each renaming would change, and say what is wrong with it; nothing is changed."""
    with engine.reading() as connection:
        return [_planned(engine, connection, one) for one in renamed]


def apply(engine: Engine, renamed: Sequence[Renamed], stop: Callable[[], bool] = lambda: False) -> int:
    """Rename all that is stored, chunk by chunk, until nothing is left or `stop` says so; return how many rows.

    Raises `Invalid` before anything is changed where one of the renamings must not be.
    """
    wrong = [one.sentence for one in plan(engine, renamed) if one.problem]
    if wrong:
        raise Invalid("Nothing was renamed. " + " ".join(wrong))
    return sum(_in_chunks(engine, act, one, stop) for one in renamed for act in _ACTS[one.what])


def _planned(engine: Engine, connection: Connection, one: Renamed) -> Planned:
    problem = _problem(engine, one)
    if problem:
        return Planned(renamed=one, problem=problem)
    if one.what is What.STATE:
        table = engine.kept(one.kind)[1].table
        subjects = _count(connection, table, table.c.state == one.old)
        return Planned(renamed=one, subjects=subjects, questions=_count(connection, questions, _asking(one)))
    fired = _count(connection, timers, _fires(one))
    return Planned(renamed=one, timers=fired, questions=len(_offering(connection, one)))


def _problem(engine: Engine, one: Renamed) -> str:
    if one.kind not in engine.keeps:
        return "there is no such workflow."
    workflow = engine.keeps[one.kind][0]
    declared = set(map(str, workflow.states if one.what is What.STATE else workflow.triggers))
    if one.old in declared:
        return f"{one.old} is still declared."
    return "" if one.new in declared else f"{one.new} is not declared."


def _in_chunks(
    engine: Engine, act: Callable[[Transaction, Renamed], int], one: Renamed, stop: Callable[[], bool]
) -> int:
    done = 0
    while not stop():
        with engine.transaction() as tx:
            changed = act(tx, one)
        done += changed
        if changed == 0:
            break
    return done


def _subjects(tx: Transaction, one: Renamed) -> int:
    """Move a chunk of subjects to the new name, each with a row in its chain that says so."""
    workflow, keep = tx.engine.kept(one.kind)
    table = keep.table
    chosen = select(table.c.trust, table.c.id, table.c.state, table.c.revision, table.c.head)
    rows = tx.connection.execute(chosen.where(table.c.state == one.old).limit(CHUNK).with_for_update()).mappings().all()
    _journalled(tx, workflow, table, rows, one, target=one.new)
    return len(rows)


def _answers(tx: Transaction, one: Renamed) -> int:
    """Let a chunk of open questions offer the new name of a choice."""
    workflow = tx.engine.kept(approval.KIND)[0]
    rows = _offering(tx.connection, one)[:CHUNK]
    _journalled(tx, workflow, questions, rows, one)
    key = (questions.c.trust == bindparam("of_trust"), questions.c.id == bindparam("of_id"))
    offered = [
        {
            "of_trust": row["trust"],
            "of_id": row["id"],
            "choices": [one.new if choice == one.old else choice for choice in row["choices"]],
            "lapse": one.new if row["lapse"] == one.old else row["lapse"],
        }
        for row in rows
    ]
    if offered:
        tx.connection.execute(update(questions).where(*key), offered)
    return len(rows)


def _journalled(  # noqa: PLR0913, PLR0917 - a row of the journal has as many sides
    tx: Transaction,
    workflow: Workflow,
    table: Table,
    rows: Sequence[RowMapping],
    one: Renamed,
    target: str | None = None,
) -> None:
    if not rows:
        return
    reason = f"The {one.what} {one.old} is called {one.new} from this version on."
    entries = [_entry(tx, workflow, row, target or row["state"], reason) for row in rows]
    tx.connection.execute(insert(journal_table), entries)
    key = (table.c.trust == bindparam("of_trust"), table.c.id == bindparam("of_id"))
    names = {"state": "target", "revision": "revision", "head": "hash", "definition": "definition", "updated_at": "at"}
    moved = [
        {"of_trust": entry["trust"], "of_id": entry["subject"], **{name: entry[said] for name, said in names.items()}}
        for entry in entries
    ]
    tx.connection.execute(update(table).where(*key), moved)


def _entry(tx: Transaction, workflow: Workflow, row: RowMapping, target: str, reason: str) -> dict[str, Any]:
    said = {
        "trust": row["trust"],
        "kind": workflow.kind,
        "subject": row["id"],
        "revision": row["revision"] + 1,
        "step": STEP,
        "trigger": "RENAME",
        "source": row["state"],
        "target": target,
        "actor": SYSTEM,
        "at": tx.now,
        "because": None,
        "definition": workflow.version,
        "previous": row["head"],
    }
    return journal.entry(said, journal.payload({"reason": reason}, "Preceptor"))


def _asked(tx: Transaction, one: Renamed) -> int:
    """Let standing questions say that the state of the new name asks."""
    return tx.connection.execute(update(questions).where(_asking(one)).values(asking=one.new)).rowcount


def _predicates(tx: Transaction, one: Renamed) -> int:
    """Let letters that are not sent yet hold in the state of the new name."""
    unsent = and_(outbox.c.kind == one.kind, outbox.c.state.in_((*WAITING, Delivery.PARKED)))
    chosen = select(outbox.c.trust, outbox.c.id, outbox.c.relevant).where(unsent, outbox.c.relevant.is_not(None))
    rows = [row for row in tx.connection.execute(chosen) if one.old in _states_of(row.relevant)]
    key = (outbox.c.trust == bindparam("of_trust"), outbox.c.id == bindparam("of_id"))
    said = [{"of_trust": row.trust, "of_id": row.id, "relevant": _holding(row.relevant, one)} for row in rows]
    if said:
        tx.connection.execute(update(outbox).where(*key), said)
    return len(said)


def _timers(tx: Transaction, one: Renamed) -> int:
    return tx.connection.execute(update(timers).where(_fires(one)).values(trigger=one.new)).rowcount


_ACTS: Final = {What.STATE: (_subjects, _asked, _predicates), What.TRIGGER: (_timers, _answers)}


def _states_of(relevant: Any) -> Sequence[str]:
    states: Sequence[str] = (relevant or {}).get("facts", {}).get("states", ())
    return states


def _holding(relevant: Any, one: Renamed) -> Any:
    states = [one.new if state == one.old else state for state in _states_of(relevant)]
    return {**relevant, "facts": {**relevant["facts"], "states": states}}


def _asking(one: Renamed) -> ColumnElement[bool]:
    standing = questions.c.state.in_(approval.STANDING)
    return and_(questions.c.kind == one.kind, questions.c.asking == one.old, standing)


def _fires(one: Renamed) -> ColumnElement[bool]:
    return and_(timers.c.kind == one.kind, timers.c.trigger == one.old)


def _offering(connection: Connection, one: Renamed) -> list[RowMapping]:
    """Return the standing questions that offer the old name of a choice, or lapse by it."""
    named = (questions.c.trust, questions.c.id, questions.c.state, questions.c.revision, questions.c.head)
    chosen = select(*named, questions.c.choices, questions.c.lapse)
    standing = and_(questions.c.kind == one.kind, questions.c.state.in_(approval.STANDING))
    rows = connection.execute(chosen.where(standing).with_for_update()).mappings()
    return [row for row in rows if one.old in row["choices"] or one.old == row["lapse"]]


def _count(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
