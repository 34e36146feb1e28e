"""The tables of webhooks: who is told of moves, how far each was told, and every delivery."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, String, Table, Text, text

from engine.tables import Id, Instant, Json, key_columns, metadata

webhooks = Table(
    "webhooks",
    metadata,
    *key_columns(),
    Column("url", String(500), nullable=False),
    Column("kinds", Json, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("account", Id, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("told_to", Integer, nullable=False),
    Column("told", Integer, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("webhook", Id, primary_key=True),
    Column("id", String(160), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("answer", Text),
    Column("done_at", Instant),
    ForeignKeyConstraint(["trust", "webhook"], ["webhooks.trust", "webhooks.id"]),
    Index(
        "ix_webhook_deliveries_due",
        "due_at",
        sqlite_where=text("state = 'WAITING'"),
        postgresql_where=text("state = 'WAITING'"),
    ),
)
