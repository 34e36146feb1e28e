"""Personal calendar feeds: whose address leads to what, and what stands in it.

An address is random and marked by the installation's key, so that one which is not ours is refused without a look
into the database; of one that is ours only the hash is kept. A person has at most one; a new one ends the old one.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, exists, insert, select

from engine import accounts, feed
from engine.errors import Missing
from engine.feed import Meeting
from engine.roles.directory_tables import accounts as accounts_table
from engine.tables import invitations
from workflows.learning import due_dates, letters, pages
from workflows.learning.calendar_tables import calendar_feeds
from workflows.learning.keeps import ZONE
from workflows.learning.records import PLACED, Enrolment
from workflows.learning.tables import classes, enrolments
from workflows.people.records import Site

PATH: Final = "/calendar/"
_PURPOSE: Final = b"preceptor calendar feed 1"
_SECRET, _MARK = 24, 12
_UNKNOWN: Final = "There is no calendar at this address, or it was switched off."


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed says now, and when anything in it may have changed last."""

    text: bytes
    changed_at: datetime


def make(conn: Connection, key: str, trust: str, person: str, now: datetime) -> str:
    """Give a person an address of their own, which ends the one that they had; return its secret part."""
    secret = secrets.token_bytes(_SECRET)
    token = urlsafe_b64encode(secret + _mark(key, secret)).decode()
    revoke(conn, trust, person)
    row = {"trust": trust, "person": person, "digest": accounts.digest(token), "made_at": now}
    conn.execute(insert(calendar_feeds).values(row))
    return token


def revoke(conn: Connection, trust: str, person: str) -> bool:
    """End a person's address; return whether there was one."""
    theirs = (calendar_feeds.c.trust == trust, calendar_feeds.c.person == person)
    return conn.execute(delete(calendar_feeds).where(*theirs)).rowcount > 0


def made_at(conn: Connection, trust: str, person: str) -> datetime | None:
    """Return since when a person has an address, or None."""
    theirs = (calendar_feeds.c.trust == trust, calendar_feeds.c.person == person)
    return conn.execute(select(calendar_feeds.c.made_at).where(*theirs)).scalar_one_or_none()


def ours(key: str, token: str) -> bool:
    """Say whether this installation made an address, whoever has it now."""
    try:
        said = urlsafe_b64decode(token.encode("ascii"))
    except (NotBase64, ValueError):
        return False
    return len(said) == _SECRET + _MARK and hmac.compare_digest(said[_SECRET:], _mark(key, said[:_SECRET]))


def read(conn: Connection, key: str, token: str, site: Site, now: datetime) -> Feed:
    """Return what stands at an address. Raises `Missing`, also for somebody who may not sign in any more."""
    if not ours(key, token):
        raise Missing(_UNKNOWN)
    active = exists().where(
        accounts_table.c.trust == calendar_feeds.c.trust,
        accounts_table.c.person == calendar_feeds.c.person,
        accounts_table.c.active,
    )
    query = select(calendar_feeds).where(calendar_feeds.c.digest == accounts.digest(token), active)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise Missing(_UNKNOWN)
    return contents(conn, row.trust, row.person, site, now)


def contents(conn: Connection, trust: str, person: str, site: Site, now: datetime) -> Feed:
    """Return the confirmed sessions and the due dates of a person."""
    found = pages.enrolments_of(conn, trust, person, site)
    changes = _changes(conn, trust, person)
    meetings = list(_meetings(conn, trust, [one for one in found if one.state in PLACED], changes, now))
    dues = due_dates.of(conn, trust, person, site, now)
    midnight = datetime.combine(now.astimezone(ZoneInfo(ZONE)).date(), time(), ZoneInfo(ZONE))
    moments = (midnight, dues.changed_at or midnight, *changes.values())
    return Feed(text=feed.text("My classes", meetings, dues.days), changed_at=max(moments))


def _mark(key: str, secret: bytes) -> bytes:
    return hmac.digest(hmac.digest(key.encode(), _PURPOSE, "sha256"), secret, "sha256")[:_MARK]


def _changes(conn: Connection, trust: str, person: str) -> Mapping[str, datetime]:
    """Return by enrolment when it or its class moved last."""
    query = (
        select(enrolments.c.id, enrolments.c.updated_at, classes.c.updated_at.label("class_at"))
        .join(classes, (classes.c.trust == enrolments.c.trust) & (classes.c.id == enrolments.c.course_class))
        .where(enrolments.c.trust == trust, enrolments.c.person == person)
    )
    return {row.id: max(row.updated_at, row.class_at) for row in conn.execute(query)}


def _meetings(
    conn: Connection, trust: str, placed: Sequence[Enrolment], changes: Mapping[str, datetime], now: datetime
) -> Iterator[Meeting]:
    mine = (invitations.c.trust == trust, invitations.c.subject.in_({one.id for one in placed}))
    query = select(invitations.c.uid, invitations.c.sequence).where(*mine, invitations.c.kind == letters.KIND)
    said = {row.uid.rpartition("@")[0]: row for row in conn.execute(query)}
    for one in placed:
        for session in one.course_class.sessions:
            if session.ends_at > now - due_dates.KEPT:
                asked = letters.invitation(one, session, one.spell)
                known = said.get(asked.uid.rpartition("@")[0])
                same = replace(asked, uid=known.uid) if known else asked  # the domain may be another by now
                yield Meeting(invitation=same, sequence=known.sequence if known else 0, changed_at=changes[one.id])
