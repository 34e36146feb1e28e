"""When and where a class meets, and what a change of it comes to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from engine.machine import Case
from workflows.learning.records import Class, Session


def changed_sessions(case: Case[Class]) -> tuple[Session, ...]:
    """Return the sessions as the facts would have them; what the facts leave out stays.

    `facts["sessions"]` is a list of {id, starts_at, ends_at, venue}, times in ISO 8601; a new session has no id.
    A new `venue` of the class moves the sessions that met at the old one (the primary venue, S2 6.3.1). A class that is
    not stored yet has them from its facts already.
    """
    if case.record.state is None:
        return case.record.sessions
    venue = case.facts.get("venue", case.record.venue)
    found = {
        session.id: _moved(session, {"venue": venue} if session.venue == case.record.venue else {})
        for session in case.record.sessions
    }
    for said in case.facts.get("sessions") or ():
        identifier = str(said.get("id") or len(found) + 1)
        known = found.get(identifier)
        found[identifier] = _moved(known, said) if known else session_from(identifier, said, venue)
    return tuple(found.values())


def session_from(identifier: str, said: Mapping[str, Any], venue: str) -> Session:
    """Read a new session; without a venue of its own it meets at the class's."""
    return Session(
        id=identifier,
        starts_at=_instant(said["starts_at"]),
        ends_at=_instant(said["ends_at"]),
        venue=said.get("venue") or venue,
    )


def meetings_changed(case: Case[Class]) -> dict[str, dict[str, str] | None]:
    """Return what each session that would change is now, by its id; a new one is nothing yet.

    The link to join online is the place of an online session, so that another link changes them all.
    """
    before = {session.id: session for session in case.record.sessions}
    after = {session.id: session for session in changed_sessions(case)}
    elsewhere = joined_at(case) != case.record.online
    return {
        identifier: _said(before[identifier]) if identifier in before else None
        for identifier, session in after.items()
        if elsewhere or before.get(identifier) != session
    }


def joined_at(case: Case[Class]) -> str:
    """Return the link to join online as the facts would have it."""
    own = case.facts.get("conference", case.record.conference)
    return str(own or case.record.offering.conference or "")


def _moved(session: Session, said: Mapping[str, Any]) -> Session:
    """Return a session with what is said of it; its revision rises only when that differs."""
    after = replace(
        session,
        starts_at=_instant(said["starts_at"]) if said.get("starts_at") else session.starts_at,
        ends_at=_instant(said["ends_at"]) if said.get("ends_at") else session.ends_at,
        venue=said.get("venue", session.venue),
    )
    return after if after == session else replace(after, revision=session.revision + 1)


def _said(session: Session) -> dict[str, str]:
    starts_at, ends_at = session.starts_at.isoformat(), session.ends_at.isoformat()
    return {"starts_at": starts_at, "ends_at": ends_at, "venue": session.venue}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
