"""The call log: every call of the API in order, as the browser made it.

What came together is one row. A call on which browser and server disagree has a row of its own, and so has one that
says something long, which is kept once, by hash.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, takewhile
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import json_text
from engine.storage import prepared
from scorm import tables
from scorm.runtime.session import Call, Divergence

LONG = 1024
"""Bytes of JSON from which a value is kept apart."""

MOST_TOGETHER = 4096
"""Characters of a value that stands among others; SCORM 1.2 lets a SCO suspend with as many."""

_SAME_TRUST = 500  # hashes asked for in one statement
_ROWS = 500
_BATCHES = 50
_TOGETHER = insert(tables.call_batches)


@dataclass(frozen=True, slots=True)
class Page:
    """Calls as they stand in the log: those that stand alone, and the row of the others, {first, last, said}."""

    alone: Sequence[Call]
    together: Mapping[str, Any] | None


def page(calls: Sequence[Call], apart: Collection[int] = ()) -> Page:
    """Draw up what the log has of some calls; those of the numbers in `apart` stand by themselves."""
    if not apart and _brief(calls):
        return Page((), _row(calls))
    alone = [call for call in calls if call.seq in apart or not _brief((call,))]
    others = {call.seq for call in alone}
    together = [call for call in calls if call.seq not in others]
    return Page(alone, _row(together) if together else None)


def append(connection: Connection, key: Mapping[str, Any], drawn: Page) -> None:
    """Write calls at the end of the log; `key` is {trust, attempt, epoch}."""
    if drawn.together:
        prepared.write(connection, _TOGETHER, [{**key, **drawn.together}])
    if drawn.alone:
        _append_alone(connection, key, drawn.alone)


def read(connection: Connection, key: Mapping[str, Any], until: int | None = None) -> list[Call]:
    """Return the calls of an epoch, {trust, attempt, epoch}, in order: all of them, or up to and with `until`."""
    every = following(connection, key)
    return list(every if until is None else takewhile(lambda call: call.seq <= until, every))


def following(connection: Connection, key: Mapping[str, Any], after: int = 0) -> Iterator[Call]:
    """Yield the calls of an epoch that come after one, in order, read some at a time."""
    return heapq.merge(_alone(connection, key, after), _together(connection, key, after))


def whole(connection: Connection, trust: str, rows: Sequence[RowMapping]) -> list[Call]:
    """Make calls of rows of the log, with what is kept apart put in again."""
    said = [json.loads(row["said"]) for row in rows]
    values = _values(connection, trust, said)
    return [
        Call(
            seq=row["seq"],
            at=row["at"],
            fn=row["fn"],
            args=tuple(_whole(part, values) for part in parts[:-1]),
            answer=_whole(parts[-1], values),
            error=row["error"],
        )
        for row, parts in zip(rows, said, strict=True)
    ]


def batch(said: str) -> Iterator[Call]:
    """Read the calls of one row in which they stand together."""
    for seq, at, fn, args, answer, error in json_text.read(said):
        yield Call(seq=seq, at=at, fn=fn, args=tuple(args), answer=answer, error=error)


def note(connection: Connection, key: Mapping[str, Any], found: Sequence[Divergence], now: datetime) -> None:
    """Write down where browser and server answered otherwise: each is an item for a person to look at."""
    rows = [
        {**key, "seq": one.seq, "ours": json.dumps(one.ours), "theirs": json.dumps(one.theirs), "found_at": now}
        for one in found
    ]
    if rows:
        connection.execute(insert(tables.divergences), rows)


def _row(calls: Sequence[Call]) -> Mapping[str, Any]:
    said = json_text.written([tuple(call) for call in calls])
    return {"first": calls[0].seq, "last": calls[-1].seq, "said": said}


def _brief(calls: Sequence[Call]) -> bool:
    """Say whether all that was said in these calls may stand among others."""
    said = chain((call.answer for call in calls), *(call.args for call in calls))
    return max(map(len, said)) <= MOST_TOGETHER


def _append_alone(connection: Connection, key: Mapping[str, Any], calls: Sequence[Call]) -> None:
    long: dict[str, str] = {}
    rows = [
        {**key, "seq": call.seq, "at": call.at, "fn": call.fn, "said": _written(call, long), "error": call.error}
        for call in calls
    ]
    if long:
        kept = [{"trust": key["trust"], "hash": hashed, "value": long[hashed], "times": 1} for hashed in sorted(long)]
        connection.execute(_insert_or_count(connection), kept)
    connection.execute(insert(tables.calls), rows)


def _alone(connection: Connection, key: Mapping[str, Any], after: int) -> Iterator[Call]:
    table = tables.calls
    question = select(table).where(*_of(table, key)).order_by(table.c.seq).limit(_ROWS)
    while rows := connection.execute(question.where(table.c.seq > after)).mappings().all():
        yield from whole(connection, key["trust"], rows)
        after = rows[-1]["seq"]


def _together(connection: Connection, key: Mapping[str, Any], after: int) -> Iterator[Call]:
    table = tables.call_batches
    question = select(table.c.last, table.c.said).where(*_of(table, key)).order_by(table.c.first).limit(_BATCHES)
    last = after
    while rows := connection.execute(question.where(table.c.last > last)).all():
        for row in rows:
            yield from (call for call in batch(row.said) if call.seq > after)
        last = rows[-1].last


def _of(table: Any, key: Mapping[str, Any]) -> Iterator[Any]:
    return (table.c[name] == value for name, value in key.items())


def _written(call: Call, long: dict[str, str]) -> str:
    """Write arguments and answer as one JSON list, and put what is long into `long`, by hash."""
    return json.dumps([_short(part, long) for part in (*call.args, call.answer)])


def _short(value: str, long: dict[str, str]) -> str | dict[str, str]:
    if len(value) * 6 <= LONG:  # JSON needs at most six bytes for a character
        return value
    text = json.dumps(value)
    if len(text) <= LONG:
        return value
    hashed = hashlib.sha256(text.encode()).hexdigest()
    long[hashed] = text
    return {"sha256": hashed}


def _values(connection: Connection, trust: str, said: Sequence[Sequence[Any]]) -> dict[str, str]:
    hashes = sorted({part["sha256"] for parts in said for part in parts if isinstance(part, dict)})
    values = tables.call_values
    found: dict[str, str] = {}
    for start in range(0, len(hashes), _SAME_TRUST):
        some = hashes[start : start + _SAME_TRUST]
        rows = connection.execute(
            select(values.c.hash, values.c.value).where(values.c.trust == trust, values.c.hash.in_(some))
        )
        found.update({row.hash: json.loads(row.value) for row in rows})
    return found


def _whole(part: str | dict[str, str], values: Mapping[str, str]) -> str:
    return values[part["sha256"]] if isinstance(part, dict) else part


def _insert_or_count(connection: Connection) -> Any:
    """Keep a value, or count that it was said once more: so that nobody forgets it meanwhile (`scorm.retention`)."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    values = tables.call_values
    counted = {"times": values.c.times + 1}
    return dialect.insert(values).on_conflict_do_update(index_elements=["trust", "hash"], set_=counted)
