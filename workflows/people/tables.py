"""The tables of persons, their assignments, and requests for what is kept of them."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, String, Table

from engine.tables import Id, key_columns, metadata, subject_columns

persons = Table(
    "persons",
    metadata,
    *key_columns(),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("organisation", Id, nullable=False),
    Column("language", String(8)),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
    Index("ix_persons_name", "trust", "name"),
)

assignments = Table(
    "assignments",
    metadata,
    *key_columns(),
    Column("person", Id, nullable=False),
    Column("organisation", Id, nullable=False),
    Column("position", String(200), nullable=False),
    Column("status", String(12), nullable=False),
    Column("starts_on", Date),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
    Index("ix_assignments_person", "trust", "person"),
)

record_requests = Table(
    "record_requests",
    metadata,
    *subject_columns(),
    Column("person", Id, nullable=False),
    Column("form", String(8)),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    Index("ix_record_requests_person", "trust", "person"),
)
