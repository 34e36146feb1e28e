"""The letters as people look at them: a page of them, one of them, why it went, and sending it again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, or_, select, update

from engine import relevance
from engine.errors import Invalid, Missing, Refused
from engine.identifiers import new_id
from engine.outgoing import arrivals, withdrawals
from engine.outgoing.outbox import WITH_A_LINK, Delivery
from engine.tables import invitations, journal, outbox

PAGE: Final = 50
UNKNOWN: Final = "unknown"
HIDDEN: Final = "hidden"
LINK_GONE: Final = "Its link was for once and is forgotten. Whoever needs another asks for it on the sign-in page."
FILTERS: Final = frozenset({"notice", "organisation", "kind", "subject", "person", "email", "state"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some letters, the newest first, and the cursor of those that follow; None at the end."""

    letters: Sequence[RowMapping]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why somebody got a letter, each fact by reference; `UNKNOWN` where the row that knew it is gone.

    `cause` names the row of the journal, `step` the rule that was followed, `by` who set it off, `relevant` what had
    to hold at the moment of sending.
    """

    letter: RowMapping
    cause: str
    step: str
    trigger: str
    moved: str
    by: str
    at: datetime | None
    because: str | None
    template: str
    relevant: str
    answer: str


def message(connection: Connection, trust: str, letter: str) -> RowMapping:
    """Return one letter of a trust. Raises `Missing`."""
    found = connection.execute(select(outbox).where(_key(trust, letter))).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such message.", trust=trust, id=letter)
    return found


def messages(  # noqa: PLR0913 - which letters, and which page of them
    connection: Connection,
    trust: str,
    filters: Mapping[str, str] | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    *,
    within: Collection[str] | None = None,
    recipient: str = "",
) -> Page:
    """Return a page of a trust's letters, the newest first; `filters` are columns of `FILTERS` and their values.

    `cursor` is the `after` of the page before; `within` are the organisations whose letters may be seen (None: all);
    `recipient` is a part of a name or an address, in any case. Raises `Invalid` for another filter.
    """
    if unknown := (filters or {}).keys() - FILTERS:
        raise Invalid(f"Messages cannot be chosen by {', '.join(sorted(unknown))}.")
    wanted = [outbox.c[name] == value for name, value in (filters or {}).items()]
    if within is not None:
        wanted.append(outbox.c.organisation.in_(within))
    if recipient:
        part = recipient.lower()
        named = func.lower(outbox.c.name).contains(part, autoescape=True)
        wanted.append(or_(named, func.lower(outbox.c.email).contains(part, autoescape=True)))
    if cursor:
        wanted.append(outbox.c.id < cursor)
    chosen = select(outbox).where(outbox.c.trust == trust, *wanted).order_by(outbox.c.id.desc()).limit(limit + 1)
    found = connection.execute(chosen).mappings().all()
    return Page(letters=found[:limit], after=found[limit - 1]["id"] if len(found) > limit else None)


def why(connection: Connection, trust: str, letter: str) -> Why:
    """Return why a letter was sent, or is to be. Raises `Missing`."""
    found = message(connection, trust, letter)
    caused = and_(
        journal.c.trust == trust,
        journal.c.kind == found["kind"],
        journal.c.subject == found["subject"],
        journal.c.revision == found["revision"],
    )
    row = connection.execute(select(journal).where(caused)).mappings().one_or_none()
    known: Mapping[str, Any] = dict(row or {})
    return Why(
        letter=found,
        cause=f"{found['kind']}/{found['subject']}/{found['revision']}" if row else UNKNOWN,
        step=known.get("step", UNKNOWN),
        trigger=known.get("trigger", UNKNOWN),
        moved=f"{row['source'] or 'new'} → {row['target']}" if row else UNKNOWN,
        by=known.get("actor", UNKNOWN),
        at=known.get("at"),
        because=known.get("because"),
        template=found["template"] or "not chosen until it is sent",
        relevant=relevance.condition(found) if found["relevant"] else "nothing has to hold for it",
        answer=found["answer"] or "",
    )


def hidden(said: Why) -> Why:
    """Return the same without what caused it, for somebody who may not see the subject."""
    return replace(said, cause=HIDDEN, step=HIDDEN, trigger=HIDDEN, moved=HIDDEN, by=HIDDEN, at=None, because=None)


def resend(connection: Connection, trust: str, letter: str, now: datetime) -> str:
    """Have a letter sent again, and return the id of the one that will go.

    One that was given up or parked is tried anew as it is; one that was sent goes as a copy with a Message-ID of its
    own, for some clients hide a message that they have seen. Raises `Missing`, or `Refused` where it is already on
    its way or no longer true, or where its meeting has changed since: some calendars would apply the older one.
    """
    found = connection.execute(select(outbox).where(_key(trust, letter)).with_for_update()).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such message.", trust=trust, id=letter)
    _require_newest(connection, found)
    return _RESENDING[Delivery(found["state"])](connection, found, now)


def _require_newest(connection: Connection, letter: RowMapping) -> None:
    if not letter["invitation"]:
        return
    mine = (invitations.c.trust == letter["trust"], invitations.c.uid == letter["uid"])
    newest = connection.execute(select(invitations.c.sequence).where(*mine)).scalar_one_or_none()
    if newest is not None and letter["invitation"]["sequence"] < newest:
        raise Refused(
            "The meeting has changed since. Send the meeting again from the page of the class: it goes as it stands."
        )


def _refused(_connection: Connection, _letter: RowMapping, _now: datetime) -> str:
    raise Refused("This message is already on its way.")


def _unwithdrawn(connection: Connection, letter: RowMapping, now: datetime) -> str:
    """Send what a person withdrew after all; what was not sent for another reason stays so."""
    if not withdrawals.withdrawn(connection, letter):
        raise Refused("What this message said is no longer true, or is not wanted, so it is not sent.")
    if letter["kind"] == WITH_A_LINK:
        raise Refused(LINK_GONE)
    return _revived(connection, letter, now)


def _revived(connection: Connection, letter: RowMapping, now: datetime) -> str:
    arrivals.unsure(connection, letter)
    fresh = {"state": Delivery.QUEUED, "due_at": now, "attempts": 0, "unanswered": 0, "answer": None}
    connection.execute(update(outbox).where(_key(letter["trust"], letter["id"])).values(**fresh))
    return str(letter["id"])


def _copied(connection: Connection, letter: RowMapping, now: datetime) -> str:
    if letter["kind"] == WITH_A_LINK:
        raise Refused(LINK_GONE)
    fresh = new_id(now)
    domain = letter["message_id"].rpartition("@")[2]
    row = {
        **letter,
        "id": fresh,
        "message_id": f"<{fresh}@{domain}",
        "state": Delivery.QUEUED,
        "queued_at": now,
        "due_at": now,
        "attempts": 0,
        "unanswered": 0,
        "sent_at": None,
        "template": None,
        "answer": None,
    }
    connection.execute(insert(outbox).values(row))
    return fresh


_RESENDING: Final = MappingProxyType(
    {
        Delivery.QUEUED: _refused,
        Delivery.SENDING: _refused,
        Delivery.RETRY: _revived,
        Delivery.SENT: _copied,
        Delivery.DEAD: _revived,
        Delivery.SUPPRESSED: _unwithdrawn,
        Delivery.PARKED: _revived,
    }
)


def _key(trust: str, letter: str) -> ColumnElement[bool]:
    return and_(outbox.c.trust == trust, outbox.c.id == letter)
