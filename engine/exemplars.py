"""Real letters by which a template can be looked at: found, and read as the tokens that they were filled in with.

Whoever asks sees those of the organisations whose messages they may read, and no others.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from engine import calendar, messages, rehearsals, saying, template_keep
from engine.errors import Missing
from engine.outgoing.outbox import WITH_A_LINK
from engine.wording import notices, styles
from engine.wording.templates import Shelf
from engine.wording.texts import Wanted

_MOST: Final = 10
_NOT_SHOWN: Final = (WITH_A_LINK, rehearsals.KIND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """A real letter, as it is offered: its id, to whom and when."""

    id: str
    name: str
    queued_at: datetime


def search(
    connection: Connection, trust: str, notice: str, recipient: str, *, within: Collection[str]
) -> list[Exemplar]:
    """Return the latest letters of a notice in these organisations; `recipient` is a part of a name or an address."""
    page = messages.messages(connection, trust, {"notice": notice}, limit=3 * _MOST, within=within, recipient=recipient)
    shown = [row for row in page.letters if _readable(row)]
    return [Exemplar(id=row["id"], name=row["name"], queued_at=row["queued_at"]) for row in shown[:_MOST]]


def tokens(connection: Connection, trust: str, notice: str, letter: str, *, within: Collection[str]) -> dict[str, Any]:
    """Return what a letter was filled in with; a required token that no row keeps has its example.

    Raises `Missing`, also for a letter of another notice or organisation.
    """
    row = messages.message(connection, trust, letter)
    if row["notice"] != notice or row["organisation"] not in within or not _readable(row):
        raise Missing("There is no such message.")
    declared = notices.notice(notice).samples[notices.SHORTEST]
    said = {name: value for name, value in row["context"].items() if value not in (None, "")}
    return {**declared, **_known(connection, row), **said}


def brand(connection: Connection, trust: str, organisation: str) -> dict[str, str]:
    """Return the tokens by which mail shows whose it is, as an organisation's has them, or that of a class."""
    organisation = template_keep.home_of(connection, trust, organisation)
    style = styles.applying(connection, {(trust, organisation)}).get((trust, organisation))
    shelf = Shelf()
    shelf.prepare(connection, [Wanted(trust=trust, organisation=organisation, notice=notices.names()[0])])
    return {
        "trust_name": (style and style.name) or shelf.trust_name(trust),
        "brand_colour": (style and style.colour) or styles.USUAL,
        "contact_line": style.contact if style else "",
    }


def _known(connection: Connection, row: RowMapping) -> dict[str, str]:
    known = {"recipient_name": row["name"], "reason": row["reason"]}
    known |= brand(connection, row["trust"], row["organisation"])
    meeting = row["invitation"]
    if meeting:
        begins, ends = (calendar.instant(meeting[name]) for name in ("start", "end"))
        known["when"] = saying.language_of(row["language"]).when(begins, ends, meeting["zone"])
    return known


def _readable(row: RowMapping) -> bool:
    """Say whether it still says what it said, and holds nothing that opens a door."""
    return bool(row["email"]) and bool(row["context"]) and row["kind"] not in _NOT_SHOWN
