"""The table of forecasts that somebody asked for on the page; kept for a day."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from engine.tables import Id, Instant, Json, key_columns, metadata

forecasts = Table(
    "forecasts",
    metadata,
    *key_columns(),
    Column("account", Id, nullable=False),
    Column("state", String(12), nullable=False),
    Column("days", Integer, nullable=False),
    Column("change", Json),
    Column("progress", Integer, nullable=False),
    Column("result", Json),
    Column("trouble", Text),
    Column("asked_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Index(
        "uq_forecasts_running",
        "trust",
        "account",
        unique=True,
        sqlite_where=text("state = 'RUNNING'"),
        postgresql_where=text("state = 'RUNNING'"),
    ),
)
