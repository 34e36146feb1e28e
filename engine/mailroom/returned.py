"""Letters that come back (RFC 3464): the address is not written to for a while, and somebody is asked to look.

Only the envelope's address of the letter gives a report its authority; whom it names does not matter, for mail is
forwarded.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from engine import calendar, incidents
from engine.incident import Failure, Source
from engine.letters import Subject
from engine.mailroom.acting import House, Mail
from engine.mailroom.records import Bounce, Kind, Outcome, State
from engine.outgoing import suppressions
from engine.outgoing.suppressions import Trouble
from engine.return_addresses import Use
from engine.transaction import Transaction

_ZONE: Final = "Europe/London"
_PASSING: Final = "The mail server is still trying, or will not take this one message. Counted; nothing else follows."


def act(tx: Transaction, house: House, mail: Mail) -> Outcome | None:
    """Note that a letter came back; None where it is no report about a letter of ours."""
    letter = mail.letter
    if not mail.found.bounces or letter is None or mail.row["use"] != Use.BOUNCES or not letter["email"]:
        return None
    worst = max(mail.found.bounces, key=lambda one: one.permanent)
    until = tx.now + timedelta(days=house.inbound.suppress_days) if worst.permanent else None
    suppressions.note(tx.connection, letter, Trouble(status=worst.status, answer=worst.answer, until=until), tx.now)
    if until is None:
        return mail.outcome(State.DONE, Kind.BOUNCE, f"{_said(worst)} {_PASSING}")
    shown = calendar.moment(until, _ZONE)
    incidents.raise_one(
        tx,
        Failure(
            trust=letter["trust"],
            organisation=letter["organisation"],
            source=Source.ADDRESS,
            cause=f"address/{letter['id']}",
            title="A message came back: its address takes no mail",
            message=f"{_said(worst)} It may be misspelt, or its reader may have left.",
            parked=f"Nothing is sent there until {shown}. Put it right at its source; retry writes to it again.",
            about=Subject(kind=letter["kind"], trust=letter["trust"], id=letter["subject"]),
            reference={"letter": letter["id"]},
        ),
    )
    return mail.outcome(State.DONE, Kind.BOUNCE, f"{_said(worst)} Nothing is sent to this address until {shown}.")


def _said(worst: Bounce) -> str:
    said = f"The mail server said {worst.status}." if worst.status else "The mail server did not deliver it."
    return f"{said} Its words: “{worst.answer}”." if worst.answer else said
