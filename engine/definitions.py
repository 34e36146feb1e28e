"""Whether what is stored is still declared: states, triggers of timers, and the choices of open questions.

A process that meets a state which its workflow does not know would fail at one subject after another, so it does not
start: it names them all at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from engine.approvals.approval import STANDING
from engine.errors import Undeclared
from engine.machine import Workflow
from engine.tables import approvals, timers
from engine.transaction import Engine


def require(engine: Engine) -> None:
    """Raise `Undeclared` with a line for everything stored that is not declared any more."""
    with engine.reading() as connection:
        found = list(undeclared(engine, connection))
    if found:
        listed = "\n".join(f"  {line}" for line in found)
        raise Undeclared(
            f"What is stored does not fit the workflows of this version:\n{listed}\n"
            "Declare the renaming (wiring.RENAMED) and run `preceptor workflows migrate`, or start the version before.",
            found=found,
        )


def undeclared(engine: Engine, connection: Connection) -> Iterator[str]:
    """Yield a sentence for each stored state, trigger and choice that no workflow declares; one query a table."""
    for kind, (workflow, keep) in sorted(engine.keeps.items()):
        yield from _states(connection, kind, workflow, keep.table)
    yield from _timers(engine, connection)
    yield from _questions(engine, connection)


def _states(connection: Connection, kind: str, workflow: Workflow, table: Table) -> Iterator[str]:
    unknown = table.c.state.not_in(list(map(str, workflow.states)))
    for state, count in _counted(connection, (table.c.state,), unknown):
        yield f"{kind}: {count} in the state “{state}”, which is not declared."


def _timers(engine: Engine, connection: Connection) -> Iterator[str]:
    for kind, trigger, count in _counted(connection, (timers.c.kind, timers.c.trigger)):
        if trigger not in _triggers(engine, kind):
            yield f"{kind}: {count} timers that fire “{trigger}”, which is not declared."


def _questions(engine: Engine, connection: Connection) -> Iterator[str]:
    """Yield the answers of standing questions that nobody could give any more."""
    columns = (approvals.c.kind, approvals.c.choices, approvals.c.lapse)
    lost: dict[tuple[str, str], int] = {}
    for kind, choices, lapse, count in _counted(connection, columns, approvals.c.state.in_(STANDING)):
        for trigger in {*choices, *([lapse] if lapse else ())} - _triggers(engine, kind):
            lost[kind, trigger] = lost.get((kind, trigger), 0) + count
    for (kind, trigger), count in sorted(lost.items()):
        yield f"{kind}: {count} open questions that offer “{trigger}”, which is not declared."


def _triggers(engine: Engine, kind: str) -> set[str]:
    return set(map(str, engine.keeps[kind][0].triggers)) if kind in engine.keeps else set()


def _counted(
    connection: Connection, columns: tuple[ColumnElement[Any], ...], *conditions: ColumnElement[bool]
) -> Iterator[tuple[Any, ...]]:
    chosen = select(*columns, func.count()).where(*conditions).group_by(*columns).order_by(*columns)
    yield from (tuple(row) for row in connection.execute(chosen))
