"""The tables of competences, requirements, awards, reminders: trust first, then competence, then person (DESIGN 6)."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    text,
)

from engine.tables import Id, Instant, Json, key_columns, metadata, subject_columns

competences = Table(
    "competences",
    metadata,
    *key_columns(),
    Column("name", String(240), nullable=False),
    Column("framework", String(40), nullable=False),
    Column("validity_months", Integer),
    Column("national", Boolean, nullable=False),
    UniqueConstraint("trust", "name"),
)

requirements = Table(
    "requirements",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("competence", Id, primary_key=True),
    Column("organisation", Id, primary_key=True),
    ForeignKeyConstraint(["trust", "competence"], ["competences.trust", "competences.id"]),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
)

awards = Table(
    "awards",
    metadata,
    *subject_columns(),
    Column("competence", Id, nullable=False),
    Column("person", Id, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("source", Json, nullable=False),
    ForeignKeyConstraint(["trust", "competence"], ["competences.trust", "competences.id"]),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    Index(
        "uq_awards_held",
        "trust",
        "competence",
        "person",
        unique=True,
        sqlite_where=text("state = 'HELD'"),
        postgresql_where=text("state = 'HELD'"),
    ),
    Index("ix_awards_person", "trust", "person"),
    Index(
        "ix_awards_ends",
        "trust",
        "ends_on",
        sqlite_where=text("state = 'HELD'"),
        postgresql_where=text("state = 'HELD'"),
    ),
)

reminders = Table(
    "reminders",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("person", Id, primary_key=True),
    Column("competence", Id, primary_key=True),
    Column("ends_on", Date, primary_key=True),
    Column("stage", String(20), primary_key=True),
    Column("at", Instant, nullable=False),
)

reminder_nights = Table(
    "reminder_nights",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("through", Date, nullable=False),
)
