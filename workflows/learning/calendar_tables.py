"""The tables behind personal calendar feeds and reminders of classes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table

from engine.tables import Id, Instant, metadata

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("person", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("made_at", Instant, nullable=False),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
)

class_reminders = Table(
    "class_reminders",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("enrolment", Id, primary_key=True),
    Column("spell", Integer, primary_key=True, autoincrement=False),
    Column("starts_at", Instant, primary_key=True),
    Column("days", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    ForeignKeyConstraint(["trust", "enrolment"], ["enrolments.trust", "enrolments.id"]),
)
