"""Cursors of long lists: whatever is sent instead of one is refused, and never reaches the database."""

import base64
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select

from engine.errors import Invalid
from engine.tables import Instant
from engine.web import paging

things = Table("things", MetaData(), Column("id", String), Column("at", Instant), Column("number", Integer))
AT = datetime(2027, 1, 4, tzinfo=UTC).isoformat()


def cursor(said: object) -> str:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "sent",
    [
        "nonsense",
        "é",
        cursor({}),
        cursor(None),
        cursor([AT, 1]),
        cursor([AT, 1, "a", "b"]),
        cursor(["yesterday", 1, "a"]),
        cursor([AT, "1", "a"]),
        cursor([AT, 10**30, "a"]),
        cursor([AT, 1, ["a"]]),
        cursor([AT, 1, "a\0b"]),
        cursor([AT, 1, "\ud800"]),
        cursor(b"[" * 20_000),
    ],
)
def test_what_no_list_gave_out_is_refused_before_the_database_is_asked(sent):
    with pytest.raises(Invalid, match="not one that a list gave out"):
        paging.page(None, select(things), [things.c.at, things.c.number, things.c.id], cursor=sent)
