"""Opening a course: to play it, to review what is over, or to look inside before there is an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from engine.errors import Missing, Refused
from engine.machine import Actor
from engine.roles import directory
from engine.settings import Settings
from engine.transaction import Transaction
from scorm import addresses, library
from scorm import store as runtime
from scorm.packaging.manifest import AU
from scorm.tokens import Look, Mode
from workflows.learning import pages, playing
from workflows.learning.attempts import store
from workflows.learning.attempts.rules import Scope, effective
from workflows.learning.attempts.standing import LOCKED
from workflows.learning.records import Class
from workflows.people.responsibilities import RUNS_CLASSES

NORMAL: Final = "normal"
NOT_OVER: Final = "Only an attempt that is over can be opened for review."
UNITS: Final = "A course of AICC can be played only: it has no way of being looked at."
_GONE: Final = "There is no such attempt of yours."
_CLOSED: Final = "This class cannot be looked into without a place."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opens: in `normal` mode an attempt that is recorded, in `review` or `browse` a look at it or at none."""

    mode: str
    url: str
    attempt: str | None = None


def play(tx: Transaction, settings: Settings, trust: str, enrolment: str, *, anew: bool = False) -> Opened:
    """Open the course of an enrolment as it stands: go on, begin, or review what is over unless `anew` is asked for.

    Raises as `playing.launch` does.
    """
    course = store.courses(tx.connection, trust, [enrolment]).get(enrolment)
    stands = course.standing(tx.now) if course else None
    if stands and stands.reviews and not anew and not stands.resumes and not stands.fresh:
        return review(tx.connection, settings, tx.actor, trust, stands.reviews, tx.now)
    played = runtime.attempt(tx.connection, trust, playing.launch(tx, trust, enrolment, anew=anew))
    if played is None:
        raise Missing("There is no such attempt.")
    apart = course is not None and course.rules.apart
    return Opened(mode=NORMAL, url=addresses.play_url(settings, played, tx.now, apart=apart), attempt=played.id)


def review(  # noqa: PLR0913, PLR0917 - who opens what, and when
    conn: Connection, settings: Settings, actor: Actor, trust: str, attempt: str, now: datetime
) -> Opened:
    """Open an attempt of the actor's own that is over; raises `Missing`, or `Refused` where it is not to be read."""
    found = runtime.attempt(conn, trust, attempt)
    if found is None or found.learner != actor.person:
        raise Missing(_GONE)
    course = store.courses(conn, trust, [found.registration]).get(found.registration)
    mine = next((one for one in course.played if one.id == attempt), None) if course else None
    if course is None or mine is None:
        raise Missing(_GONE)
    if course.standing(now).locked:
        raise Refused(LOCKED)
    if not mine.ended:
        raise Refused(NOT_OVER)
    look = Look(trust=trust, attempt=attempt, mode=Mode.REVIEW, package=found.package, issued=int(now.timestamp()))
    return Opened(mode=Mode.REVIEW, url=_look(conn, settings, look, apart=course.rules.apart), attempt=attempt)


def browse(  # noqa: PLR0913, PLR0917 - who opens what, and when
    conn: Connection, settings: Settings, actor: Actor, trust: str, course_class: str, now: datetime
) -> Opened:
    """Look into the e-learning of a class; raises `Missing` for a class that the actor neither runs nor can find."""
    if directory.reach(conn, trust, actor, RUNS_CLASSES):
        found = pages.course_class(conn, trust, course_class)
    else:
        found = pages.open_class(conn, trust, actor.person or "", now, course_class)
        if course_class not in browsable(conn, trust, [found]):
            raise Refused(_CLOSED)
    if found.offering.package is None:
        raise Refused(_CLOSED)
    ruled = store.offered(found.offering)
    apart = effective(store.rules_for(conn, trust, [ruled])[ruled.id]).apart
    return preview(conn, settings, trust, found.offering.package, now, apart=apart)


def preview(  # noqa: PLR0913 - what opens, and when
    conn: Connection, settings: Settings, trust: str, package: str, now: datetime, *, apart: bool | None = None
) -> Opened:
    """Look into a package; who may, asks whoever calls this. Its rules say where it plays, unless they are known."""
    if apart is None:
        apart = effective(store.rules_at(conn, trust, Scope.PACKAGE, package)).apart
    look = Look(trust=trust, attempt="", mode=Mode.BROWSE, package=package, issued=int(now.timestamp()))
    return Opened(mode=Mode.BROWSE, url=_look(conn, settings, look, apart=apart))


def browsable(conn: Connection, trust: str, found: list[Class] | tuple[Class, ...]) -> frozenset[str]:
    """Return which of these classes everybody who can find them may look into: one statement for all."""
    online = [one for one in found if one.offering.package]
    offered = [store.offered(one.offering) for one in online]
    rules = store.rules_for(conn, trust, offered) if offered else {}
    return frozenset(one.id for one in online if effective(rules[one.offering.id]).browse)


def _look(conn: Connection, settings: Settings, look: Look, *, apart: bool) -> str:
    found = library.package_of(conn, look.trust, look.package)
    if found is None:
        raise Missing("There is no such package in this trust.")
    if any(one.kind == AU for one in found.manifest.scos):
        raise Refused(UNITS)
    return addresses.look_url(settings, look, apart=apart)
