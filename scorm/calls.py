"""The call log: every call of the API in order, as the browser made it; what is long is kept once, by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from scorm import tables
from scorm.session import Call, Divergence

LONG = 1024
"""Bytes of JSON from which a value is kept apart."""

_SAME_TRUST = 500  # hashes asked for in one statement


def append(connection: Connection, key: Mapping[str, Any], calls: Sequence[Call]) -> None:
    """Write calls at the end of the log; `key` is {trust, attempt, epoch}."""
    long: dict[str, str] = {}
    rows = [
        {**key, "seq": call.seq, "at": call.at, "fn": call.fn, "said": _written(call, long), "error": call.error}
        for call in calls
    ]
    if long:
        kept = [{"trust": key["trust"], "hash": hashed, "value": long[hashed], "times": 1} for hashed in sorted(long)]
        connection.execute(_insert_or_count(connection), kept)
    connection.execute(insert(tables.calls), rows)


def read(connection: Connection, key: Mapping[str, Any], until: int | None = None) -> list[Call]:
    """Return the calls of an epoch, {trust, attempt, epoch}, in order: all of them, or up to and with `until`."""
    wanted = [tables.calls.c[name] == value for name, value in key.items()]
    if until is not None:
        wanted.append(tables.calls.c.seq <= until)
    rows = connection.execute(select(tables.calls).where(*wanted).order_by(tables.calls.c.seq)).mappings().all()
    return whole(connection, key["trust"], rows)


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


def note(connection: Connection, key: Mapping[str, Any], found: Sequence[Divergence], now: datetime) -> None:
    """Write down where browser and server answered otherwise: each is an item for a person to look at."""
    rows = [
        {**key, "seq": one.seq, "ours": json.dumps(one.ours), "theirs": json.dumps(one.theirs), "found_at": now}
        for one in found
    ]
    if rows:
        connection.execute(insert(tables.divergences), rows)


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
