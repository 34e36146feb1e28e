"""What stands in the calendars of others, as far as delivering tells: which meetings arrived there, or may have."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Update, bindparam, or_, select, tuple_, union, update

from engine.letters import Method
from engine.outgoing.outbox import Delivery, Outcome
from engine.tables import invitations, outbox


def note(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write down which invitations arrived: that is true whoever brought them, also where a lease was lost since."""
    arrived = [_arrival(one) for one in outcomes if one.state == Delivery.SENT and one.calendar]
    if arrived:
        connection.execute(_arriving(), arrived)
    perhaps = [_arrival(one) for one in outcomes if _perhaps(one)]
    if perhaps:
        connection.execute(_perhaps_arriving(), perhaps)


def unsure(connection: Connection, letter: RowMapping) -> None:
    """Write down that a letter which begins anew may have arrived before."""
    if letter["unanswered"] and letter["invitation"] and letter["invitation"]["method"] == Method.REQUEST:
        said = {"of_trust": letter["trust"], "of_uid": letter["uid"], "arrived": letter["invitation"]["sequence"]}
        connection.execute(_perhaps_arriving(), said)


def undelivered(connection: Connection, letters: Sequence[RowMapping]) -> set[tuple[str, str]]:
    """Return (trust, uid) of the letters whose invitation never arrived anywhere, so that none need be cancelled.

    One that was handed over without an answer may have arrived.
    """
    keys = {(letter["trust"], letter["uid"]) for letter in letters if letter["uid"]}
    if not keys:
        return set()
    arrived = select(invitations.c.trust, invitations.c.uid).where(
        tuple_(invitations.c.trust, invitations.c.uid).in_(keys), invitations.c.delivered_sequence.is_not(None)
    )
    unanswered = select(outbox.c.trust, outbox.c.uid).where(
        tuple_(outbox.c.trust, outbox.c.uid).in_(keys), outbox.c.unanswered > 0
    )
    return keys - {(row.trust, row.uid) for row in connection.execute(union(arrived, unanswered))}


@cache
def _arriving() -> Update:
    known = invitations.c.delivered_sequence
    return (
        update(invitations)
        .where(*_mine(), or_(known.is_(None), known <= bindparam("arrived")))
        .values(delivered_sequence=bindparam("arrived"), delivered=bindparam("calendar"))
    )


@cache
def _perhaps_arriving() -> Update:
    """Note that a meeting may stand in a calendar, where none is known to."""
    unknown = invitations.c.delivered_sequence.is_(None)
    return update(invitations).where(*_mine(), unknown).values(delivered_sequence=bindparam("arrived"))


def _mine() -> tuple[Any, ...]:
    return invitations.c.trust == bindparam("of_trust"), invitations.c.uid == bindparam("of_uid")


def _perhaps(outcome: Outcome) -> bool:
    """Say whether a request was handed over at some time, and nobody knows whether it was taken."""
    said, unanswered = outcome.letter["invitation"], outcome.letter["unanswered"] > 0 or not outcome.answered
    return bool(said) and said["method"] == Method.REQUEST and unanswered


def _arrival(outcome: Outcome) -> dict[str, Any]:
    letter = outcome.letter
    return {
        "of_trust": letter["trust"],
        "of_uid": letter["uid"],
        "arrived": letter["invitation"]["sequence"],
        "calendar": outcome.calendar,
    }
