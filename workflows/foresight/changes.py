"""Changes that can be tried on a copy before they are saved, each by the functions that save it in earnest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine.drafts import Place
from engine.errors import Invalid, Missing
from engine.letters import Subject
from engine.machine import THE_SYSTEM, Actor
from engine.roles import absences
from engine.roles.absence import Absence, choices_of
from engine.roles.routing import Action
from engine.transaction import Engine, Transaction
from engine.wording import trial
from engine.wording.notices import ENGLISH, LANGUAGES, Source
from workflows.competence import store
from workflows.competence.records import Requirement
from workflows.foresight import rewording
from workflows.learning import classes
from workflows.learning.tables import sessions

Said = Mapping[str, Any]
_LONDON: Final = ZoneInfo("Europe/London")
_LONGEST_MOVE: Final = 366
_LONGEST_VALIDITY: Final = 1200


def change_of(trust: str, said: Said, actor: Actor) -> Callable[[Engine], None]:
    """Read a change (`kind`, and what that kind needs); what is returned makes it on a copy.

    Raises `Invalid` for a kind that there is not, or where something is missing.
    """
    kind = str(said.get("kind"))
    if kind not in KINDS:
        raise Invalid(f"A change is one of {', '.join(sorted(KINDS))}, not {kind!r}.", field="kind")
    make, needed = KINDS[kind]
    for name in needed:
        if said.get(name) in {None, ""}:
            raise Invalid(f"A change of the kind “{kind}” needs “{name}”.", field=name)
    return partial(_make, make, trust, said, actor)


def _make(make: Callable[[Transaction, str, Said], None], trust: str, said: Said, actor: Actor, copy: Engine) -> None:
    with copy.transaction(actor) as tx:
        make(tx, trust, said)


def _require(tx: Transaction, trust: str, said: Said) -> None:
    store.require(tx.connection, _requirement(trust, said))


def _no_longer_require(tx: Transaction, trust: str, said: Said) -> None:
    store.no_longer_require(tx.connection, _requirement(trust, said))


def _requirement(trust: str, said: Said) -> Requirement:
    return Requirement(trust=trust, competence=said["competence"], organisation=said["organisation"])


def _change_validity(tx: Transaction, trust: str, said: Said) -> None:
    months = _number(said, "months", _LONGEST_VALIDITY)
    store.change_competence(tx.connection, trust, said["competence"], {"validity_months": months})


def _absent(tx: Transaction, trust: str, said: Said) -> None:
    """Keep the rule by which somebody else is asked, as the page of absences does; readers of forecasts may try it."""
    workflows = [workflow for workflow, _keep in tx.engine.keeps.values()]
    absences.save(tx.connection, absence_of(trust, said, tx.now), choices_of(workflows), THE_SYSTEM, tx.now)


def absence_of(trust: str, said: Said, now: datetime) -> Absence:
    """Return the rule of an absence: `from` (now, where it is not said) and `until`, the last day, are ISO dates."""
    first, last = _day(said, "from"), _day(said, "until")
    return Absence(
        trust=trust,
        account=said["account"],
        action=Action.REASSIGN,
        starts_at=max(now, _midnight(first)) if first else now,
        ends_at=_midnight(last + timedelta(days=1)) if last else None,
        to=said["to"],
    )


def _move_class(tx: Transaction, trust: str, said: Said) -> None:
    """Move all meetings of a class by so many days, or the one that `session` names."""
    step = timedelta(days=_number(said, "days", _LONGEST_MOVE, least=-_LONGEST_MOVE))
    mine = [sessions.c.trust == trust, sessions.c.course_class == said["class"]]
    if said.get("session"):
        mine.append(sessions.c.id == said["session"])
    moved = [
        {"id": row.id, "starts_at": (row.starts_at + step).isoformat(), "ends_at": (row.ends_at + step).isoformat()}
        for row in tx.connection.execute(select(sessions).where(*mine))
    ]
    if not moved:
        raise Missing("There is no such class, or it has no such meeting.")
    subject = Subject(kind=classes.KIND, trust=trust, id=said["class"])
    tx.fire(subject, classes.Trigger.CHANGE, {"sessions": moved})


def _publish(tx: Transaction, trust: str, said: Said) -> None:
    language = said.get("language") or ENGLISH
    if language not in LANGUAGES:
        raise Invalid(f"A text is in one of {', '.join(LANGUAGES)}, not {language!r}.", field="language")
    source = Source(subject=said["subject"], text=said["text"], html=said["html"], language=language)
    tried = trial.try_out(said["notice"], source)
    place = Place(trust=trust, organisation=said.get("organisation") or trust, notice=tried.notice)
    rewording.put(tx.connection, place, tried, tx.actor.id, tx.now)


def _number(said: Said, name: str, most: int, least: int = 1) -> int:
    try:
        number = int(said[name])
    except (TypeError, ValueError):
        raise Invalid(f"“{name}” must be a whole number.", field=name) from None
    if not least <= number <= most:
        raise Invalid(f"“{name}” must be from {least} to {most}.", field=name)
    return number


def _day(said: Said, name: str) -> date | None:
    try:
        return date.fromisoformat(said[name]) if said.get(name) else None
    except (TypeError, ValueError):
        raise Invalid(f"“{name}” must be a date such as 2027-01-31.", field=name) from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, _LONDON)


KINDS: Final[Mapping[str, tuple[Callable[[Transaction, str, Said], None], tuple[str, ...]]]] = {
    "requirement-added": (_require, ("competence", "organisation")),
    "requirement-removed": (_no_longer_require, ("competence", "organisation")),
    "validity": (_change_validity, ("competence", "months")),
    "absence": (_absent, ("account", "to")),
    "class-moved": (_move_class, ("class", "days")),
    "template": (_publish, ("notice", "subject", "text", "html")),
}
"""By kind: who makes it, and what it needs."""
