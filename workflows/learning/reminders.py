"""Reminds those with a place some days before a class starts (LRN-22, catalogue P09): set-based, and each only once.

The key of a reminder (enrolment, spell, start, days) is unique, so that any number of schedulers may run, and a class
that was moved is reminded of anew. Whoever was told something of the enrolment since the day of the reminder is not
told the same again. Whether it is still true is asked once more when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, RowMapping, Select, and_, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import posting
from engine.letters import Letter, Relevant
from engine.machine import THE_SYSTEM, Case, Notice
from engine.transaction import Engine, Predicate, Transaction
from workflows.learning import letters, pages
from workflows.learning.calendar_tables import class_reminders
from workflows.learning.keeps import ZONE
from workflows.learning.records import ClassState, Enrolment, EnrolmentState
from workflows.learning.tables import classes, enrolments
from workflows.learning.tables import sessions as _sessions
from workflows.people.records import Site

REMIND: Final = "remind-of-classes"
SOON: Final = Notice("LRN-22-class-soon", lambda _case: ())
STARTS_THEN: Final = "has_place_and_starts_then"
"""The predicate of a reminder: the place is confirmed, and the class starts at that moment."""
_LONDON: Final = ZoneInfo(ZONE)
_BATCH: Final = 500
_RUNS: Final = (ClassState.NORMAL, ClassState.FULL, ClassState.CLOSED)


def remind(engine: Engine, site: Site, days: Iterable[int]) -> int:
    """Queue today's reminders for classes that start in so many days or fewer; return how many."""
    now, queued = engine.clock(), 0
    today, since = now.astimezone(_LONDON).date(), now
    for number in sorted(set(days)):
        until = _midnight(today + timedelta(days=number + 1))
        with engine.reading() as connection:
            due = connection.execute(_due(since, until, number)).all()
        told = [row for row in due if row.updated_at < _its_day(row.starts_at, number)]
        for first in range(0, len(told), _BATCH):
            with engine.transaction() as tx:
                queued += _queue(tx, site, told[first : first + _BATCH], number)
        since = until
    return queued


def starts_then(connection: Connection, asked: Sequence[RowMapping]) -> set[str]:
    """Return the ids of the letters whose place is confirmed on a class that starts at the moment that they name."""
    starts: dict[tuple[str, str], datetime] = {}
    for trust, ids in _by_trust(asked).items():
        query = _placed().where(enrolments.c.trust == trust, enrolments.c.id.in_(ids))
        starts.update({(trust, row.id): row.starts_at for row in connection.execute(query)})
    return {
        letter["id"]
        for letter in asked
        if starts.get((letter["trust"], letter["subject"]))
        == datetime.fromisoformat(letter["relevant"]["facts"]["starts_at"])
    }


def _midnight(day: date) -> datetime:
    """Return when a local day begins."""
    return datetime.combine(day, time(), _LONDON)


def _its_day(starts_at: datetime, days: int) -> datetime:
    """Return when the day of a reminder begins: so many days before a class starts."""
    return _midnight(starts_at.astimezone(_LONDON).date() - timedelta(days=days))


def _placed() -> Select[Any]:
    """Choose confirmed enrolments with when their class starts."""
    earlier = _sessions.alias("earlier")
    before = exists().where(
        earlier.c.trust == _sessions.c.trust,
        earlier.c.course_class == _sessions.c.course_class,
        earlier.c.starts_at < _sessions.c.starts_at,
    )
    its = and_(_sessions.c.trust == enrolments.c.trust, _sessions.c.course_class == enrolments.c.course_class)
    told = ("trust", "id", "revision", "spell", "updated_at")
    return (
        select(*(enrolments.c[name] for name in told), _sessions.c.starts_at)
        .distinct()
        .join(_sessions, its)
        .join(classes, and_(classes.c.trust == enrolments.c.trust, classes.c.id == enrolments.c.course_class))
        .where(enrolments.c.state == EnrolmentState.CONFIRMED, classes.c.state.in_(_RUNS), ~before)
    )


def _due(since: datetime, until: datetime, days: int) -> Select[Any]:
    """Choose those whose class starts within a span, and who were not reminded of it so many days before."""
    done = exists().where(
        class_reminders.c.trust == enrolments.c.trust,
        class_reminders.c.enrolment == enrolments.c.id,
        class_reminders.c.spell == enrolments.c.spell,
        class_reminders.c.starts_at == _sessions.c.starts_at,
        class_reminders.c.days == days,
    )
    within = (_sessions.c.starts_at >= since, _sessions.c.starts_at < until)
    return _placed().where(*within, ~done).order_by(enrolments.c.trust, enrolments.c.id)


def _queue(tx: Transaction, site: Site, told: Sequence[Row[Any]], days: int) -> int:
    """Write down who is reminded, and queue the letters of those who were not yet."""
    rows = [
        {"trust": r.trust, "enrolment": r.id, "spell": r.spell, "starts_at": r.starts_at, "days": days, "at": tx.now}
        for r in told
    ]
    insert = sqlite.insert if tx.connection.dialect.name == "sqlite" else postgresql.insert
    key = (class_reminders.c.trust, class_reminders.c.enrolment)
    noting = insert(class_reminders).on_conflict_do_nothing().returning(*key)
    fresh: dict[str, set[str]] = {}
    for row in tx.connection.execute(noting, rows):
        fresh.setdefault(row.trust, set()).add(row.enrolment)
    found = [(_letter(one, tx.now), one.revision) for one in _enrolments(tx.connection, fresh, site)]
    if found:
        posting.post(tx.connection, found, tx.now, tx.engine.reply_domain)
    return len(found)


def _enrolments(connection: Connection, ids: Mapping[str, set[str]], site: Site) -> Iterator[Enrolment]:
    for trust, wanted in ids.items():
        yield from pages.enrolments_among(connection, trust, wanted, site)


def _letter(one: Enrolment, now: datetime) -> Letter:
    case = Case(record=one, facts={}, actor=THE_SYSTEM, now=now)
    course_class = one.course_class
    starts_at = course_class.starts_at or now
    said = {
        "start": starts_at.isoformat(),
        "sessions": len(course_class.sessions) if len(course_class.sessions) > 1 else None,
        "venue": course_class.sessions[0].venue or None,
        "online_link": course_class.online or None,
        "custom_text": course_class.words or None,
        **(letters.way_out(one) if course_class.withdrawable(now) else {}),
    }
    relevant = Relevant(name=STARTS_THEN, facts={name: starts_at.isoformat() for name in ("starts_at", "until")})
    reason = "You get this message because you have a place on this class, and it starts soon."
    return letters.letter(case, SOON, reason, said, relevant)


def _by_trust(asked: Sequence[RowMapping]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for letter in asked:
        found.setdefault(letter["trust"], set()).add(letter["subject"])
    return found


PREDICATES: Final[Mapping[str, Predicate]] = {STARTS_THEN: starts_then}
