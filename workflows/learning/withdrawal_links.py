"""Links by which a learner who declined a meeting withdraws without signing in: one letter's, for 14 days.

A link is made of the secret key while its mail is written, and no table holds it. It is over once the learner has left
the place that the letter was about, whoever did that.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, exists, select

from engine.action_links import LIFE
from engine.errors import Missing
from engine.tables import journal, outbox
from workflows.learning import letters
from workflows.learning.records import EnrolmentState

PATH: Final = "/withdraw/"
TOKEN: Final = "withdraw_link"  # noqa: S105 - the name of a template's token
_PURPOSE: Final = b"preceptor withdrawal link 1"
_UNKNOWN: Final = "This link is not one that we sent, or it is over."
Row = Mapping[str, Any] | RowMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalLink:
    """A link that we made, which still stands: whose enrolment it ends."""

    trust: str
    enrolment: str
    person: str


def secret_of(key: str, row: Row) -> str:
    """Return the part of the address that only the mail has."""
    said = f"{row['trust']}\0{row['id']}\0{row['subject']}"
    mark = hmac.digest(hmac.digest(key.encode(), _PURPOSE, "sha256"), said.encode(), "sha256")
    return f"{row['trust']}.{row['id']}.{urlsafe_b64encode(mark).decode().rstrip('=')}"


def tokens(key: str, origin: str) -> Callable[[Row], Mapping[str, str]]:
    """Return what a composer adds to the tokens of a letter that offers to withdraw."""

    def known(row: Row) -> Mapping[str, str]:
        offers = row["notice"] == letters.DECLINED.name and row["context"].get(TOKEN)
        return {TOKEN: f"{origin}{PATH}{secret_of(key, row)}"} if offers else {}

    return known


def read(conn: Connection, key: str, secret: str, now: datetime) -> WithdrawalLink:
    """Return what a link stands for. Raises `Missing` for one that is not ours, or is over."""
    trust, _, rest = secret.partition(".")
    mine = (outbox.c.trust == trust, outbox.c.id == rest.partition(".")[0], outbox.c.notice == letters.DECLINED.name)
    row = conn.execute(select(outbox).where(*mine)).mappings().one_or_none()
    if row is None or not hmac.compare_digest(secret_of(key, row).encode(), secret.encode("utf-8", "replace")):
        raise Missing(_UNKNOWN)
    if row["queued_at"] + LIFE <= now or row["person"] is None or _left(conn, row):
        raise Missing(_UNKNOWN)
    return WithdrawalLink(trust=trust, enrolment=row["subject"], person=row["person"])


def _left(conn: Connection, row: RowMapping) -> bool:
    """Say whether the enrolment has left the place since the letter: another place is not this link's."""
    since = exists().where(
        journal.c.trust == row["trust"],
        journal.c.kind == row["kind"],
        journal.c.subject == row["subject"],
        journal.c.revision > row["revision"],
        journal.c.target != EnrolmentState.CONFIRMED,
    )
    return bool(conn.execute(select(since)).scalar())
