"""Links in mail to the choice of what comes, and the header by which mail programs unsubscribe (RFC 2369, RFC 8058).

A link is made of the secret key while its mail is written, and no table holds it. It names one letter, and by that its
reader and its kind; it stands as long as the letter is kept. It only ever changes how mail comes.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from engine.errors import Missing
from engine.outgoing import pacing
from engine.tables import outbox
from engine.wording import terms
from engine.wording.skeleton import Header
from engine.wording.terms import Pace

PATH: Final = "/e-mails/stop/"
PAGE: Final = "/e-mails/"
TOKEN: Final = "choices_link"  # noqa: S105 - the name of a template's token
_PURPOSE: Final = b"preceptor unsubscribe link 1"
_UNKNOWN: Final = "This link is not one that we sent, or the message that it belongs to is no longer kept."
Row = Mapping[str, Any] | RowMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscription:
    """What a link that we made is about: one reader, and one kind of message."""

    trust: str
    person: str
    notice: str
    name: str


def secret_of(key: str, row: Row) -> str:
    """Return the part of the address that only the mail has."""
    said = f"{row['trust']}\0{row['id']}\0{row['person']}\0{row['notice']}"
    mark = hmac.digest(hmac.digest(key.encode(), _PURPOSE, "sha256"), said.encode(), "sha256")
    return f"{row['trust']}.{row['id']}.{urlsafe_b64encode(mark).decode().rstrip('=')}"


def tokens(key: str, origin: str) -> Callable[[Row], Mapping[str, str]]:
    """Return what a composer adds to the tokens of a letter: where its reader chooses what comes."""

    def known(row: Row) -> Mapping[str, str]:
        if not row["person"] or row["kind"] in pacing.AT_ONCE:
            return {}
        return {TOKEN: f"{origin}{PATH}{secret_of(key, row)}" if optional(row) else f"{origin}{PAGE}"}

    return known


def headers(key: str, origin: str) -> Callable[[Row], Iterable[Header]]:
    """Return what a composer adds to the headers of a letter that one may do without (RFC 8058 3.1)."""

    def known(row: Row) -> Iterable[Header]:
        if not optional(row):
            return ()
        address = f"<{origin}{PATH}{secret_of(key, row)}>"
        return ("List-Unsubscribe", address), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")

    return known


def optional(row: Row) -> bool:
    """Say whether the reader of a letter may choose to get none of its kind."""
    wanted = not row["person"] or row["kind"] in pacing.AT_ONCE or terms.fixed(row)
    return not wanted and Pace.NONE in terms.of(row["notice"]).choices


def read(connection: Connection, key: str, secret: str) -> Unsubscription:
    """Return what a link stands for. Raises `Missing` for one that we did not make."""
    trust, _, rest = secret.partition(".")
    mine = (outbox.c.trust == trust, outbox.c.id == rest.partition(".")[0])
    row = connection.execute(select(outbox).where(*mine)).mappings().one_or_none()
    if row is None or not row["email"] or not optional(row):
        raise Missing(_UNKNOWN)
    if not hmac.compare_digest(secret_of(key, row).encode(), secret.encode("utf-8", "replace")):
        raise Missing(_UNKNOWN)
    return Unsubscription(trust=trust, person=row["person"], notice=row["notice"], name=row["name"])
