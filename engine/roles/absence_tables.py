"""Who is away, and who changed what about absences, roles and their holders: the tables.

Kept beside `directory_tables.py`, which has the roles themselves.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, String, Table, Text

from engine.tables import Id, Instant, Json, key_columns, metadata

absences = Table(
    "absences",
    metadata,
    *key_columns(),
    Column("account", Id, nullable=False),
    Column("state", String(12), nullable=False),
    Column("action", String(12), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("kind", String(40)),
    Column("notice", String(80)),
    Column("to", Id),
    Column("transfer", Boolean, nullable=False),
    Column("answer", String(40)),
    Column("comment", Text, nullable=False),
    Column("source", String(255)),
    ForeignKeyConstraint(["trust", "account"], ["accounts.trust", "accounts.id"]),
    ForeignKeyConstraint(["trust", "to"], ["accounts.trust", "accounts.id"]),
    Index("ix_absences_account", "trust", "account"),
    Index("ix_absences_standing", "trust", "state", "ends_at"),
)

amendments = Table(
    "amendments",
    metadata,
    *key_columns(),
    Column("kind", String(20), nullable=False),
    Column("key", String(240), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Id, nullable=False),
    Column("actor_name", String(200), nullable=False),
    Column("what", String(300), nullable=False),
    Column("said", Json, nullable=False),
    Index("ix_amendments_key", "trust", "kind", "key"),
)
