"""Links in mails that ask, by which the person asked may answer once (SECURITY 14).

A link is made of the secret key while its mail is written, so that no copy of the database holds one. It is bound to
one letter, the approval that the letter asks about and the account that it went to; what is kept is only the hash of
one that was used.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select

from engine import accounts
from engine.errors import Missing
from engine.tables import outbox
from engine.worklist_tables import action_link_uses

LIFE: Final = timedelta(days=14)
TOKEN: Final = "answer_link"  # noqa: S105 - the name of a template's token
PATH: Final = "/act/"
_PURPOSE: Final = b"preceptor action link 1"
_UNKNOWN: Final = "This link is not one that we sent, or it is no longer valid."
Row = Mapping[str, Any] | RowMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLink:
    """A link that we made: what it asks, of whom, and until when it may act; `hash` is what is kept of it."""

    trust: str
    approval: str
    account: str
    expires_at: datetime
    hash: str

    def expired(self, now: datetime) -> bool:
        """Say whether it is too late to act by it."""
        return now >= self.expires_at


def secret_of(key: str, row: Row) -> str:
    """Return the part of the address that only the mail has, for a letter of the outbox that asks."""
    said = "\0".join((row["trust"], row["id"], row["approval"], row["account"]))
    purpose = hmac.digest(key.encode(), _PURPOSE, "sha256")
    mark = urlsafe_b64encode(hmac.digest(purpose, said.encode(), "sha256")).decode().rstrip("=")
    return f"{row['trust']}.{row['id']}.{mark}"


def tokens(key: str, origin: str) -> Callable[[Row], Mapping[str, str]]:
    """Return what a composer adds to the tokens of a letter: the link, where the letter asks somebody something."""

    def known(row: Row) -> Mapping[str, str]:
        if not row.get("approval") or not row.get("account"):
            return {}
        return {TOKEN: f"{origin}{PATH}{secret_of(key, row)}"}

    return known


def read(conn: Connection, key: str, secret: str, life: timedelta = LIFE) -> ActionLink:
    """Return what a link stands for, also when it has expired. Raises `Missing` for one that we did not make."""
    trust, _, rest = secret.partition(".")
    letter = rest.rpartition(".")[0]
    chosen = select(outbox.c.trust, outbox.c.id, outbox.c.approval, outbox.c.account, outbox.c.queued_at)
    row = conn.execute(chosen.where(outbox.c.trust == trust, outbox.c.id == letter)).mappings().one_or_none()
    if row is None or not row["approval"] or not row["account"]:
        raise Missing(_UNKNOWN)
    if not hmac.compare_digest(secret_of(key, row).encode(), secret.encode("utf-8", "replace")):
        raise Missing(_UNKNOWN)
    return ActionLink(
        trust=trust,
        approval=row["approval"],
        account=row["account"],
        expires_at=row["queued_at"] + life,
        hash=accounts.digest(secret),
    )


def used(conn: Connection, link: ActionLink) -> bool:
    """Say whether somebody acted by it."""
    return conn.execute(select(action_link_uses.c.hash).where(action_link_uses.c.hash == link.hash)).first() is not None


def use(conn: Connection, link: ActionLink, now: datetime) -> None:
    """Use a link up, in the commit of what it does; a second time is a broken unique key, which undoes that commit."""
    row = {"hash": link.hash, "trust": link.trust, "approval": link.approval, "account": link.account}
    conn.execute(insert(action_link_uses).values(**row, used_at=now))
