"""Who is who: the tables of organisations, roles, holders, accounts and what lets them in.

Kept beside `tables.py`, which has the spine's.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from engine.tables import Id, Instant, Json, key_columns, metadata

organisations = Table(
    "organisations",
    metadata,
    *key_columns(),
    Column("parent", Id),
    Column("name", String(200), nullable=False),
    Column("mail_name", String(200)),
    ForeignKeyConstraint(["trust", "parent"], ["organisations.trust", "organisations.id"]),
)

roles = Table(
    "roles",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("role", String(80), primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    ForeignKeyConstraint(["trust", "organisation"], ["organisations.trust", "organisations.id"]),
)

holders = Table(
    "holders",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("role", String(80), primary_key=True),
    Column("organisation", Id, primary_key=True),
    Column("account", Id, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    ForeignKeyConstraint(["trust", "role", "organisation"], ["roles.trust", "roles.role", "roles.organisation"]),
    Index("ix_holders_account", "trust", "account"),
)

accounts = Table(
    "accounts",
    metadata,
    *key_columns(),
    Column("username", String(80), nullable=False),
    Column("email", String(254), nullable=False),
    Column("name", String(200), nullable=False),
    Column("person", Id),
    Column("password", String(255)),
    Column("active", Boolean, nullable=False),
    Column("session", Integer, nullable=False),
    Column("oidc_subject", String(255)),
    UniqueConstraint("username"),
    UniqueConstraint("oidc_subject"),
    Index("ix_accounts_email", "email"),
    Index("ix_accounts_person", "trust", "person"),
)

grants = Table(
    "grants",
    metadata,
    Column("trust", Id, primary_key=True),
    Column("account", Id, primary_key=True),
    Column("responsibility", String(80), primary_key=True),
    Column("organisation", Id, primary_key=True),
    ForeignKeyConstraint(["trust", "account"], ["accounts.trust", "accounts.id"]),
)

account_links = Table(
    "account_links",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("trust", Id, nullable=False),
    Column("account", Id, nullable=False),
    Column("state", String(12), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_account_links_account", "trust", "account"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("trust", Id, nullable=False),
    Column("account", Id, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked", Boolean, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
)

rates = Table(
    "rates",
    metadata,
    Column("bucket", String(160), primary_key=True),
    Column("window", Instant, primary_key=True),
    Column("hits", Integer, nullable=False),
)

identity = Table(
    "identity",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("trust", Id, primary_key=True),
    Column("person", Id, primary_key=True),
)
