"""Which division's bank holidays an organisation keeps, and days of its own."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, String, Table

from engine.tables import Id, metadata

working_calendars = Table(
    "working_calendars",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("division", String(20), nullable=False),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
)

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("works", Boolean, nullable=False),
    Column("title", String(80), nullable=False),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
)
