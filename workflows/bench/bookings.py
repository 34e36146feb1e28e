"""A small workflow like an enrolment's: requested, waitlisted, confirmed, attended; each step tells the learner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, bindparam, select

from engine.letters import Letter, Recipient, Subject
from engine.machine import Case, Decision, Notice, Step, Workflow
from engine.storage.prepared import Prepared
from engine.tables import subject_columns

TRUST: Final = "northshire"
KIND: Final = "booking"
_PARAGRAPH: Final = (
    "Please arrive ten minutes before the start and bring your staff identity badge. If you can no longer attend, "
    "cancel in the portal at least two days beforehand, so that a colleague on the waiting list can be offered your "
    "place. Your line manager has been told, and the time counts as protected learning time. "
)

bookings = Table("bench_bookings", MetaData(), *subject_columns())
_KNOWN: Final = ("trust", "id", "organisation", "state", "revision", "head")
_CHOSEN: Final = Prepared(
    select(*(bookings.c[name] for name in _KNOWN)).where(
        bookings.c.trust == bindparam("trust"), bookings.c.id == bindparam("id")
    )
)


class Booking(StrEnum):
    """How far a booking has come; stored in `bench_bookings.state`."""

    REQUESTED = "REQUESTED"
    WAITLISTED = "WAITLISTED"
    CONFIRMED = "CONFIRMED"
    ATTENDED = "ATTENDED"


class Turn(StrEnum):
    """What happens to a booking; stored in the journal."""

    WAITLIST = "WAITLIST"
    CONFIRM = "CONFIRM"
    ATTEND = "ATTEND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A booking as stored."""

    trust: str
    id: str
    organisation: str
    state: Booking
    revision: int
    head: str

    @property
    def organisations(self) -> tuple[str, ...]:
        """Return the trust alone."""
        return (self.trust,)

    @property
    def person(self) -> str:
        """Return the learner, who is named like the booking."""
        return self.id


def _told(case: Case[Record]) -> Iterator[Letter]:
    record = case.record
    yield Letter(
        notice="BEN-01-moved",
        to=Recipient(name="Learner", email=f"learner{record.id}@example.nhs.uk", person=record.id),
        subject=Subject(kind=KIND, trust=record.trust, id=record.id),
        organisation=record.organisation,
        reason="You booked a place.",
        context={"paragraph": _PARAGRAPH, "number": record.id},
    )


_NOTICES: Final = (Notice("BEN-01-moved", _told),)

WORKFLOW: Final = Workflow(
    kind=KIND,
    title="Booking",
    states=Booking,
    triggers=Turn,
    steps=(
        Step(
            id="B1",
            trigger=Turn.WAITLIST,
            sources=(Booking.REQUESTED,),
            target=Booking.WAITLISTED,
            notices=_NOTICES,
        ),
        Step(
            id="B2",
            trigger=Turn.CONFIRM,
            sources=(Booking.WAITLISTED,),
            target=Booking.CONFIRMED,
            notices=_NOTICES,
        ),
        Step(
            id="B3",
            trigger=Turn.ATTEND,
            sources=(Booking.CONFIRMED,),
            target=Booking.ATTENDED,
            notices=_NOTICES,
        ),
    ),
)


class Bookings:
    """Where bookings are kept."""

    table = bookings

    def load(self, connection: Connection, trust: str, ids: Sequence[str], _now: datetime) -> Mapping[str, Record]:
        """Return bookings by id."""
        found = [row for one in ids for row in _CHOSEN.read(connection, {"trust": trust, "id": one})]
        return {row["id"]: _record(row) for row in found}

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Record:
        """Bookings are not started here: the load begins with them in place."""
        raise NotImplementedError

    def row(self, _case: Case[Record], _decision: Decision) -> Mapping[str, Any]:
        """Return no column of our own."""
        return {}

    def changes(self, _case: Case[Record], _decision: Decision) -> Mapping[str, Any]:
        """Change no column of our own."""
        return {}


def _record(row: Mapping[str, Any]) -> Record:
    return Record(
        trust=row["trust"],
        id=row["id"],
        organisation=row["organisation"],
        state=Booking(row["state"]),
        revision=row["revision"],
        head=row["head"],
    )
