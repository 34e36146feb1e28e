"""The days by which a person has something to do: what their posts require runs out, or a question waits for them.

Each need is one entry. A question says neither whom it is about nor what it says, for a feed is read by programs of
others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from engine import calendar
from engine.feed import Due
from engine.machine import Actor, plain
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.tables import approvals
from engine.web import asked
from engine.web.asked import Shown
from workflows.competence import store as competence_store
from workflows.competence.tables import awards
from workflows.learning.keeps import ZONE
from workflows.people.records import Site

KEPT: Final = timedelta(days=30)
"""How long what is past still stands in a feed."""
MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """What is due, and when any of it changed last, or something that was due went; None where nothing ever was."""

    days: tuple[Due, ...]
    changed_at: datetime | None


def of(conn: Connection, trust: str, person: str, site: Site, now: datetime) -> Dues:
    """Return what is due of a person: the last days of competences, and the questions that wait for their answer."""
    held = tuple(_competences(conn, trust, person, site, now))
    theirs = (accounts.c.trust == trust, accounts.c.person == person, accounts.c.active)
    named = conn.scalars(select(accounts.c.id).where(*theirs).order_by(accounts.c.id)).all()
    actors = [directory.actor_of(conn, trust, account, now) for account in named]
    questions = {due.uid: due for actor in actors for due in _questions(conn, trust, actor, site, now)}
    moments = [_asked_last(conn, trust, actor) for actor in actors]
    changed = [moment for moment in (*moments, *(due.changed_at for due in held)) if moment is not None]
    return Dues(days=(*held, *questions.values()), changed_at=max(changed, default=None))


def _competences(conn: Connection, trust: str, person: str, site: Site, now: datetime) -> Iterator[Due]:
    """Yield the last days of what a person's posts require and they hold."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    lines = [
        line
        for line in competence_store.profiles(conn, trust, [person], today)[person]
        if line.required and line.ends_on is not None and line.ends_on > today - KEPT
    ]
    query = select(awards.c.id, awards.c.updated_at).where(
        awards.c.trust == trust, awards.c.id.in_({line.award for line in lines})
    )
    moved: dict[str, Any] = {row.id: row.updated_at for row in conn.execute(query)}
    for line in lines:
        if line.ends_on is not None and line.award is not None:
            yield Due(
                uid=f"due-{line.award}@{site.domain}",
                on=line.ends_on,
                summary=f"Last day: {line.competence.name}",
                description=f"{line.competence.name} is valid through this day. Renew it in time: {site.origin}/",
                url=f"{site.origin}/",
                changed_at=moved[line.award],
            )


def _questions(conn: Connection, trust: str, actor: Actor, site: Site, now: datetime) -> Iterator[Due]:
    """Yield the questions that an actor may answer now, on the day in which their time runs out."""
    timed = approvals.c.due_at > now - KEPT
    found = asked.asked_of(conn, trust, actor, Shown.OPEN, where=(timed,), limit=MOST)
    for row in found.rows:
        link = f"{site.origin}/worklist/{row['id']}"
        yield Due(
            uid=f"asked-{row['id']}@{site.domain}",
            on=_last_day(row["due_at"]),
            summary=f"To answer: a question about {_about(row['kind'])}",
            description=f"It is to be answered by {calendar.moment(row['due_at'], ZONE)}: {link}",
            url=link,
            changed_at=row["updated_at"],
        )


def _asked_last(conn: Connection, trust: str, actor: Actor) -> datetime | None:
    """Return when a question that an actor may see moved last, also where that answered it."""
    latest: datetime | None = conn.scalar(select(func.max(approvals.c.updated_at)).where(asked.visible(trust, actor)))
    return latest


def _last_day(due_at: datetime) -> date:
    """Return the day on which there still is time: what ends at midnight ends with the day before."""
    return (due_at - timedelta(minutes=1)).astimezone(ZoneInfo(ZONE)).date()


def _about(kind: str) -> str:
    said = plain(kind)
    return f"an {said}" if said[0] in "aeiou" else f"a {said}"
