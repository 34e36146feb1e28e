"""Answers to meetings: recorded on the meeting's twin, and handed to the workflow whose meeting it is (RFC 5546 2.1.5).

The address, the UID and the attendee must agree (SECURITY 21), and the sender must be the attendee or of their domain:
a delegate or another of their addresses may answer for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select, update

from engine import calendar
from engine.letters import Method, Subject
from engine.mailroom.acting import Heard, House, Mail
from engine.mailroom.records import Kind, Outcome, Rsvp, State, moment
from engine.return_addresses import Use
from engine.tables import invitations
from engine.transaction import Transaction

ANSWERS: Final[Mapping[str, str]] = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined"}
COUNTER: Final = "COUNTER"
_REPLY: Final = "REPLY"
_ELSEWHERE: Final = "It answers a meeting, but came to an address that is not that meeting's."
_OTHER: Final = "It does not say that it answers the meeting whose address it came to."
_OVER: Final = "It answers a meeting that has been cancelled since, so that nothing follows from it."
_SUPERSEDED: Final = (
    "It answers an earlier invitation: a newer one, with another time or place, has been sent since and asks anew."
)
_NEVER: Final = "It answers an invitation that we have not sent."
_OLDER: Final = "It is not newer than the answer that is recorded, so that nothing was done."


def act(tx: Transaction, house: House, mail: Mail) -> Outcome | None:
    """Record what an attendee answered; None where it holds no answer to a meeting."""
    said = [one for one in mail.found.replies if one.method in {_REPLY, COUNTER, ""}]
    if not said:
        return None
    if mail.row["use"] != Use.CLASSES:
        return mail.outcome(State.PERSON, Kind.MEETING, _ELSEWHERE)
    mine = (invitations.c.trust == mail.row["trust"], invitations.c.tag == mail.row["name"])
    twin = tx.connection.execute(select(invitations).where(*mine).with_for_update()).mappings().one_or_none()
    if twin is None:
        return None
    reply, trouble = _theirs(mail, twin, said)
    if reply is None:
        return mail.outcome(State.PERSON, Kind.MEETING, trouble)
    return _stale(mail, twin, reply) or _recorded(tx, house, mail, twin, reply)


def _theirs(mail: Mail, twin: RowMapping, said: Sequence[Rsvp]) -> tuple[Rsvp | None, str]:
    """Return the attendee's own answer, or why none is believed."""
    about = [one for one in said if one.uid == twin["uid"]]
    if not about:
        return None, _OTHER
    attendee = twin["attendee"].lower()
    own = [one for one in about if one.attendee == attendee]
    if not own:
        return None, f"It speaks for {about[0].attendee or 'nobody'}, who was not invited."
    writer = mail.found.from_address
    if writer != attendee and writer.rpartition("@")[2] != attendee.rpartition("@")[2]:
        return None, f"It came from {writer or 'nobody that can be read'}, who was not asked."
    return max(own, key=lambda one: (one.sequence or 0, one.stamp)), ""


def _stale(mail: Mail, twin: RowMapping, reply: Rsvp) -> Outcome | None:
    """Return what becomes of an answer that is too old, or to what was never asked; None for any other."""
    sequence = twin["sequence"] if reply.sequence is None else reply.sequence
    if sequence > twin["sequence"]:
        return mail.outcome(State.PERSON, Kind.MEETING, _NEVER)
    if twin["method"] == Method.CANCEL:
        return mail.outcome(State.DONE, Kind.MEETING, _OVER)
    if sequence < twin["sequence"]:
        return mail.outcome(State.DONE, Kind.MEETING, _SUPERSEDED)
    recorded = twin["reply_stamp"]
    if recorded and twin["reply_sequence"] == sequence and _stamp(mail, reply) <= recorded:
        return mail.outcome(State.DONE, Kind.MEETING, _OLDER)
    return None


def _recorded(tx: Transaction, house: House, mail: Mail, twin: RowMapping, reply: Rsvp) -> Outcome:
    proposed = _proposed(twin, reply)
    partstat = "TENTATIVE" if proposed else reply.partstat
    if partstat not in ANSWERS:
        return mail.outcome(State.PERSON, Kind.MEETING, "It says neither yes, perhaps nor no.")
    said = {
        "partstat": partstat,
        "replied_at": tx.now,
        "reply_comment": reply.comment or None,
        "reply_sequence": twin["sequence"] if reply.sequence is None else reply.sequence,
        "reply_stamp": _stamp(mail, reply),
    }
    mine = (invitations.c.trust == twin["trust"], invitations.c.uid == twin["uid"])
    tx.connection.execute(update(invitations).where(*mine).values(**said))
    subject = Subject(kind=twin["kind"], trust=twin["trust"], id=twin["subject"])
    heard = Heard(
        subject=subject,
        uid=twin["uid"],
        rsvp=reply,
        partstat=partstat,
        at=tx.now,
        proposed=proposed,
        mail=mail.row["id"],
    )
    follows = house.hooks[twin["kind"]](tx, heard) if twin["kind"] in house.hooks else ""
    told = f"Recorded: {ANSWERS[partstat]}." if not proposed else f"Another time is proposed: {proposed}."
    return mail.outcome(State.PERSON if proposed else State.DONE, Kind.MEETING, f"{told} {follows}".strip())


def _stamp(mail: Mail, reply: Rsvp) -> datetime:
    """Return when an answer was given, never later than it came: a wrong clock must not shut out later answers."""
    arrived: datetime = mail.row["received_at"]
    return min(moment(reply.stamp) or arrived, arrived)


def _proposed(twin: RowMapping, reply: Rsvp) -> str:
    """Say which other time is asked for: by COUNTER, or by a tentative reply with other times, as some clients do."""
    start, end = moment(reply.start), moment(reply.end)
    said: Mapping[str, Any] = twin["said"]
    same = start is None or start == calendar.instant(said["start"])
    if reply.method != COUNTER and (same or reply.partstat != "TENTATIVE"):
        return ""
    if start is None:
        return "which one, it does not say"
    return calendar.when(start, max(end or start, start), said["zone"])
