"""The texts of notices: versions of organisations' own, what each release shipped, and who publishes.

Kept beside `tables.py`, which has the spine's.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from engine.tables import Id, Instant, metadata

template_versions = Table(
    "template_versions",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("notice", String(80), primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(12), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("author", Id, nullable=False),
    Column("comment", Text, nullable=False),
    Column("saved_at", Instant, nullable=False),
    # What follows is empty in rows of the first release, which knew no drafts and published at once.
    Column("id", Id),
    Column("revision", Integer),
    Column("head", String(64)),
    Column("definition", String(16)),
    Column("updated_at", Instant),
    Column("language", String(8)),
    Column("published_at", Instant),
    Column("published_by", Id),
    Column("retired_at", Instant),
    Column("faults", Integer),
    Column("restores", Integer),
    Column("base_label", String(80)),
    Column("base_subject", Text),
    Column("base_text", Text),
    Column("base_html", Text),
    Index("ix_template_versions_id", "trust", "id", unique=True),
)

text_places = Table(
    "text_places",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("title", String(200), nullable=False),
    Column("organisation", Id, nullable=False),
    Column("above", Id),
)

shipped_texts = Table(
    "shipped_texts",
    metadata,
    Column("notice", String(80), primary_key=True),
    Column("label", String(80), primary_key=True),
    Column("language", String(8), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

template_rules = Table(
    "template_rules",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("second_person", Boolean, nullable=False),
    Column("changed_by", Id, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
