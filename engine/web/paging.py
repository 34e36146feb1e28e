"""Long lists in pages, by the key of the last row seen: no page is skipped or doubled while rows are added."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, tuple_

from engine.errors import Invalid

USUAL = 50
MOST = 200
_LARGEST = 2**63
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # which no database takes as text


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some rows of a list, and the cursor of the next page; None at the end."""

    rows: Sequence[RowMapping]
    next: str | None


def page(  # noqa: PLR0913 - a page has as many sides
    conn: Connection,
    query: Select[Any],
    keys: Sequence[ColumnElement[Any]],
    *,
    cursor: str | None = None,
    limit: int = USUAL,
    newest_first: bool = False,
) -> Page:
    """Return the rows of a query after a cursor, in the order of `keys`.

    The keys are columns of the query, together unique, never null; the query must not be ordered yet.
    Raises `Invalid` for a cursor that is none of ours.
    """
    if cursor:
        after = tuple_(*_decode(cursor, keys))
        query = query.where(tuple_(*keys) < after if newest_first else tuple_(*keys) > after)
    query = query.order_by(*(key.desc() if newest_first else key.asc() for key in keys)).limit(limit + 1)
    rows = conn.execute(query).mappings().all()
    shown = rows[:limit]
    return Page(rows=shown, next=_encode(shown[-1], keys) if len(rows) > limit else None)


def _encode(row: RowMapping, keys: Sequence[ColumnElement[Any]]) -> str:
    values = [row[key] for key in keys]
    said = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[ColumnElement[Any]]) -> list[Any]:
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_typed(key, value) for key, value in zip(keys, said, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid("This cursor is not one that a list gave out.", field="cursor") from None


def _typed(key: ColumnElement[Any], value: Any) -> Any:
    kind = key.type.python_type
    typed = datetime.fromisoformat(value) if kind is datetime else value
    if not isinstance(typed, kind) or not _storable(typed):
        raise TypeError(kind)
    return typed


def _storable(value: Any) -> bool:
    """Say whether both databases can compare a column with this."""
    if isinstance(value, int):
        return abs(value) < _LARGEST
    return not (isinstance(value, str) and _NO_TEXT.search(value))
