"""The tables of the catalogue, classes, enrolments, performances and launches."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from engine.tables import Id, Instant, key_columns, metadata, subject_columns

courses = Table(
    "courses",
    metadata,
    *key_columns(),
    Column("title", String(200), nullable=False),
    Column("organisation", Id, nullable=False),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
)

offerings = Table(
    "offerings",
    metadata,
    *key_columns(),
    Column("course", Id, nullable=False),
    Column("title", String(200), nullable=False),
    Column("delivery", String(12), nullable=False),
    Column("package", String(64)),
    Column("competence", Id),
    Column("validity_months", Integer),
    Column("restrict_days", Integer),
    Column("max_attempts", Integer),
    Column("joining_text", Text, nullable=False),
    Column("conference", String(500)),
    Column("alarm_minutes", Integer),
    ForeignKeyConstraint(["trust", "course"], ["courses.trust", "courses.id"]),
    ForeignKeyConstraint(["trust", "competence"], ["competences.trust", "competences.id"]),
    ForeignKeyConstraint(["trust", "package"], ["packages.trust", "packages.hash"]),
    Index("ix_offerings_course", "trust", "course"),
)

classes = Table(
    "classes",
    metadata,
    *subject_columns(),
    Column("offering", Id, nullable=False),
    Column("title", String(200), nullable=False),
    Column("minimum", Integer, nullable=False),
    Column("maximum", Integer),
    Column("waitlist", Boolean, nullable=False),
    Column("waitlist_maximum", Integer),
    Column("restrict_days", Integer),
    Column("withdraw_days", Integer, nullable=False),
    Column("decline_withdraws", Boolean),
    Column("approval", Boolean, nullable=False),
    Column("venue", String(200), nullable=False),
    Column("joining_text", Text, nullable=False),
    Column("zone", String(60), nullable=False),
    Column("opens_at", Instant),
    Column("closes_at", Instant),
    Column("conference", String(500)),
    Column("alarm_minutes", Integer),
    ForeignKeyConstraint(["trust", "offering"], ["offerings.trust", "offerings.id"]),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
    Index("ix_classes_offering", "trust", "offering"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("course_class", Id, primary_key=True),
    Column("id", String(8), primary_key=True),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("venue", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    ForeignKeyConstraint(["trust", "course_class"], ["classes.trust", "classes.id"]),
)

enrolments = Table(
    "enrolments",
    metadata,
    *subject_columns(),
    Column("course_class", Id, nullable=False),
    Column("person", Id, nullable=False),
    Column("email", String(254)),
    Column("spell", Integer, nullable=False),
    Column("joined_at", Instant),
    Column("position", Integer),
    Column("reason", Text),
    Column("made_by", Id, nullable=False),
    Column("renewed", Integer),
    ForeignKeyConstraint(["trust", "course_class"], ["classes.trust", "classes.id"]),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    UniqueConstraint("trust", "course_class", "person"),
    Index(
        "uq_enrolments_position",
        "trust",
        "course_class",
        "position",
        unique=True,
        sqlite_where=text("position IS NOT NULL"),
        postgresql_where=text("position IS NOT NULL"),
    ),
    Index("ix_enrolments_person", "trust", "person"),
)

performances = Table(
    "performances",
    metadata,
    *subject_columns(),
    Column("person", Id, nullable=False),
    Column("offering", Id, nullable=False),
    Column("score", Float),
    Column("attempt", Id),
    Column("attempts", Integer, nullable=False),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    ForeignKeyConstraint(["trust", "offering"], ["offerings.trust", "offerings.id"]),
    UniqueConstraint("trust", "offering", "person"),
    Index("ix_performances_person", "trust", "person"),
)

launches = Table(
    "launches",
    metadata,
    *subject_columns(),
    Column("enrolment", Id, nullable=False),
    Column("person", Id, nullable=False),
    Column("period", Integer),
    ForeignKeyConstraint(["trust", "enrolment"], ["enrolments.trust", "enrolments.id"]),
    Index("ix_launches_enrolment", "trust", "enrolment"),
)

attempt_rules = Table(
    "attempt_rules",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("scope", String(10), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("value", String(20), nullable=False),
)

stuck_attempts = Table(
    "stuck_attempts",
    metadata,
    *subject_columns(),
    Column("person", Id, nullable=False),
    Column("enrolment", Id, nullable=False),
    Column("attempt", Id, nullable=False),
    Column("performance", Id, nullable=False),
    Column("course", String(200), nullable=False),
    Column("sign", String(30), nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by_name", String(255)),
    Column("reason", Text),
    ForeignKeyConstraint(["trust", "enrolment"], ["enrolments.trust", "enrolments.id"]),
    ForeignKeyConstraint(["trust", "person"], ["persons.trust", "persons.id"]),
    Index("ix_stuck_attempts_attempt", "trust", "attempt"),
    Index("ix_stuck_attempts_person", "trust", "person"),
)
