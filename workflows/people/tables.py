"""The tables of persons and assignments."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, String, Table

from engine.tables import Id, key_columns, metadata

persons = Table(
    "persons",
    metadata,
    *key_columns(),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("organisation", Id, nullable=False),
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
