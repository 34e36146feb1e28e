"""Withdrawing a letter that waits, by a person and with a reason; what was put into a calendar is never left there."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, exists, select, update

from engine.errors import Missing, Refused
from engine.letters import Method
from engine.machine import Actor
from engine.outgoing import arrivals, trail
from engine.outgoing.outbox import WITH_A_LINK, Delivery
from engine.outgoing_tables import letter_events
from engine.tables import invitations, outbox

OPEN: Final = (Delivery.QUEUED, Delivery.RETRY, Delivery.PARKED)
GOING: Final = "This message is being handed to the mail server at this moment. Try again in a few minutes."
OVER: Final = "This message has ended already, so that there is nothing to withdraw."
ORPHAN: Final = (
    "The reader's calendar has an earlier invitation to this meeting, which would stay there as it is. "
    "Change the place or the class instead: that sends what makes the calendar right."
)


def withdraw(  # noqa: PLR0913 - what, who, why, when
    connection: Connection, trust: str, letter: str, *, by: Actor, reason: str, now: datetime
) -> None:
    """Have a letter not go. Raises `Missing`, or `Refused` where it went, is going, or a calendar would stay wrong."""
    mine = and_(outbox.c.trust == trust, outbox.c.id == letter)
    found = connection.execute(select(outbox).where(mine).with_for_update()).mappings().one_or_none()
    if found is None:
        raise Missing("There is no such message.", trust=trust, id=letter)
    if refusal := why_not(connection, found):
        raise Refused(refusal)
    said = f"Withdrawn by {by.name}: {reason}"
    gone: dict[str, Any] = {
        "state": Delivery.SUPPRESSED,
        "answer": said[:1000],
        "due_at": now,
        "fence": found["fence"] + 1,
    }
    if found["kind"] == WITH_A_LINK:
        gone["context"] = {}
    connection.execute(update(outbox).where(mine).values(**gone))
    trail.acted(connection, {**found, "state": Delivery.SUPPRESSED}, said, by.id, now)


def why_not(connection: Connection, letter: RowMapping) -> str:
    """Say why a letter cannot be withdrawn; nothing where it can."""
    if letter["state"] == Delivery.SENDING:
        return GOING
    if letter["state"] not in OPEN:
        return OVER
    return ORPHAN if letter["uid"] and _arrived(connection, letter) else ""


def withdrawn(connection: Connection, letter: RowMapping) -> bool:
    """Say whether a person withdrew it, so that it may be sent after all."""
    mine = (
        letter_events.c.trust == letter["trust"],
        letter_events.c.letter == letter["id"],
        letter_events.c.fence == letter["fence"],
        letter_events.c.actor.is_not(None),
    )
    return bool(connection.execute(select(exists().where(*mine))).scalar())


def _arrived(connection: Connection, letter: RowMapping) -> bool:
    """Say whether some earlier message brought the meeting, which this one changes or takes back, or may have."""
    mine = (invitations.c.trust == letter["trust"], invitations.c.uid == letter["uid"])
    brought = connection.execute(select(invitations.c.delivered).where(*mine)).scalar()
    if brought is None:
        return letter["invitation"]["method"] == Method.CANCEL and not arrivals.undelivered(connection, [letter])
    return f"METHOD:{Method.CANCEL}" not in brought
