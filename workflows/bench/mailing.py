"""The letters of W2: one booking each, with a template of our own and an invitation for every even number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from engine.relevance import STILL_IN
from engine.wording import rendering
from engine.wording.notices import COMMON, Kind, Notice, Source, Token
from engine.wording.rendering import Template
from engine.wording.templates import Shelf, Wanted
from workflows.bench.bookings import KIND, TRUST, Booking

NOTICE: Final = "BEN-02-booking-confirmed"
_LIKE: Final = "LRN-01-joining-instructions"
_QUEUED: Final = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_FIRST: Final = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_ADVICE: Final = (
    "Please arrive ten minutes before the start and bring your staff identity badge. If you can no longer attend, "
    "cancel in the portal at least two days beforehand, so that a colleague on the waiting list can be offered your "
    "place. Your line manager has been told about this booking, and the time is counted as protected learning time "
    "under the policy of the trust on statutory and mandatory training."
)
_COURSES: Final = (
    "Information Governance and Data Security",
    "Moving and Handling Level 2",
    "Resuscitation Level 2 Adult",
    "Safeguarding Children Level 3",
    "Fire Safety",
    "Infection Prevention and Control Level 2",
)
_KINDS: Final = {
    "course": Kind.TEXT,
    "start": Kind.MOMENT,
    "end": Kind.MOMENT,
    "venue": Kind.TEXT,
    "manager": Kind.TEXT,
    "paragraph": Kind.LINES,
    "items": Kind.LIST,
    "link": Kind.LINK,
}


class BenchShelf(Shelf):
    """Has the one template of this load, which no trust ever sees; the database is asked as for a shipped one."""

    def __init__(self) -> None:
        super().__init__()
        self._template = rendering.compiled(*_shipped())

    def prepare(self, conn: Connection, wanted: Collection[Wanted]) -> None:
        """Look up which texts apply to what is like it."""
        super().prepare(conn, {replace(one, notice=_LIKE) for one in wanted})

    def template(self, _wanted: Wanted) -> Template:
        """Return the template."""
        return self._template


def headers(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the header by which the sink's messages are counted."""
    yield "X-Bench-Id", str(int(row["id"]))


def letter(number: int) -> dict[str, Any]:
    """Return the outbox row of a letter."""
    identifier = f"{number:026d}"
    invitation = _invitation(number) if number % 2 == 0 else None
    return {
        "trust": TRUST,
        "id": identifier,
        "notice": NOTICE,
        "organisation": TRUST,
        "kind": KIND,
        "subject": str(number),
        "revision": 1,
        "person": str(number),
        "name": f"Learner {number:05d} O'Brien",
        "email": f"learner{number:05d}@example.nhs.uk",
        "language": "en",
        "reason": "You get this message because your place on this class was confirmed.",
        "context": _context(number),
        "uid": invitation["uid"] if invitation else None,
        "invitation": invitation,
        "relevant": {"name": STILL_IN, "facts": {"states": [Booking.CONFIRMED], "until": _start(number).isoformat()}},
        "message_id": f"<{number}.bench@learn.example.nhs.uk>",
        "state": "QUEUED",
        "queued_at": _QUEUED,
        "due_at": _QUEUED,
        "attempts": 0,
        "fence": 0,
    }


def booking(number: int) -> dict[str, Any]:
    """Return the row of the booking that a letter is about."""
    facts = {"organisation": TRUST, "state": Booking.CONFIRMED, "revision": 1, "head": "", "definition": ""}
    return {"trust": TRUST, "id": str(number), **facts, "updated_at": _QUEUED}


def twin(number: int) -> dict[str, Any]:
    """Return the row of what was last said for the invitation of an even number."""
    said = _invitation(number)
    return {
        "trust": TRUST,
        "uid": said["uid"],
        "kind": KIND,
        "subject": str(number),
        "attendee": f"learner{number:05d}@example.nhs.uk",
        "method": said["method"],
        "sequence": 0,
        "said": said,
    }


def _shipped() -> tuple[Notice, Source]:
    place = Path(__file__).parent / "notice"
    subject, plain, html = ((place / name).read_text() for name in ("subject.txt", "body.txt", "body.html"))
    source = Source(subject=subject, text=plain, html=html, label="national/bench")
    own = (
        Token(name=name, kind=kind, required=True, meaning=name, example=_context(0)[name])
        for name, kind in _KINDS.items()
    )
    tokens = {token.name: token for token in (*COMMON, *own)}
    about = "A booking, as W2 words it."
    return Notice(name=NOTICE, title="Booking", about=about, tokens=tokens, samples={}, source=source), source


def _start(number: int) -> datetime:
    return _FIRST + timedelta(days=number % 200, minutes=30 * (number % 5))


def _context(number: int) -> dict[str, Any]:
    return {
        "course": _COURSES[number % 6],
        "start": _start(number).isoformat(),
        "end": (_start(number) + timedelta(hours=2)).isoformat(),
        "venue": f"Education Centre {number % 9}, Block <B>",
        "manager": f"Manager {number % 500:03d}",
        "paragraph": _ADVICE,
        "items": [f"{_COURSES[(number + k) % 6]}, expires in {30 * (k + 1)} days" for k in range(5)],
        "link": f"https://learn.example.nhs.uk/booking/{number}?t={number * 2654435761 % 2**32:08x}",
    }


def _invitation(number: int) -> dict[str, Any]:
    return {
        "uid": f"booking-{number}@learn.example.nhs.uk",
        "method": "REQUEST",
        "sequence": 0,
        "start": _start(number).isoformat(),
        "end": (_start(number) + timedelta(hours=2)).isoformat(),
        "zone": "Europe/London",
        "summary": _COURSES[number % 6],
        "location": f"Education Centre {number % 9}, Block <B>",
        "description": _ADVICE,
        "url": "",
        "organizer": "training@example.nhs.uk",
    }
