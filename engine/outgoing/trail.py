"""What happened to letters that did not simply go: each try, each wait and each end, with what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.outgoing.outbox import Delivery, Outcome
from engine.outgoing_tables import letter_events


def note(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of leased letters, but not of one that was sent: its own row says that.

    One that waits on and says the same as before is not written down again.
    """
    rows = [_row(outcome, now) for outcome in outcomes if _is_news(outcome)]
    if rows:
        inserting = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(inserting(letter_events).values(rows).on_conflict_do_nothing())


def acted(connection: Connection, letter: Mapping[Any, Any], said: str, by: str, now: datetime) -> None:
    """Write down what a person did about a letter, whose fence was `letter`'s and has risen by that."""
    row = {"trust": letter["trust"], "letter": letter["id"], "fence": letter["fence"] + 1}
    made = {"at": now, "state": letter["state"], "answer": said[:1000], "actor": by, "tried": False}
    connection.execute(insert(letter_events).values(**row, **made))


def of(connection: Connection, trust: str, letter: str) -> Sequence[RowMapping]:
    """Return what happened to a letter, in order."""
    mine = (letter_events.c.trust == trust, letter_events.c.letter == letter)
    chosen = select(letter_events).where(*mine).order_by(letter_events.c.fence)
    return connection.execute(chosen).mappings().all()


def _is_news(outcome: Outcome) -> bool:
    return outcome.state != Delivery.SENT and (outcome.tried or outcome.answer != (outcome.letter["answer"] or ""))


def _row(outcome: Outcome, now: datetime) -> dict[str, object]:
    return {
        "trust": outcome.letter["trust"],
        "letter": outcome.letter["id"],
        "fence": outcome.letter["fence"],
        "at": outcome.sent_at or now,
        "state": str(outcome.state),
        "answer": outcome.answer[:1000],
        "tried": outcome.tried and outcome.state != Delivery.SUPPRESSED,
    }
