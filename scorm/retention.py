"""How long the call log is kept: what an attempt came to stays for ever, the single calls do not.

A long value goes with the last call that says it, a night later: whoever was erased left no call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Table, case, func, literal_column, select, true, tuple_, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from engine.privacy.retention import Rule
from scorm.tables import attempts, call_batches, call_values, calls, divergences, relays

_SIX_YEARS: Final = 2190
_QUARTER: Final = 90
_MARK: Final = '{"sha256": "'
_HASH: Final = 64
_MOST_PARTS: Final = 3  # of a call: two arguments and the answer


def _of_old_attempts(table: Table, last: datetime) -> Any:
    old = select(attempts.c.trust, attempts.c.id).where(attempts.c.active_at <= last)
    return tuple_(table.c.trust, table.c.attempt).in_(old)


class _Position(FunctionElement[int]):
    """Where a text begins in another, from 1; 0 where it does not."""

    type = Integer()
    inherit_cache = True


@compiles(_Position, "sqlite")
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Position, "postgresql")
def _strpos(element: Any, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def _said_by_no_call() -> ColumnElement[bool]:
    """Choose the long values to which no call points any more: the log is read once, for all parts of a call."""
    part = union_all(*(select(literal_column(str(number)).label("number")) for number in range(_MOST_PARTS))).subquery()
    ats, hashes = _references()
    # An outer join, or SQLite might read the log once for each part.
    here = {number: at > 0 for number, at in enumerate(ats)}
    named = (
        select(calls.c.trust, case(dict(enumerate(hashes)), value=part.c.number))
        .select_from(calls.outerjoin(part, true()))
        .where(ats[0] > 0, case(here, value=part.c.number))
    )
    every = select(call_values.c.trust, call_values.c.hash)
    return tuple_(call_values.c.trust, call_values.c.hash).in_(every.except_(named))


def _references() -> tuple[list[ColumnElement[int]], list[ColumnElement[str]]]:
    """Return where the references of a call begin, each after the one before, and the hashes that they name."""
    rest: ColumnElement[Any] = calls.c.said
    ats: list[ColumnElement[int]] = []
    hashes: list[ColumnElement[str]] = []
    for _part in range(_MOST_PARTS):
        at = _Position(rest, _MARK)
        ats.append(at)
        hashes.append(func.substr(rest, at + len(_MARK), _HASH))
        rest = func.substr(rest, at + len(_MARK) + _HASH)
    return ats, hashes


RULES: Final = (
    Rule(
        name="reports",
        sentence="Where the content-server adapter reported an attempt to, and whether it got through.",
        days=_QUARTER,
        table=relays,
        over=lambda last: _of_old_attempts(relays, last),
    ),
    Rule(
        name="disagreements",
        sentence="Where a browser and the server disagreed about a call; kept no longer than the calls.",
        days=_SIX_YEARS,
        table=divergences,
        over=lambda last: _of_old_attempts(divergences, last),
    ),
    Rule(
        name="calls",
        sentence="Every call that a course made; what the attempt came to stays.",
        days=_SIX_YEARS,
        table=calls,
        over=lambda last: _of_old_attempts(calls, last),
    ),
    Rule(
        name="calls",
        sentence="The same of calls that came together.",
        days=_SIX_YEARS,
        table=call_batches,
        over=lambda last: _of_old_attempts(call_batches, last),
    ),
    Rule(
        name="values",
        sentence="Long values that courses recorded, once no call says them any more.",
        days=1,
        table=call_values,
        over=lambda _last: _said_by_no_call(),
        unless="times",
        once=True,
    ),
)
