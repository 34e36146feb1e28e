"""The tables of applicants and of what is transferred for them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, String, Table, Text

from engine.tables import Id, Json, metadata, subject_columns

applicants = Table(
    "applicants",
    metadata,
    *subject_columns(),
    Column("person", Id, nullable=False),
    Column("position", String(200), nullable=False),
    Column("hire_on", Date),
    Column("person_type", String(40)),
    Column("checks_complete", Boolean, nullable=False),
    Column("reason", Text),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
    Index("ix_applicants_person", "trust", "person"),
)

transfers = Table(
    "transfers",
    metadata,
    *subject_columns(),
    Column("applicant", Id, nullable=False),
    Column("source_organisation", String(200), nullable=False),
    Column("review_days", Integer, nullable=False),
    Column("reason", Text),
    ForeignKeyConstraint(["trust", "applicant"], ["applicants.trust", "applicants.id"]),
    Index("ix_transfers_applicant", "trust", "applicant"),
)

transfer_lines = Table(
    "transfer_lines",
    metadata,
    Column("trust", String(40), primary_key=True),
    Column("transfer", Id, primary_key=True),
    Column("number", String(8), primary_key=True),
    Column("name", String(240), nullable=False),
    Column("level", String(80)),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date),
    Column("decided", Json),
    ForeignKeyConstraint(["trust", "transfer"], ["transfers.trust", "transfers.id"]),
)
