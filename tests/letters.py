"""Rows of the outbox as tests need them: a notice, a person at an address, and perhaps an invitation."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.letters import Invitation, Method
from engine.wording import notices

START_AT = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
END_AT = datetime(2027, 1, 4, 12, 30, tzinfo=UTC)
MAIL_FROM = "Learning <learning@preceptor.example>"
ORGANIZER = "classes@reply.preceptor.example"


def an_invitation(**changes: Any) -> Invitation:
    """Return a session of a class, as a request."""
    usual = {
        "uid": "enrolment1-session1-1@preceptor.example",
        "method": Method.REQUEST,
        "start": START_AT,
        "end": END_AT,
        "zone": "Europe/London",
        "summary": "Moving and Handling Level 2",
        "location": "Education Centre, room 3; Friary Road",
        "description": "Please wear flat shoes.\nThere is parking behind the library.",
        "url": "https://learn.northshire.example/classes/01j",
    }
    return Invitation(**{**usual, **changes})


def a_record(sequence: int = 0, **changes: Any) -> dict[str, Any]:
    """Return an invitation as the outbox keeps it."""
    made = an_invitation(**changes)
    return {
        "uid": made.uid,
        "method": str(made.method),
        "sequence": sequence,
        "start": made.start.isoformat(),
        "end": made.end.isoformat(),
        "zone": made.zone,
        "summary": made.summary,
        "location": made.location,
        "description": made.description,
        "url": made.url,
        "organizer": ORGANIZER,
    }


def a_row(notice: str, sample: str = notices.USUAL, **changes: Any) -> Mapping[str, Any]:
    """Return a row that says what a sample of the notice says, to Siân O'Brien."""
    context = dict(notices.notice(notice).samples[sample])
    usual = {
        "trust": "northshire",
        "organisation": "northshire",
        "notice": notice,
        "kind": "enrolment",
        "subject": "enrolment1",
        "name": "Siân O'Brien",
        "email": "sian.obrien@northshire.example",
        "language": "en",
        "reason": context.pop("reason"),
        "context": {name: value for name, value in context.items() if name != "recipient_name"},
        "invitation": None,
        "message_id": "<01jd0000000000000000000001@preceptor.example>",
    }
    return {**usual, **changes}
