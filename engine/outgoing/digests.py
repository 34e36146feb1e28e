"""The daily digest (SYS-08, catalogue P28): letters that wait for it, and the one letter of a day that names them.

The digest is a letter in the outbox that is due at its hour, made when the first letter waits for it. Which letters it
names is looked up when it goes, so that each is asked again whether it is still true. Letters fall due by themselves a
little later: one whose digest did not take it along is taken by the next.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine import identifiers
from engine.outgoing.outbox import WAITING, Delivery, Outcome
from engine.outgoing.outbox import standing as unsent
from engine.outgoing_tables import digest_items
from engine.tables import outbox

KIND: Final = "digest"
NOTICE: Final = "SYS-08-daily-digest"
GRACE: Final = timedelta(minutes=10)
MOST: Final = 100
EMPTY: Final = "Not sent, for nothing of it was left to say."
_REASON: Final = "You get this message because you chose to get some e-mails once a day."


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The digest of one reader and one day: its id, when it is due, and the letter that waits for it."""

    id: str
    at: datetime
    letter: RowMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the digests of a lease hold: by digest its letters that are still true, and by letter why one is not."""

    items: Mapping[str, Sequence[RowMapping]]
    untrue: Mapping[str, str]


def next_day(letter: RowMapping, now: datetime, zone: str, at: time) -> Day:
    """Return the next digest of a letter's reader: daily at a local time of day."""
    local = now.astimezone(ZoneInfo(zone))
    moments = (
        datetime.combine(local.date() + timedelta(days=days), at, ZoneInfo(zone)).astimezone(UTC) for days in range(3)
    )
    due = next(moment for moment in moments if moment > now)
    return Day(id=_identifier(letter, due), at=due, letter=letter)


def standing(connection: Connection, letters: Sequence[RowMapping]) -> set[str]:
    """Return the ids of those letters whose digest has not gone yet."""
    if not letters:
        return set()
    digest = outbox.alias("digest")
    same = and_(digest.c.trust == digest_items.c.trust, digest.c.id == digest_items.c.digest)
    mine = (
        digest_items.c.trust.in_({letter["trust"] for letter in letters}),
        digest_items.c.letter.in_([letter["id"] for letter in letters]),
        digest.c.state.in_(WAITING),
    )
    return set(connection.execute(select(digest_items.c.letter).join(digest, same).where(*mine)).scalars())


def waiting(connection: Connection, digests: Sequence[RowMapping]) -> Sequence[RowMapping]:
    """Return the letters that wait for these digests, the oldest first; of each digest the most it may name."""
    if not digests:
        return ()
    same = and_(outbox.c.trust == digest_items.c.trust, outbox.c.id == digest_items.c.letter)
    mine = (
        digest_items.c.trust.in_({digest["trust"] for digest in digests}),
        digest_items.c.digest.in_([digest["id"] for digest in digests]),
        outbox.c.state.in_(WAITING),
    )
    chosen = select(outbox, digest_items.c.digest).join(digest_items, same).where(*mine)
    return connection.execute(chosen.order_by(outbox.c.queued_at, outbox.c.id)).mappings().all()


def named(connection: Connection, trust: str, digest: str) -> Sequence[RowMapping]:
    """Return the letters that went in a digest, or wait for it, the oldest first."""
    same = and_(outbox.c.trust == digest_items.c.trust, outbox.c.id == digest_items.c.letter)
    mine = (digest_items.c.trust == trust, digest_items.c.digest == digest)
    chosen = select(outbox).join(digest_items, same).where(*mine, outbox.c.state.in_((*WAITING, Delivery.SENT)))
    return connection.execute(chosen.order_by(outbox.c.queued_at, outbox.c.id).limit(MOST)).mappings().all()


def of(connection: Connection, trust: str, letter: str) -> str | None:
    """Return the digest for which a letter waits, or in which it went."""
    mine = (digest_items.c.trust == trust, digest_items.c.letter == letter)
    return connection.execute(select(digest_items.c.digest).where(*mine)).scalar_one_or_none()


def contents(letters: Iterable[RowMapping], untrue: Mapping[str, str]) -> Contents:
    """Sort the letters that wait by their digest, without those that are no longer true."""
    items: dict[str, list[RowMapping]] = defaultdict(list)
    for letter in letters:
        if letter["id"] not in untrue and len(items[letter["digest"]]) < MOST:
            items[letter["digest"]].append(letter)
    return Contents(items=items, untrue=untrue)


def hold(connection: Connection, days: Sequence[Day]) -> None:
    """Have letters wait for the digest of their day, which is made where it does not stand yet."""
    if not days:
        return
    inserting = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = {day.id: _row(day) for day in days}
    connection.execute(inserting(outbox).values(list(rows.values())).on_conflict_do_nothing())
    held = [{"trust": day.letter["trust"], "letter": day.letter["id"], "digest": day.id} for day in days]
    adding = inserting(digest_items).values(held)
    again = adding.on_conflict_do_update(index_elements=["trust", "letter"], set_={"digest": adding.excluded.digest})
    connection.execute(again)


def close(connection: Connection, outcomes: Sequence[Outcome], contents: Contents, items: Sequence[RowMapping]) -> None:
    """Mark what went in digests that went, and what was no longer true; whoever else leased one of them has lost it."""
    gone = {outcome.letter["id"]: outcome for outcome in outcomes if outcome.state == Delivery.SENT}
    sent = [
        _mark(letter, Delivery.SENT, "It went in the daily digest.", gone[digest].sent_at)
        for digest, letters in contents.items.items()
        if digest in gone
        for letter in letters
    ]
    untrue = [
        _mark(letter, Delivery.SUPPRESSED, contents.untrue[letter["id"]], None)
        for letter in items
        if letter["id"] in contents.untrue
    ]
    if sent or untrue:
        connection.execute(_CLOSING, [*sent, *untrue])


def let_go(connection: Connection, trust: str, person: str, notices: Sequence[str], now: datetime) -> int:
    """Have what waits for somebody's digest fall due at once, for they chose otherwise; return how many did.

    What waits for a digest that is being handed over at this moment goes with it: it would come twice.
    """
    digest = outbox.alias("digest")
    its = and_(outbox.c.trust == digest_items.c.trust, outbox.c.id == digest_items.c.letter)
    day = and_(digest.c.trust == digest_items.c.trust, digest.c.id == digest_items.c.digest)
    mine = (outbox.c.trust == trust, outbox.c.person == person, outbox.c.notice.in_(notices))
    waits = (unsent(outbox, (Delivery.QUEUED, Delivery.RETRY)), outbox.c.due_at > now)
    held = select(outbox.c.id, digest.c.state).select_from(digest_items).join(outbox, its).join(digest, day)
    # Nobody leases a digest while its row is locked, so that none takes along what is let go here.
    found = connection.execute(held.where(*mine, *waits).with_for_update(of=digest))
    free = [row.id for row in found if row.state != Delivery.SENDING]
    if not free:
        return 0
    ours = (digest_items.c.trust == trust, digest_items.c.letter.in_(free))
    connection.execute(delete(digest_items).where(*ours))
    these = (outbox.c.trust == trust, outbox.c.id.in_(free), outbox.c.state != Delivery.SENDING)
    return connection.execute(update(outbox).where(*these).values(due_at=now, answer=None)).rowcount


_CLOSING: Final = (
    update(outbox)
    .where(
        outbox.c.trust == bindparam("of_trust"),
        outbox.c.id == bindparam("of_id"),
        or_(*(outbox.c.state == state for state in WAITING)),
    )
    .values(
        state=bindparam("to_state"),
        answer=bindparam("said"),
        sent_at=bindparam("went_at"),
        fence=outbox.c.fence + 1,
        leased_until=None,
    )
)


def _mark(letter: RowMapping, state: Delivery, said: str, at: datetime | None) -> dict[str, Any]:
    return {"of_trust": letter["trust"], "of_id": letter["id"], "to_state": state, "said": said, "went_at": at}


def _identifier(letter: RowMapping, due: datetime) -> str:
    """Name a digest by its reader and its moment, so that all who hold a letter for it name the same one."""
    said = "\0".join((letter["trust"], letter["person"], letter["email"].lower()))
    drawn = int.from_bytes(hashlib.sha256(said.encode()).digest()[:10])
    return identifiers.encode((int(due.timestamp() * 1000) << 80) | drawn)


def _row(day: Day) -> dict[str, Any]:
    letter = day.letter
    domain = letter["message_id"].rpartition("@")[2]
    return {
        "trust": letter["trust"],
        "id": day.id,
        "notice": NOTICE,
        "organisation": letter["trust"],
        "kind": KIND,
        "subject": letter["person"],
        "revision": 0,
        "person": letter["person"],
        "name": letter["name"],
        "email": letter["email"],
        "language": letter["language"],
        "reason": _REASON,
        "context": {},
        "message_id": f"<{day.id}@{domain}",
        "state": Delivery.QUEUED,
        "queued_at": letter["queued_at"],
        "due_at": day.at,
        "attempts": 0,
        "fence": 0,
    }
