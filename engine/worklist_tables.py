"""What the worklist keeps for each account: its saved views, its settings, and which links of its mails were used."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Text, UniqueConstraint

from engine.tables import Id, Instant, key_columns, metadata

saved_views = Table(
    "saved_views",
    metadata,
    *key_columns(),
    Column("account", Id, nullable=False),
    Column("name", String(60), nullable=False),
    Column("query", Text, nullable=False),
    Column("sought", String(80), nullable=False),
    Column("usual", Boolean, nullable=False),
    UniqueConstraint("trust", "account", "name"),
)

worklist_settings = Table(
    "worklist_settings",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("account", Id, primary_key=True),
    Column("shortcuts", Boolean, nullable=False),
)

action_link_uses = Table(
    "action_link_uses",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("trust", Id, nullable=False),
    Column("approval", Id, nullable=False),
    Column("account", Id, nullable=False),
    Column("used_at", Instant, nullable=False),
    Index("ix_action_link_uses_approval", "trust", "approval"),
)
