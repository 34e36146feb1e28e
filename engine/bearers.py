"""Tokens by which programs get in: 256 random bits kept as their SHA-256, for some time and for some of the API."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select, update

from engine.accounts import digest
from engine.errors import Missing
from engine.roles.directory_tables import api_tokens

EVERYTHING: Final = "*"
"""The scope of a token that may do all that its account may."""
LIFE: Final = timedelta(days=365)
_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whose a token is, and what it is for.

    A scope is `*`, `read`, or of one resource `enrolments:read` or `enrolments:write`; whoever may write may read.
    """

    trust: str
    account: str
    scopes: tuple[str, ...]

    def may(self, resource: str, *, write: bool) -> bool:
        """Say whether the token is for this resource."""
        allowed = {EVERYTHING, f"{resource}:write"} if write else {EVERYTHING, "read", f"{resource}:read"}
        return not allowed.isdisjoint(self.scopes) or (not write and f"{resource}:write" in self.scopes)


def add(  # noqa: PLR0913 - whose it is, since when, for what and how long
    conn: Connection,
    trust: str,
    account: str,
    now: datetime,
    *,
    scopes: Sequence[str] = (EVERYTHING,),
    life: timedelta = LIFE,
) -> str:
    """Return the secret of a new token; it can never be shown again."""
    secret = secrets.token_urlsafe(_BYTES)
    kept = {"hash": digest(secret), "scopes": list(scopes), "expires_at": now + life, "revoked": False}
    conn.execute(insert(api_tokens).values(**kept, trust=trust, account=account, made_at=now))
    return secret


def bearer(conn: Connection, secret: str, now: datetime) -> Bearer | None:
    """Return whose a token is and what it is for; None where it was revoked, has expired or never was."""
    query = select(api_tokens.c.trust, api_tokens.c.account, api_tokens.c.scopes)
    standing = (api_tokens.c.hash == digest(secret), ~api_tokens.c.revoked, api_tokens.c.expires_at > now)
    row = conn.execute(query.where(*standing)).first()
    return Bearer(trust=row.trust, account=row.account, scopes=tuple(row.scopes)) if row else None


def of_account(conn: Connection, trust: str, account: str) -> Sequence[RowMapping]:
    """Return the tokens of an account that were not revoked, the newest first, without their secrets."""
    mine = (api_tokens.c.trust == trust, api_tokens.c.account == account, ~api_tokens.c.revoked)
    return conn.execute(select(api_tokens).where(*mine).order_by(api_tokens.c.made_at.desc())).mappings().all()


def revoke(conn: Connection, trust: str, account: str, beginning: str = "") -> int:
    """Make the tokens of an account void whose hash begins so, or all; return how many. Raises `Missing` for none."""
    mine = (api_tokens.c.trust == trust, api_tokens.c.account == account, ~api_tokens.c.revoked)
    chosen = (*mine, api_tokens.c.hash.startswith(beginning, autoescape=True))
    count = conn.execute(update(api_tokens).where(*chosen).values(revoked=True)).rowcount
    if beginning and not count:
        raise Missing("There is no such token of this account.")
    return count
