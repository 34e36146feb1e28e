"""What people choose of their mail, how the mail of an organisation looks, and what happened to letters.

They lie beside the outbox, so that a letter which goes at once costs nothing more.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from engine.tables import Id, Instant, metadata

letter_events = Table(
    "letter_events",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("letter", Id, primary_key=True),
    Column("fence", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("answer", Text, nullable=False),
    Column("tried", Boolean, nullable=False),
    Column("actor", Id),
)

digest_items = Table(
    "digest_items",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("letter", Id, primary_key=True),
    Column("digest", Id, nullable=False),
    Index("ix_digest_items_digest", "trust", "digest"),
)

mail_choices = Table(
    "mail_choices",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("person", Id, primary_key=True),
    Column("notice", String(80), primary_key=True),
    Column("pace", String(12), nullable=False),
    Column("changed_at", Instant, nullable=False),
)

mail_zones = Table(
    "mail_zones",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("person", Id, primary_key=True),
    Column("zone", String(64), nullable=False),
)

mail_styles = Table(
    "mail_styles",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("colour", String(7), nullable=False),
    Column("contact", Text, nullable=False),
    Column("hours", String(40), nullable=False),
    Column("author", Id, nullable=False),
    Column("saved_at", Instant, nullable=False),
)
