"""Where mail that came is kept: as it came first, and what was found in it and done about it beside that."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, func, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Missing
from engine.identifiers import new_id
from engine.jobs import Job, Jobs
from engine.machine import Actor
from engine.mailroom.records import Found, Outcome, State
from engine.mailroom_tables import inbound_mail
from engine.return_addresses import Signed
from engine.roles.directory_tables import organisations

READ: Final = "read-inbound-mail"
PAGE: Final = 50
_LISTED: Final = tuple(column for column in inbound_mail.c if column.name not in {"raw", "said", "found"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A mail as it came over the wire, for one recipient; `address` is what that one stands for, if it is ours."""

    peer: str
    sender: str
    recipient: str
    raw: bytes
    address: Signed | None = None


def trusts(connection: Connection) -> tuple[str, ...]:
    """Return the ids of the trusts."""
    roots = select(organisations.c.id).where(organisations.c.parent.is_(None)).order_by(organisations.c.id)
    return tuple(connection.execute(roots).scalars())


def waiting(connection: Connection) -> int:
    """Return how much mail is not read yet."""
    unread = inbound_mail.c.state == literal_column(f"'{State.WAITING}'")
    return connection.execute(select(func.count()).select_from(inbound_mail).where(unread)).scalar_one()


def keep(connection: Connection, jobs: Jobs, mail: Sequence[Arrived], now: datetime) -> int:
    """Keep what arrived, and ask for it to be read, in the caller's commit; return how many were new.

    The same bytes for the same recipient are one mail, however often a server sends them.
    """
    known = trusts(connection)
    only = known[0] if len(known) == 1 else None
    rows = [_row(one, only, now) for one in mail]
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    adding = insert(inbound_mail).values(rows).on_conflict_do_nothing().returning(inbound_mail.c.id)
    fresh = list(connection.execute(adding).scalars())
    for identifier in fresh:
        jobs.enqueue(connection, Job(key=f"{READ}/{identifier}", name=READ, due_at=now, arguments={"id": identifier}))
    return len(fresh)


def unread(connection: Connection, identifier: str, *, lock: bool = False) -> RowMapping | None:
    """Return a mail that nobody has read yet; None where it is not there, or was read."""
    mine = (inbound_mail.c.id == identifier, inbound_mail.c.state == State.WAITING)
    query = select(inbound_mail).where(*mine)
    return connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def once(row: RowMapping, found: Found) -> str:
    """Return what makes two mails the same one: the recipient and the Message-ID, else the bytes."""
    same = found.message_id or row["digest"]
    return hashlib.sha256(f"{row['recipient']}\0{same}".encode()).hexdigest()


def came_before(connection: Connection, mark: str) -> bool:
    """Say whether a mail of this mark was read already."""
    return connection.execute(select(inbound_mail.c.id).where(inbound_mail.c.once == mark)).first() is not None


def settle(  # noqa: PLR0913, PLR0917 - a mail, and all that is said of it
    connection: Connection, row: RowMapping, found: Found, outcome: Outcome, mark: str | None, now: datetime
) -> None:
    """Write down what was found in a mail and what became of it."""
    kind, about = outcome.about or (None, None)
    said = {
        "state": outcome.state,
        "kind": outcome.kind,
        "once": mark,
        "from_address": found.from_address,
        "subject_line": found.subject,
        "said": found.text,
        "found": found.facts(),
        "outcome": outcome.sentence,
        "about_kind": kind,
        "about": about,
        "person": outcome.person,
        "letter": outcome.letter,
        "organisation": outcome.organisation or row["trust"],
        "read_at": now,
    }
    connection.execute(update(inbound_mail).where(inbound_mail.c.id == row["id"]).values(**said))


def listed(  # noqa: PLR0913 - which mail, and which page of it
    connection: Connection,
    trust: str,
    within: Collection[str],
    states: Collection[State],
    *,
    about: tuple[str, str] | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> tuple[Sequence[RowMapping], str | None]:
    """Return a page of a trust's mail in these organisations, the newest first, and the cursor of the next page."""
    wanted = [inbound_mail.c.trust == trust, inbound_mail.c.state.in_(states), _in(trust, within)]
    if about:
        wanted += [inbound_mail.c.about_kind == about[0], inbound_mail.c.about == about[1]]
    if cursor:
        wanted.append(inbound_mail.c.id < cursor)
    query = select(*_LISTED).where(and_(*wanted)).order_by(inbound_mail.c.id.desc()).limit(limit + 1)
    rows = connection.execute(query).mappings().all()
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def one(connection: Connection, trust: str, within: Collection[str], identifier: str) -> RowMapping:
    """Return a mail with all that is kept of it. Raises `Missing`, also for one that is not to be seen."""
    mine = (inbound_mail.c.trust == trust, inbound_mail.c.id == identifier, _in(trust, within))
    row = connection.execute(select(inbound_mail).where(*mine)).mappings().one_or_none()
    if row is None:
        raise Missing("There is no such mail.")
    return row


def handled(connection: Connection, row: RowMapping, by: Actor, now: datetime, **said: Any) -> bool:
    """Write down that a person dealt with a mail; False where somebody else did meanwhile."""
    mine = (inbound_mail.c.id == row["id"], inbound_mail.c.state == row["state"])
    what = {"handled_at": now, "handled_by": by.id, "handled_by_name": by.name, **said}
    return connection.execute(update(inbound_mail).where(*mine).values(**what)).rowcount == 1


EMPTIED: Final[Mapping[str, Any]] = {
    "raw": b"",
    "sender": "",
    "from_address": "",
    "subject_line": "",
    "said": "",
    "found": None,
}
"""What is left of the contents of a mail that was deleted."""


def _in(trust: str, within: Collection[str]) -> Any:
    """Be true of the mail of these organisations; what is not read yet is the trust's."""
    theirs = inbound_mail.c.organisation.in_(within)
    return or_(theirs, inbound_mail.c.organisation.is_(None)) if trust in set(within) else theirs


def _row(mail: Arrived, only: str | None, now: datetime) -> dict[str, Any]:
    address = mail.address
    return {
        "id": new_id(now),
        "trust": address.trust if address else only,
        "state": State.WAITING,
        "received_at": now,
        "peer": mail.peer[:64],
        "sender": mail.sender[:320],
        "recipient": mail.recipient[:320].lower(),
        "use": address.use if address else None,
        "name": address.name if address else None,
        "digest": hashlib.sha256(mail.raw).hexdigest(),
        "size": len(mail.raw),
        "raw": mail.raw,
    }
