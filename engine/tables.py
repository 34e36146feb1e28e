"""The engine's tables: what moved, what is asked, what is to be said, what is due.

Large tables are keyed trust first (DESIGN section 6). `directory_tables` and the other packages add theirs to
the same `metadata`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engine import moments

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(40)
Json = JSON().with_variant(JSONB(), "postgresql")
JsonOrNothing = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite keeps no zone, so it is taken off and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """Return what values are, for those who read them from text."""
        return datetime

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        """Refuse a naive moment, and write it as the database has it."""
        return moments.written if dialect.name == "sqlite" else moments.aware

    def result_processor(self, dialect: Any, _coltype: object) -> Callable[[Any], Any]:
        """Give every moment back in UTC."""
        return moments.read if dialect.name == "sqlite" else moments.in_utc


def key_columns() -> tuple[Column[str], Column[str]]:
    """Return the key of a trust's own table: trust first, then id."""
    return Column("trust", Id, primary_key=True), Column("id", Id, primary_key=True)


def subject_columns() -> tuple[Column[Any], ...]:
    """Return the columns that every table of subjects has: the key, and what `Transaction.fire` moves.

    `revision` counts the moves, `head` is the hash of the last row in the journal, `definition` the version of the
    workflow that moved it last, `organisation` where permissions and local roles are looked up.
    """
    return (
        *key_columns(),
        Column("organisation", Id, nullable=False),
        Column("state", String(40), nullable=False),
        Column("revision", Integer, nullable=False),
        Column("head", String(64), nullable=False),
        Column("definition", String(16), nullable=False),
        Column("updated_at", Instant, nullable=False),
    )


def _only(where: str) -> dict[str, Any]:
    """Return what makes an index one of some rows, on both databases.

    A list after IN of more than two costs SQLite a table of its own with every row that is written.
    """
    return {"sqlite_where": text(where), "postgresql_where": text(where)}


journal = Table(
    "journal",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("subject", Id, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("step", String(40), nullable=False),
    Column("trigger", String(40), nullable=False),
    Column("source", String(40)),
    Column("target", String(40), nullable=False),
    Column("actor", Id, nullable=False),
    Column("at", Instant, nullable=False),
    Column("because", String(120)),
    Column("definition", String(16), nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("payload", Text),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("seal", Integer),
    Index("ix_journal_unsealed", "trust", **_only("seal IS NULL")),
    Index("ix_journal_sealed", "trust", "seal", **_only("seal IS NOT NULL")),
)

seals = Table(
    "seals",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("root", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    *key_columns(),
    Column("notice", String(80), nullable=False),
    Column("organisation", Id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", Id, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("person", Id),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("language", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("context", Json, nullable=False),
    Column("uid", String(255)),
    Column("invitation", JsonOrNothing),
    Column("relevant", JsonOrNothing),
    Column("approval", Id),
    Column("account", Id),
    Column("message_id", String(255), nullable=False),
    Column("template", String(80)),
    Column("state", String(12), nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unanswered", Integer, nullable=False, server_default=text("0")),
    Column("fence", Integer, nullable=False),
    Column("leased_until", Instant),
    Column("sent_at", Instant),
    Column("answer", Text),
    Column("places", String(90)),
    Index("ix_outbox_due", "due_at", **_only("state = 'QUEUED' OR state = 'SENDING' OR state = 'RETRY'")),
    Index("ix_outbox_begun", "trust", "kind", "subject", **_only("state <> 'QUEUED'")),
    Index("ix_outbox_parked", "trust", "notice", **_only("state = 'PARKED'")),
    Index("ix_outbox_uid", "trust", "uid", **_only("uid IS NOT NULL")),
)

invitations = Table(
    "invitations",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("uid", String(255), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("subject", Id, nullable=False),
    Column("attendee", String(254), nullable=False),
    Column("method", String(12), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("said", Json, nullable=False),
    Column("delivered_sequence", Integer),
    Column("delivered", Text),
    Column("tag", Id),
    Column("partstat", String(20)),
    Column("replied_at", Instant),
    Column("reply_comment", Text),
    Column("reply_sequence", Integer),
    Column("reply_stamp", Instant),
    Index("ix_invitations_subject", "trust", "kind", "subject"),
    Index("ix_invitations_tag", "tag", **_only("tag IS NOT NULL")),
)

approvals = Table(
    "approvals",
    metadata,
    *subject_columns(),
    Column("kind", String(40), nullable=False),
    Column("subject", Id, nullable=False),
    Column("subject_revision", Integer, nullable=False),
    Column("subject_person", Id),
    Column("title", Text, nullable=False),
    Column("role", String(80), nullable=False),
    Column("choices", Json, nullable=False),
    Column("lapse", String(40)),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("closed_at", Instant),
    Column("choice", String(40)),
    Column("answered_by", Id),
    Column("answered_by_name", String(200)),
    Column("comment", Text),
    Column("owner", Id),
    Column("owner_name", String(200)),
    Column("claimed", Boolean, nullable=False),
    Column("delegate", Id),
    Column("delegate_name", String(200)),
    Column("asked_by", Id),
    Column("asked_of", Id),
    Column("asked_of_name", String(200)),
    Column("asking", String(40), nullable=False),
    Column("in_role", String(80), nullable=False),
    Column("subject_organisation", Id, nullable=False),
    Column("sender", Id),
    Column("told", Json, nullable=False),
    Column("notice", String(80), nullable=False),
    Column("reminders", Integer, nullable=False),
    Column("remind_minutes", Integer, nullable=False),
    Column("reminded", Integer, nullable=False),
    Column("escalates_at", Instant),
    Column("escalation", Json, nullable=False),
    Column("level", Integer, nullable=False),
    Column("before", Id),
    Index("ix_approvals_owner", "trust", "owner", "state"),
    Index("ix_approvals_delegate", "trust", "delegate", "state"),
    Index("ix_approvals_asked_of", "trust", "asked_of", "state"),
    Index("ix_approvals_subject", "trust", "kind", "subject"),
    Index("ix_approvals_role", "trust", "role", "organisation", "state"),
)

timers = Table(
    "timers",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("key", String(160), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("subject", Id, nullable=False),
    Column("trigger", String(40), nullable=False),
    Column("facts", Json, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("incident", Id),
)

jobs = Table(
    "jobs",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("key", String(160), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("arguments", Json, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("leased_until", Instant),
    Column("finished_at", Instant),
    Column("answer", Text),
    Column("carrier", BigInteger),
    Index("ix_jobs_waiting", "due_at", **_only("state IN ('WAITING', 'RUNNING')")),
    Index("ix_jobs_dead", "name", **_only("state = 'DEAD'")),
)
