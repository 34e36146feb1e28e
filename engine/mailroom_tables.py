"""The mail that came, and the addresses that refuse ours: the tables of the mailroom.

Kept beside `tables.py`, which has the spine's.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text

from engine.tables import Id, Instant, Json, metadata

_NOT_READ = text("state = 'WAITING'")

inbound_mail = Table(
    "inbound_mail",
    metadata,
    Column("id", Id, primary_key=True),
    Column("trust", Id),
    Column("organisation", Id),
    Column("state", String(12), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("peer", String(64), nullable=False),
    Column("sender", String(320), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("use", String(12)),
    Column("name", Id),
    Column("digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("once", String(64), unique=True),
    Column("kind", String(12)),
    Column("from_address", String(320), nullable=False, server_default=""),
    Column("subject_line", Text, nullable=False, server_default=""),
    Column("said", Text, nullable=False, server_default=""),
    Column("found", Json),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("about_kind", String(40)),
    Column("about", Id),
    Column("person", Id),
    Column("letter", Id),
    Column("read_at", Instant),
    Column("handled_at", Instant),
    Column("handled_by", Id),
    Column("handled_by_name", String(200)),
    UniqueConstraint("recipient", "digest"),
    Index("ix_inbound_mail_listed", "trust", "state", "id"),
    Index("ix_inbound_mail_about", "trust", "about_kind", "about"),
    Index("ix_inbound_mail_letter", "trust", "letter"),
    Index("ix_inbound_mail_waiting", "received_at", sqlite_where=_NOT_READ, postgresql_where=_NOT_READ),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("email", String(254), primary_key=True),
    Column("until", Instant),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("permanent", Integer, nullable=False),
    Column("passing", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("answer", Text, nullable=False),
    Column("letter", Id),
    Column("person", Id),
    Column("organisation", Id, nullable=False),
)
