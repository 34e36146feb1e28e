"""Addresses to which nothing is sent for a while, because they refused a letter for good; passing trouble is counted.

Letters to them are held, say so, and go by themselves once the time is over or somebody lifts it. What lets somebody
sign in is sent all the same: whoever asked for it has just given that address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import calendar
from engine.mailroom_tables import suppressions
from engine.outgoing.outbox import WITH_A_LINK, Delivery
from engine.tables import outbox

HELD: Final = "Held: this address refused an earlier message for good"
_ZONE: Final = "Europe/London"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a mail server said of an address: `until` None where it may pass, else how long nothing is sent there."""

    status: str
    answer: str
    until: datetime | None = None


def note(connection: Connection, letter: RowMapping, trouble: Trouble, now: datetime) -> None:
    """Write down that a letter came back; what is in force stays so at least as long as it was to."""
    table, until = suppressions, trouble.until
    lasting = int(until is not None)
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    said = {"last_at": now, "status": trouble.status, "answer": trouble.answer, "letter": letter["id"]}
    row = {
        "trust": letter["trust"],
        "email": letter["email"].lower(),
        "until": until,
        "first_at": now,
        "permanent": lasting,
        "passing": 1 - lasting,
        "person": letter["person"],
        "organisation": letter["organisation"],
        **said,
    }
    again: dict[str, Any] = {"permanent": table.c.permanent + lasting, "passing": table.c.passing + 1 - lasting}
    again |= {**said, "until": until} if until else {"last_at": now}
    key = [table.c.trust, table.c.email]
    connection.execute(insert(table).values(row).on_conflict_do_update(index_elements=key, set_=again))


def held(connection: Connection, letters: Sequence[RowMapping], now: datetime) -> Mapping[str, datetime]:
    """Return by id until when letters are held, in one statement for all of them."""
    asked = {letter["email"].lower() for letter in letters if letter["kind"] != WITH_A_LINK}
    if not asked:
        return {}
    trusts = {letter["trust"] for letter in letters}
    in_force = (suppressions.c.trust.in_(trusts), suppressions.c.email.in_(asked), suppressions.c.until > now)
    rows = connection.execute(select(suppressions.c.trust, suppressions.c.email, suppressions.c.until).where(*in_force))
    until = {(row.trust, row.email): row.until for row in rows}
    keys = {one["id"]: (one["trust"], one["email"].lower()) for one in letters if one["kind"] != WITH_A_LINK}
    return {identifier: until[key] for identifier, key in keys.items() if key in until}


def sentence(until: datetime) -> str:
    """Say why a letter waits."""
    return f"{HELD}, so nothing is sent to it until {calendar.moment(until, _ZONE)}."


def lift(connection: Connection, trust: str, email: str, now: datetime) -> int:
    """Write to an address again, and return how many letters were held for it; they go at once."""
    mine = (suppressions.c.trust == trust, suppressions.c.email == email.lower())
    connection.execute(update(suppressions).where(*mine).values(until=None))
    waits = (
        outbox.c.trust == trust,
        func.lower(outbox.c.email) == email.lower(),
        outbox.c.state.in_((Delivery.QUEUED, Delivery.RETRY)),
        outbox.c.answer.startswith(HELD),
    )
    return connection.execute(update(outbox).where(*waits).values(due_at=now, answer=None)).rowcount


def of(connection: Connection, trust: str, email: str) -> RowMapping | None:
    """Return what is known of an address."""
    mine = (suppressions.c.trust == trust, suppressions.c.email == email.lower())
    return connection.execute(select(suppressions).where(*mine)).mappings().one_or_none()
