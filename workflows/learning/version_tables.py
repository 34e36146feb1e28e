"""The tables of versions: which packages follow one another, and which attempts were moved from one to another."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Index, Integer, String, Table, Text, text

from engine.tables import Id, Instant, key_columns, metadata, subject_columns

_Hash = String(64)

package_versions = Table(
    "package_versions",
    metadata,
    *subject_columns(),
    Column("line", _Hash, nullable=False),
    Column("number", Integer, nullable=False),
    Column("package", _Hash, nullable=False),
    Column("comment", Text),
    Column("added_at", Instant, nullable=False),
    Column("published_at", Instant),
    ForeignKeyConstraint(["trust", "package"], ["packages.trust", "packages.hash"]),
    Index("uq_package_versions_package", "trust", "package", unique=True),
    Index("uq_package_versions_number", "trust", "line", "number", unique=True),
    Index(
        "uq_package_versions_published",
        "trust",
        "line",
        unique=True,
        sqlite_where=text("state = 'PUBLISHED'"),
        postgresql_where=text("state = 'PUBLISHED'"),
    ),
)

move_orders = Table(
    "move_orders",
    metadata,
    *key_columns(),
    Column("line", _Hash, nullable=False),
    Column("package", _Hash, nullable=False),
    Column("scope", String(10), nullable=False),
    Column("progress", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Id, nullable=False),
    Column("made_at", Instant, nullable=False),
    ForeignKeyConstraint(["trust", "package"], ["packages.trust", "packages.hash"]),
    Index("ix_move_orders_line", "trust", "line"),
)

attempt_moves = Table(
    "attempt_moves",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("order", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("package", _Hash, nullable=False),
    Column("sco", Text, nullable=False),
    Column("keeps", String(10), nullable=False),
    Column("afresh", Boolean, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("course", Text),
    Column("moved_at", Instant),
    Column("undone_at", Instant),
    Column("refused", Text),
    ForeignKeyConstraint(["trust", "order"], ["move_orders.trust", "move_orders.id"]),
    ForeignKeyConstraint(["trust", "attempt"], ["attempts.trust", "attempts.id"]),
    Index("ix_attempt_moves_attempt", "trust", "attempt"),
)
