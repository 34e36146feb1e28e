"""Who is at the other end of a request: the session's cookie, and the actor that it stands for.

The cookie carries the account and its session number; a reset of the password or a sign-out everywhere raises that
number, and every older cookie is void.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, session
from sqlalchemy import Connection, select

from engine.errors import Missing, NotAllowed
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import accounts

LONGEST_SESSION = timedelta(hours=12)
_BY_PROVIDER = "by_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in account; every query of a page is scoped to its trust and its actor."""

    trust: str
    actor: Actor


def visitor() -> Visitor:
    """Return who is signed in.

    Raises `NotAllowed` where nobody is (a page that asks declared the wrong permission).
    """
    here = visitor_or_none()
    if here is None:
        raise NotAllowed("You need to be signed in to do this.")
    return here


def visitor_or_none() -> Visitor | None:
    """Return who is signed in, or None."""
    here: Visitor | None = g.get("visitor")
    return here


def admit(trust: str, account: str, number: int, now: datetime, *, by_provider: bool = False) -> None:
    """Start a session for an account that proved to be its owner's; nothing of the session before it stays."""
    session.clear()
    session.permanent = True
    session.update(trust=trust, account=account, number=number, since=int(now.timestamp()))
    if by_provider:
        session[_BY_PROVIDER] = True


def came_by_provider() -> bool:
    """Say whether the session began at the identity provider, where it is to end too."""
    return bool(session.get(_BY_PROVIDER))


def dismiss() -> None:
    """End the session in this browser."""
    session.clear()


def recognise(conn: Connection, now: datetime) -> Visitor | None:
    """Return whom the cookie stands for, while its account is active and its session not ended."""
    if "account" not in session or _too_old(session.get("since", 0), now):
        return None
    return _active(conn, session["trust"], session["account"], session["number"], now)


def _too_old(since: int, now: datetime) -> bool:
    return now.timestamp() - since > LONGEST_SESSION.total_seconds()


def _active(conn: Connection, trust: str, account: str, number: int, now: datetime) -> Visitor | None:
    query = select(accounts.c.session).where(accounts.c.trust == trust, accounts.c.id == account)
    if conn.execute(query).scalar_one_or_none() != number:
        return None
    try:
        return Visitor(trust=trust, actor=directory.actor_of(conn, trust, account, now))
    except Missing:
        return None
