"""The run-time's tables: immutable packages, attempts, and the log of every call.

What a SCO says is kept as JSON in text, for it may hold characters (NUL, halves of a pair) that PostgreSQL's JSON
refuses.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKeyConstraint, Index, Integer, String, Table, Text

from engine.tables import Id, Instant, Json, key_columns, metadata

_Hash = String(64)

packages = Table(
    "packages",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("hash", _Hash, primary_key=True),
    Column("edition", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("manifest", Json, nullable=False),
    Column("imported_at", Instant, nullable=False),
)

package_files = Table(
    "package_files",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("package", _Hash, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("folded", Text, nullable=False),
    Column("hash", _Hash, nullable=False),
    Column("size", Integer, nullable=False),
    ForeignKeyConstraint(["trust", "package"], ["packages.trust", "packages.hash"]),
    Index("ix_package_files_folded", "trust", "package", "folded"),
)

package_checks = Table(
    "package_checks",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("package", _Hash, primary_key=True),
    Column("warnings", Json, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("asked_at", Instant),
    Column("seen_at", Instant),
    Column("trial", Json),
    ForeignKeyConstraint(["trust", "package"], ["packages.trust", "packages.hash"]),
)

attempts = Table(
    "attempts",
    metadata,
    *key_columns(),
    Column("registration", String(80), nullable=False),
    Column("learner", Id, nullable=False),
    Column("learner_name", String(255), nullable=False),
    Column("package", _Hash, nullable=False),
    Column("sco", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("running", Boolean, nullable=False),
    Column("outcome", Json),
    Column("highest", Float),
    Column("last", Float),
    Column("opened_at", Instant, nullable=False),
    Column("active_at", Instant, nullable=False),
    ForeignKeyConstraint(["trust", "package"], ["packages.trust", "packages.hash"]),
    Index("ix_attempts_registration", "trust", "registration", "opened_at"),
    Index("ix_attempts_learner", "trust", "learner"),
    Index("ix_attempts_package", "trust", "package"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("launch", Text, nullable=False),
    Column("opening", Text, nullable=False),
    Column("activity", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("late_key", _Hash, nullable=False, index=True),
    Column("opened_at", Instant, nullable=False),
    Column("package", _Hash),
    ForeignKeyConstraint(["trust", "attempt"], ["attempts.trust", "attempts.id"]),
)

course_states = Table(
    "course_states",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("kept", Text, nullable=False),
    ForeignKeyConstraint(["trust", "attempt"], ["attempts.trust", "attempts.id"]),
)

shared_states = Table(
    "shared_states",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("learner", Id, primary_key=True),
    Column("kept", Text, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(30), nullable=False),
    Column("fn", String(40), nullable=False),
    Column("said", Text, nullable=False),
    Column("error", String(8), nullable=False),
    ForeignKeyConstraint(["trust", "attempt", "epoch"], ["epochs.trust", "epochs.attempt", "epochs.epoch"]),
)

call_batches = Table(
    "call_batches",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    Column("said", Text, nullable=False),
    ForeignKeyConstraint(
        ["trust", "attempt", "epoch"], ["epochs.trust", "epochs.attempt", "epochs.epoch"], ondelete="CASCADE"
    ),
)

call_values = Table(
    "call_values",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("hash", _Hash, primary_key=True),
    Column("value", Text, nullable=False),
    Column("times", Integer, nullable=False),
)

divergences = Table(
    "divergences",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("ours", Text, nullable=False),
    Column("theirs", Text, nullable=False),
    Column("found_at", Instant, nullable=False),
    ForeignKeyConstraint(
        ["trust", "attempt", "epoch", "seq"], ["calls.trust", "calls.attempt", "calls.epoch", "calls.seq"]
    ),
)

relays = Table(
    "relays",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("attempt", Id, primary_key=True),
    Column("key", _Hash, nullable=False, unique=True),
    Column("system", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("before", Integer, nullable=False),
    Column("sent_epoch", Integer, nullable=False),
    Column("sent_seq", Integer, nullable=False),
    Column("left", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("trouble", String(200), nullable=False),
    ForeignKeyConstraint(["trust", "attempt"], ["attempts.trust", "attempts.id"]),
)
