"""How long an approval waits before it reminds and escalates: as its question declares, or as a trust set it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from engine.approvals.tables import question_periods
from engine.errors import Invalid
from engine.machine import Question
from engine.roles import directory

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """So many reminders, the minutes between them, and the minutes before the next level; None never escalates."""

    reminders: int
    remind_minutes: int
    escalate_minutes: int | None

    def as_fields(self, now: datetime) -> dict[str, Any]:
        """Return the fields of an approval that is opened now."""
        escalates = now + self.escalate_minutes * _MINUTE if self.escalate_minutes else None
        return {"reminders": self.reminders, "remind_minutes": self.remind_minutes, "escalates_at": escalates}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The question of one state of one kind of subject, at one organisation."""

    trust: str
    organisation: str
    kind: str
    state: str


def declared(question: Question) -> Periods:
    """Return what a question declares."""
    escalate = question.escalate_after
    return Periods(
        reminders=question.reminders,
        remind_minutes=question.remind_every // _MINUTE,
        escalate_minutes=escalate // _MINUTE if escalate else None,
    )


def set_by(
    connection: Connection, trust: str, kind: str, state: str, organisations: Iterable[str]
) -> Mapping[str, Periods]:
    """Return by organisation what was set there for the question of a state."""
    chosen = select(question_periods).where(
        question_periods.c.trust == trust,
        question_periods.c.kind == kind,
        question_periods.c.state == state,
        question_periods.c.organisation.in_(tuple(organisations)),
    )
    return {row["organisation"]: _read(row) for row in connection.execute(chosen).mappings()}


def put(connection: Connection, place: Place, chosen: Periods) -> None:
    """Set the periods of a question at an organisation and below it; approvals that are open keep theirs.

    Raises `Missing` where the trust has no such organisation, `Invalid` where they make no sense.
    """
    directory.organisation(connection, place.trust, place.organisation)
    if chosen.reminders and not chosen.remind_minutes:
        raise Invalid("Reminders need a time between them.")
    forget(connection, place)
    connection.execute(insert(question_periods).values(**asdict(place), **asdict(chosen)))


def forget(connection: Connection, place: Place) -> bool:
    """Let what is set above hold again, or what the question declares; say whether anything was set here."""
    same = (question_periods.c[name] == value for name, value in asdict(place).items())
    return connection.execute(delete(question_periods).where(*same)).rowcount > 0


def nearest(question: Question, path: Sequence[str], chosen: Mapping[str, Periods]) -> Periods:
    """Return what was set nearest upward, else what the question declares."""
    return next((chosen[place] for place in path if place in chosen), declared(question))


def _read(row: Mapping[Any, Any]) -> Periods:
    return Periods(
        reminders=row["reminders"], remind_minutes=row["remind_minutes"], escalate_minutes=row["escalate_minutes"]
    )
