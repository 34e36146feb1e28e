"""What went wrong and waits for a person, and which workers are alive: the tables of operations.

Kept beside `tables.py`, which has the spine's.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from engine.tables import Id, Instant, Json, metadata, subject_columns

_STILL_OPEN = text("state = 'OPEN'")

incidents = Table(
    "incidents",
    metadata,
    *subject_columns(),
    Column("cause", String(250), nullable=False),
    Column("source", String(20), nullable=False),
    Column("about_kind", String(40)),
    Column("about", Id),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("parked", Text, nullable=False),
    Column("reference", Json, nullable=False),
    Column("count", Integer, nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by_name", String(200)),
    Column("reason", Text),
    Index(
        "ix_incidents_open_cause",
        "trust",
        "cause",
        unique=True,
        sqlite_where=_STILL_OPEN,
        postgresql_where=_STILL_OPEN,
    ),
    Index("ix_incidents_raised", "trust", "state", "raised_at"),
    Index("ix_incidents_about", "trust", "about_kind", "about"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("worker", String(80), primary_key=True),
    Column("part", String(20), primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)
