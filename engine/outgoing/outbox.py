"""Keeps the letters that are to be delivered: lease them, and mark what became of them.

A lease is committed before the first DATA and is the record of the attempt (SECURITY 11): a kill may double the
messages of one lease and loses none. While a letter is leased, `due_at` is the end of the lease, so that a lease for
which nobody answered falls due like everything else. `attempts` counts leases that were used, `unanswered` the last
ones in a row of which nobody knows how they ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.selectable import NamedFromClause

from engine.tables import outbox

LEASE_MESSAGES: Final = 20
LEASE: Final = timedelta(minutes=3)
PAUSE: Final = timedelta(seconds=10)
UNANSWERED_LIMIT: Final = 5
NO_ANSWER: Final = "Five attempts ended without an answer, so a person has to look: it may have arrived."
WITH_A_LINK: Final = "account"
"""The kind of subject whose letters hold a link that is as good as a password."""

_BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
_LONGEST: Final = timedelta(hours=72)


class Delivery(StrEnum):
    """How far a letter has come; stored in `outbox.state`."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    RETRY = "RETRY"
    SENT = "SENT"
    DEAD = "DEAD"
    SUPPRESSED = "SUPPRESSED"
    PARKED = "PARKED"


WAITING: Final = (Delivery.QUEUED, Delivery.SENDING, Delivery.RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one leased letter.

    `template` and `calendar` (the text/calendar that went with it) are known once it was built. `tried` is False
    where nothing was handed to anybody, `answered` where nobody knows whether it arrived.
    """

    letter: RowMapping
    state: Delivery
    answer: str
    due_at: datetime
    sent_at: datetime | None = None
    template: str | None = None
    calendar: str | None = None
    tried: bool = True
    answered: bool = True


def lease(
    connection: Connection, now: datetime, *, limit: int = LEASE_MESSAGES, length: timedelta = LEASE, trust: str = ""
) -> list[RowMapping]:
    """Take at most `limit` due letters (of a trust) for `length`, oldest first; commit before the first is sent.

    Of the letters of one invitation only the oldest unsent one is taken. One that was taken `UNANSWERED_LIMIT` times
    without an answer is parked instead.
    """
    said = {"now": now, "until": now + length, "limit": limit, **({"of_trust": trust} if trust else {})}
    taken = connection.execute(_leasing(bool(trust)), said).mappings()
    mine = [row for row in taken if row["state"] == Delivery.SENDING]
    return sorted(mine, key=lambda row: (row["queued_at"], row["id"]))


def mark(connection: Connection, outcomes: Sequence[Outcome]) -> int:
    """Write down what became of leased letters, and return how many were still ours.

    A letter that somebody else has leased since (its fence has risen) is left to them.
    """
    if not outcomes:
        return 0
    marked = connection.execute(_marking(), [_marks(outcome) for outcome in outcomes]).rowcount
    linked = [_key(outcome.letter) for outcome in outcomes if outcome.letter["kind"] == WITH_A_LINK]
    if linked:
        connection.execute(_forgetting(), linked)
    return marked


def sent(letter: RowMapping, now: datetime, answer: str, *, template: str, calendar: str | None) -> Outcome:
    """Say that the server took the letter."""
    return Outcome(
        letter=letter,
        state=Delivery.SENT,
        answer=answer,
        due_at=now,
        sent_at=now,
        template=template,
        calendar=calendar,
    )


def ended(letter: RowMapping, now: datetime, state: Delivery, answer: str, *, template: str | None = None) -> Outcome:
    """Say that the letter will not be sent, and why."""
    return Outcome(letter=letter, state=state, answer=answer, due_at=now, template=template)


def failed(
    letter: RowMapping, now: datetime, answer: str, *, template: str | None = None, answered: bool = True
) -> Outcome:
    """Say that the letter could not be sent now: it is tried again, or given up after 72 hours of trying.

    `answered` is False where the server may have taken it without saying so: the fifth such time parks it.
    """
    again = next_attempt(letter["attempts"], now)
    state = Delivery.RETRY if again else Delivery.DEAD
    if not answered and letter["unanswered"] + 1 >= UNANSWERED_LIMIT:
        state, answer = Delivery.PARKED, NO_ANSWER
    return Outcome(letter=letter, state=state, answer=answer, due_at=again or now, template=template, answered=answered)


def released(letter: RowMapping, now: datetime, answer: str, *, pause: timedelta = timedelta()) -> Outcome:
    """Give back a letter that was not tried, as if it had not been leased."""
    state = Delivery.RETRY if letter["attempts"] > 1 else Delivery.QUEUED
    return Outcome(letter=letter, state=state, answer=answer, due_at=now + pause, tried=False)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts: 1, 5, 15, 30, 60 minutes, then hourly until 72 hours; or None.

    The hours are those of trying, so that an outage of our own relay uses none of them up.
    """
    hourly = int((_LONGEST - sum(_BACK_OFF, timedelta())) / _BACK_OFF[-1])
    if attempts > len(_BACK_OFF) + hourly:
        return None
    return now + _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]


def standing(table: NamedFromClause[Any], states: Sequence[Delivery] = WAITING) -> ColumnElement[bool]:
    """Choose letters by state, in literals: SQLite uses a partial index only where the statement repeats its words."""
    return or_(*(table.c.state == literal_column(f"'{state}'") for state in states))


def _thread_order(table: NamedFromClause[Any]) -> ColumnElement[Any]:
    """Order the letters of one invitation: SEQUENCE is the order of truth; a repeat of one comes after it."""
    return tuple_(func.coalesce(table.c.invitation["sequence"].as_integer(), 0), table.c.queued_at, table.c.id)


@cache
def _leasing(of_one_trust: bool) -> Update:  # noqa: FBT001 - it is the key of a cache
    older = outbox.alias("older")
    before = exists().where(
        older.c.trust == outbox.c.trust,
        older.c.uid == outbox.c.uid,
        standing(older),
        _thread_order(older) < _thread_order(outbox),
    )
    due = (
        select(outbox.c.trust, outbox.c.id)
        .where(standing(outbox), outbox.c.due_at <= bindparam("now"), or_(outbox.c.uid.is_(None), ~before))
        .where(*([outbox.c.trust == bindparam("of_trust")] if of_one_trust else []))
        .order_by(outbox.c.due_at)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    lapsed = outbox.c.state == Delivery.SENDING
    hopeless = and_(lapsed, outbox.c.unanswered + 1 >= UNANSWERED_LIMIT)
    return (
        update(outbox)
        .where(outbox.c.trust == due.c.trust, outbox.c.id == due.c.id)
        .values(
            state=case((hopeless, Delivery.PARKED), else_=Delivery.SENDING),
            attempts=case((hopeless, outbox.c.attempts), else_=outbox.c.attempts + 1),
            unanswered=case((lapsed, outbox.c.unanswered + 1), else_=outbox.c.unanswered),
            answer=case((hopeless, NO_ANSWER), else_=outbox.c.answer),
            fence=outbox.c.fence + 1,
            due_at=bindparam("until"),
            leased_until=bindparam("until"),
        )
        .returning(*outbox.c)
    )


@cache
def _marking() -> Update:
    return (
        update(outbox)
        .where(
            outbox.c.trust == bindparam("of_trust"),
            outbox.c.id == bindparam("of_id"),
            outbox.c.fence == bindparam("of_fence"),
            outbox.c.state == Delivery.SENDING,
        )
        .values(
            state=bindparam("to_state"),
            answer=bindparam("answer"),
            due_at=bindparam("due_at"),
            sent_at=bindparam("sent_at"),
            template=bindparam("template"),
            attempts=bindparam("attempts"),
            unanswered=bindparam("unanswered"),
            leased_until=null(),
        )
    )


@cache
def _forgetting() -> Update:
    """Forget the link of a letter that went, for a copy of the database must give nobody a way in."""
    sent = (outbox.c.trust == bindparam("of_trust"), outbox.c.id == bindparam("of_id"), outbox.c.state == Delivery.SENT)
    return update(outbox).where(*sent).values(context={})


def _key(letter: RowMapping) -> dict[str, Any]:
    return {"of_trust": letter["trust"], "of_id": letter["id"]}


def _marks(outcome: Outcome) -> dict[str, Any]:
    letter = outcome.letter
    unanswered = 0 if outcome.tried and outcome.answered else letter["unanswered"] + outcome.tried
    return {
        "of_trust": letter["trust"],
        "of_id": letter["id"],
        "of_fence": letter["fence"],
        "to_state": outcome.state,
        "answer": outcome.answer[:1000],
        "due_at": outcome.due_at,
        "sent_at": outcome.sent_at,
        "template": outcome.template or letter["template"],
        "attempts": letter["attempts"] if outcome.tried else letter["attempts"] - 1,
        "unanswered": unanswered,
    }
