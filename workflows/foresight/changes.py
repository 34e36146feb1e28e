"""Changes that can be tried on a copy before they are saved, each by the functions that save it in earnest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, select, update

from engine import directory, templates, trial
from engine.directory_tables import holders
from engine.errors import Invalid, Missing
from engine.letters import Subject
from engine.machine import Actor
from engine.notices import Source
from engine.transaction import Engine, Transaction
from workflows.competence import store
from workflows.competence.records import Requirement
from workflows.competence.tables import competences, requirements
from workflows.learning import classes
from workflows.learning.tables import sessions

Said = Mapping[str, Any]
_LONGEST_MOVE: Final = 366


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
    directory.organisation(tx.connection, trust, said["organisation"])
    _competence(tx, trust, said)
    if said["competence"] not in store.required_at(tx.connection, trust, [said["organisation"]]):
        wanted = Requirement(trust=trust, competence=said["competence"], organisation=said["organisation"])
        store.add_requirement(tx.connection, wanted)


def _no_longer_require(tx: Transaction, trust: str, said: Said) -> None:
    mine = (requirements.c.competence == said["competence"], requirements.c.organisation == said["organisation"])
    if tx.connection.execute(delete(requirements).where(requirements.c.trust == trust, *mine)).rowcount == 0:
        raise Missing("This competence is not required there.")


def _change_validity(tx: Transaction, trust: str, said: Said) -> None:
    _competence(tx, trust, said)
    here = (competences.c.trust == trust, competences.c.id == said["competence"])
    months = _number(said, "months", 1200)
    tx.connection.execute(update(competences).where(*here).values(validity_months=months))


def _absent(tx: Transaction, trust: str, said: Said) -> None:
    """Take every role from an account for the time of the forecast."""
    mine = (holders.c.trust == trust, holders.c.account == said["account"])
    if tx.connection.execute(select(holders.c.role).where(*mine)).first() is None:
        raise Missing("This account holds no role.")
    tx.connection.execute(update(holders).where(*mine).values(enabled=False))


def _move_class(tx: Transaction, trust: str, said: Said) -> None:
    step = timedelta(days=_number(said, "days", _LONGEST_MOVE, least=-_LONGEST_MOVE))
    mine = (sessions.c.trust == trust, sessions.c.course_class == said["class"])
    moved = [
        {"id": row.id, "starts_at": (row.starts_at + step).isoformat(), "ends_at": (row.ends_at + step).isoformat()}
        for row in tx.connection.execute(select(sessions).where(*mine))
    ]
    subject = Subject(kind=classes.KIND, trust=trust, id=said["class"])
    tx.fire(subject, classes.Trigger.CHANGE, {"sessions": moved})


def _publish(tx: Transaction, trust: str, said: Said) -> None:
    source = Source(subject=said["subject"], text=said["text"], html=said["html"])
    tried = trial.try_out(said["notice"], source)
    place = said.get("organisation") or trust
    templates.save_version(tx.connection, trust, place, tried, author=tx.actor.id, comment="What if", now=tx.now)


def _competence(tx: Transaction, trust: str, said: Said) -> None:
    if said["competence"] not in store.by_id(tx.connection, trust, [said["competence"]]):
        raise Missing("There is no such competence in this trust.")


def _number(said: Said, name: str, most: int, least: int = 1) -> int:
    try:
        number = int(said[name])
    except (TypeError, ValueError):
        raise Invalid(f"“{name}” must be a whole number.", field=name) from None
    if not least <= number <= most:
        raise Invalid(f"“{name}” must be from {least} to {most}.", field=name)
    return number


KINDS: Final[Mapping[str, tuple[Callable[[Transaction, str, Said], None], tuple[str, ...]]]] = {
    "requirement-added": (_require, ("competence", "organisation")),
    "requirement-removed": (_no_longer_require, ("competence", "organisation")),
    "validity": (_change_validity, ("competence", "months")),
    "absence": (_absent, ("account",)),
    "class-moved": (_move_class, ("class", "days")),
    "template": (_publish, ("notice", "subject", "text", "html")),
}
"""By kind: who makes it, and what it needs."""
