"""Letters into the outbox, within the commit that makes them true.

An invitation gets its SEQUENCE here, from the twin of what was last said for its UID (RFC 5546 2.1.4). What is said
again word for word keeps it: a later DTSTAMP is what makes a calendar take it (2.1.5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, insert, literal_column, or_, select, update

from engine import return_addresses
from engine.identifiers import new_id
from engine.letters import Invitation, Letter, Method
from engine.storage.prepared import Prepared
from engine.tables import invitations, outbox

HELD: Final = "It waits until"
"""How the sentence begins on a letter that hours hold."""
_USUAL: Final = "en"
Tongues = Callable[[Connection, str, Collection[str]], Mapping[str, str]]
"""Returns the languages of those people of a trust who have one, by person."""
_Twin = Mapping[str, Any] | RowMapping
_Twins = dict[tuple[str, str], _Twin]
_CHANGING = ("attendee", "method", "sequence", "said")
"""Who is asked is whom the last letter goes to, whose answer alone counts."""
_QUEUEING = Prepared(insert(outbox))

_DELIVERY: Final = frozenset({"template", "unanswered", "leased_until", "sent_at", "answer"})
COLUMNS: Final = tuple(column.name for column in outbox.c if column.name not in _DELIVERY)
"""What a letter is queued with; the rest is for those who deliver it."""


def post(  # noqa: PLR0913 - what, when, and what is known of it
    connection: Connection,
    letters: Sequence[tuple[Letter, int]],
    now: datetime,
    reply_domain: str,
    *,
    answered: bool = False,
    tongues: Tongues | None = None,
) -> None:
    """Queue letters, each with the revision of the move that caused it.

    A cancellation of a meeting that was never asked for goes as a plain message. Where mail is `answered`, each new
    meeting has an organizer of its own, at which its replies arrive. `tongues` knows the languages of people of whom
    a letter knows none.
    """
    if any(letter.invitation for letter, _ in letters):
        rows = _meetings(connection, letters, now, reply_domain, answered=answered)
    else:
        rows = [plain(letter, revision, now, reply_domain) for letter, revision in letters]
    if tongues:
        _translate(connection, letters, rows, tongues)
    _QUEUEING.write(connection, rows)


def plain(letter: Letter, revision: int, now: datetime, reply_domain: str) -> dict[str, Any]:
    """Return the row of a letter that asks to no meeting."""
    return _row(letter, revision, None, now, reply_domain)


def unspoken(letter: Letter) -> bool:
    """Say whether a letter goes to a person of whom it knows no language."""
    return letter.to.person is not None and not letter.to.language


def _meetings(
    connection: Connection, letters: Sequence[tuple[Letter, int]], now: datetime, reply_domain: str, *, answered: bool
) -> list[dict[str, Any]]:
    """Return the rows of letters some of which ask to meetings, and write the twins of these."""
    known = _twins(connection, letters)
    named = {(trust, _local(uid)): uid for trust, uid in known}
    said: _Twins = {}
    rows = []
    for letter, revision in letters:
        meeting = letter.invitation and _meaningful(letter, _as_named(letter.invitation, letter, named), known, said)
        if meeting is None:
            rows.append(_row(letter, revision, None, now, reply_domain))
            continue
        key = (letter.subject.trust, meeting.uid)
        tag = new_id(now) if answered else None
        said[key] = _next(letter, meeting, said.get(key, known.get(key)), tag, reply_domain)
        rows.append(_row(letter, revision, said[key]["said"], now, reply_domain))
    _write_twins(connection, [t for k, t in said.items() if k not in known], [said[k] for k in said if k in known])
    if follows := [key for key in said if key in known]:
        _look_again(connection, follows, now)
    return rows


def _translate(
    connection: Connection, letters: Sequence[tuple[Letter, int]], rows: Sequence[dict[str, Any]], tongues: Tongues
) -> None:
    """Give each letter that names no language that of its reader, who may be written to as the holder of a role."""
    unknown = [row for row, (letter, _) in zip(rows, letters, strict=True) if unspoken(letter)]
    for trust in {row["trust"] for row in unknown}:
        known = tongues(connection, trust, {row["person"] for row in unknown if row["trust"] == trust})
        for row in (row for row in unknown if row["trust"] == trust):
            row["language"] = known.get(row["person"], _USUAL)


def _look_again(connection: Connection, meetings: Sequence[tuple[str, str]], now: datetime) -> None:
    """Have what hours hold of these meetings looked at anew: what follows it now may not be able to wait."""
    held = (
        outbox.c.trust.in_({trust for trust, _uid in meetings}),
        outbox.c.uid.in_([uid for _trust, uid in meetings]),
        or_(*(outbox.c.state == literal_column(state) for state in ("'QUEUED'", "'RETRY'"))),
        outbox.c.due_at > now,
        outbox.c.answer.startswith(HELD),
    )
    connection.execute(update(outbox).where(*held).values(due_at=now))


def _meaningful(letter: Letter, meeting: Invitation, known: _Twins, said: _Twins) -> Invitation | None:
    key = (letter.subject.trust, meeting.uid)
    return None if meeting.method is Method.CANCEL and key not in known and key not in said else meeting


def _twins(connection: Connection, letters: Sequence[tuple[Letter, int]]) -> _Twins:
    """Return what was last said of the meetings of these letters' subjects."""
    subjects = [letter.subject for letter, _ in letters if letter.invitation]
    mine = (
        invitations.c.trust.in_({subject.trust for subject in subjects}),
        invitations.c.kind.in_({subject.kind for subject in subjects}),
        invitations.c.subject.in_({subject.id for subject in subjects}),
    )
    chosen = connection.execute(select(invitations).where(*mine)).mappings()
    return {(row["trust"], row["uid"]): row for row in chosen}


def _as_named(meeting: Invitation, letter: Letter, named: Mapping[tuple[str, str], str]) -> Invitation:
    """Return a meeting with the UID under which calendars know it: an installation's domain may be another by now."""
    uid = named.get((letter.subject.trust, _local(meeting.uid)), meeting.uid)
    return meeting if uid == meeting.uid else replace(meeting, uid=uid)


def _local(uid: str) -> str:
    return uid.partition("@")[0]


def _next(
    letter: Letter, meeting: Invitation, last: _Twin | None, tag: str | None, reply_domain: str
) -> dict[str, Any]:
    """Return the twin after this letter: the same UID and organizer, the next SEQUENCE unless nothing differs."""
    organizer = return_addresses.tagged(tag, reply_domain) if tag else f"classes@{reply_domain}"
    said = {
        "uid": meeting.uid,
        "method": str(meeting.method),
        "sequence": 0,
        "start": meeting.start.astimezone(UTC).isoformat(),
        "end": meeting.end.astimezone(UTC).isoformat(),
        "zone": meeting.zone,
        "summary": meeting.summary,
        "location": meeting.location,
        "description": meeting.description,
        "url": meeting.url,
        "conference": meeting.conference,
        "alarm": meeting.alarm,
        "organizer": last["said"]["organizer"] if last else organizer,
    }
    if last:
        said["sequence"] = last["sequence"] + (not _same(said, last["said"]))
    return {
        "trust": letter.subject.trust,
        "uid": meeting.uid,
        "kind": letter.subject.kind,
        "subject": letter.subject.id,
        "attendee": letter.to.email,
        "method": str(meeting.method),
        "sequence": said["sequence"],
        "said": said,
        "tag": last["tag"] if last else tag,
    }


def _same(said: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    known = {"conference": "", "alarm": 0, **before}
    return all(known[name] == value for name, value in said.items() if name != "sequence")


def _row(
    letter: Letter, revision: int, said: Mapping[str, Any] | None, now: datetime, reply_domain: str
) -> dict[str, Any]:
    identifier = new_id(now)
    relevant, subject, to = letter.relevant, letter.subject, letter.to
    return {
        "trust": subject.trust,
        "id": identifier,
        "notice": letter.notice,
        "organisation": letter.organisation,
        "kind": subject.kind,
        "subject": subject.id,
        "revision": revision,
        "person": to.person,
        "name": to.name,
        "email": to.email,
        "language": to.language or _USUAL,
        "reason": letter.reason,
        "context": dict(letter.context),
        "uid": said["uid"] if said else None,
        "invitation": said,
        "relevant": {"name": relevant.name, "facts": dict(relevant.facts)} if relevant else None,
        "approval": letter.approval,
        "account": letter.account,
        "places": " ".join(letter.places) or None,
        "message_id": f"<{identifier}@{reply_domain}>",
        "state": "QUEUED",
        "queued_at": now,
        "due_at": now,
        "attempts": 0,
        "fence": 0,
    }


def _write_twins(connection: Connection, new: Sequence[_Twin], changed: Sequence[_Twin]) -> None:
    if new:
        connection.execute(insert(invitations), [dict(twin) for twin in new])
    if changed:
        statement = (
            update(invitations)
            .where(invitations.c.trust == bindparam("_trust"), invitations.c.uid == bindparam("_uid"))
            .values({name: bindparam(f"_{name}") for name in _CHANGING})
        )
        names = ("trust", "uid", *_CHANGING)
        connection.execute(statement, [{f"_{name}": twin[name] for name in names} for twin in changed])
