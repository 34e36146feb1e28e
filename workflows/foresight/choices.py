"""What the form of a forecast lets one choose, by name; lists are short, for words narrow them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, and_, select

from engine.roles.directory_tables import organisations
from engine.web import dates, named
from engine.web.absence_forms import local_day
from engine.wording import notices, templates
from engine.wording.notices import Source
from engine.wording.rendering import NATIONAL
from engine.wording.template_tables import template_versions
from workflows.learning import catalogue, pages
from workflows.learning.pages import Wanted
from workflows.learning.records import Class

Pairs = Sequence[tuple[str, str]]
_TEXTS: Final = 20
_SHORT: Final = 60


def classes(connection: Connection, trust: str, words: str, now: datetime) -> Pairs:
    """Return the next classes of these words, at most one page of them."""
    found = pages.coming_classes(connection, trust, now, Wanted(words=words)).found
    return [(one.id, _dated(one)) for one in found]


def course_class(connection: Connection, trust: str, key: str | None) -> Pairs:
    """Return one class, if it is there and has meetings."""
    found = catalogue.classes_by_id(connection, trust, [key]) if key else {}
    return [(one.id, _dated(one)) for one in found.values() if one.starts_at]


def meetings(connection: Connection, trust: str, key: str) -> Sequence[tuple[str, date, str]]:
    """Return id, day and words of each meeting of a class, the first one first."""
    found = catalogue.classes_by_id(connection, trust, [key]).get(key)
    listed = sorted(found.sessions, key=lambda one: one.starts_at) if found else ()
    return [(one.id, local_day(one.starts_at), f"{dates.moment(one.starts_at)}, {one.venue}") for one in listed]


def accounts(connection: Connection, trust: str, words: str) -> Pairs:
    """Return the active accounts that some words mean."""
    return [(row["id"], f"{row['name']} ({row['email']})") for row in named.matching(connection, trust, words)]


def account(connection: Connection, trust: str, key: str | None) -> Pairs:
    """Return one account, if it is there."""
    found = named.one(connection, trust, key) if key else None
    return [(found["id"], f"{found['name']} ({found['email']})")] if found else []


def name_of(connection: Connection, trust: str, key: str | None) -> str:
    """Return the name of an account, or nothing."""
    found = named.one(connection, trust, key) if key else None
    return str(found["name"]) if found else ""


def texts(connection: Connection, trust: str, notice: str) -> Pairs:
    """Return the national text of a notice and the latest saved ones, each with where it is from."""
    here = template_versions.c
    at_place = and_(organisations.c.trust == here.trust, organisations.c.id == here.organisation)
    saved = (
        select(template_versions, organisations.c.name)
        .join(organisations, at_place)
        .where(here.trust == trust, here.notice == notice)
        .order_by(here.saved_at.desc(), here.version.desc())
        .limit(_TEXTS)
    )
    rows = connection.execute(saved).all()
    listed = [
        (f"{row.organisation}:{row.version}", f"{row.name}, version {row.version}: {row.comment[:_SHORT]}")
        for row in rows
    ]
    return [*listed, (NATIONAL, "The national text")]


def text(connection: Connection, trust: str, notice: str, chosen: str) -> tuple[str, Source]:
    """Return for which organisation a text of `texts` is tried, and the text; raises `Missing`."""
    if chosen == NATIONAL:
        return trust, notices.notice(notice).source
    place, _, number = chosen.rpartition(":")
    return place, templates.version(connection, trust, place, notice, int(number)).source


def _dated(one: Class) -> str:
    return f"{one.title}, {dates.day(one.starts_at)}"
