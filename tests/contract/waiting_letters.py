"""Letters in an outbox, as a builder with defaults."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import insert, select

from engine.identifiers import new_id
from engine.storage import database
from engine.tables import invitations, outbox
from tests.clock import START

TRUST = "northshire"


def letter(number: int = 0, *, at: datetime = START, **changed: Any) -> dict[str, Any]:
    """Return the row of a letter to learner `number`, queued so many milliseconds after `at`."""
    queued = at + timedelta(milliseconds=number)
    identifier = new_id(queued)
    usual = {
        "trust": TRUST,
        "id": identifier,
        "notice": "LRN-01-joining-instructions",
        "organisation": TRUST,
        "kind": "enrolment",
        "subject": f"enrolment-{number}",
        "revision": 1,
        "person": f"person-{number}",
        "name": f"Learner {number}",
        "email": f"learner{number}@northshire.example",
        "language": "en",
        "reason": "You get this message because you have a place on this class.",
        "context": {
            "course": "Fire safety",
            "when": "Monday 4 January 2027, 9:30am",
            "class_link": "https://learn.northshire.example/classes/1",
        },
        "uid": None,
        "invitation": None,
        "relevant": None,
        "message_id": f"<{identifier}@northshire.example>",
        "state": "QUEUED",
        "queued_at": queued,
        "due_at": at,
        "attempts": 0,
        "fence": 0,
    }
    return usual | changed


def invitation(uid: str, sequence: int, method: str = "REQUEST") -> dict[str, Any]:
    """Return what a letter says of one meeting."""
    said = {
        "uid": uid,
        "method": method,
        "sequence": sequence,
        "start": "2027-01-04T09:30:00+00:00",
        "end": "2027-01-04T11:30:00+00:00",
        "zone": "Europe/London",
        "summary": "Fire safety",
        "location": "Education Centre",
        "description": "",
        "url": "",
        "organizer": "classes@northshire.example",
    }
    return {"uid": uid, "invitation": said}


def queue(base: sqlalchemy.Engine, *letters: dict[str, Any]) -> list[str]:
    """Store letters, with the twin of each invitation, and return their ids."""
    latest = {row["uid"]: row for row in letters if row["uid"]}
    twins = [_twin(row) for row in latest.values()]
    with database.writing(base) as connection:
        connection.execute(insert(outbox), list(letters))
        if twins:
            connection.execute(insert(invitations), twins)
    return [row["id"] for row in letters]


def stored(base: sqlalchemy.Engine) -> list[dict[str, Any]]:
    """Return every letter, oldest first."""
    with database.reading(base) as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.queued_at, outbox.c.id)).mappings()
        return [dict(row) for row in rows]


def states(base: sqlalchemy.Engine) -> list[str]:
    """Return the state of every letter, oldest first."""
    return [row["state"] for row in stored(base)]


def _twin(row: dict[str, Any]) -> dict[str, Any]:
    said = row["invitation"]
    return {
        "trust": row["trust"],
        "uid": row["uid"],
        "kind": row["kind"],
        "subject": row["subject"],
        "attendee": row["email"],
        "method": said["method"],
        "sequence": said["sequence"],
        "said": said,
    }
