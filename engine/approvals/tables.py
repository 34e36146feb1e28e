"""What belongs to approvals: what was said, the files that came with it, and the periods that a trust set otherwise."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Table, Text

from engine.tables import Id, Instant, key_columns, metadata

approval_comments = Table(
    "approval_comments",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("approval", Id, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("by", Id, nullable=False),
    Column("by_name", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("text", Text, nullable=False),
    ForeignKeyConstraint(["trust", "approval"], ["approvals.trust", "approvals.id"]),
)

attachment_files = Table(
    "attachment_files",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

approval_attachments = Table(
    "approval_attachments",
    metadata,
    *key_columns(),
    Column("approval", Id, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    ForeignKeyConstraint(["trust", "approval"], ["approvals.trust", "approvals.id"]),
    ForeignKeyConstraint(["trust", "hash"], ["attachment_files.trust", "attachment_files.hash"]),
    Index("ix_approval_attachments_approval", "trust", "approval"),
)

question_periods = Table(
    "question_periods",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("state", String(40), primary_key=True),
    Column("reminders", Integer, nullable=False),
    Column("remind_minutes", Integer, nullable=False),
    Column("escalate_minutes", Integer),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
)
