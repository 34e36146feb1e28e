"""Raises incidents: an item for each cause, which is retried, skipped with a reason, or resolved.

Whatever fails is parked where it lies (a timer, a job, a message, a question that nobody could be asked) and an
incident is raised about it in the same commit. A second failure of the same cause counts up; it opens no second item.
An answer acts on what is parked through the `Park` of its source, in the commit of the answer: where it fails again,
the answer is refused with the new sentence and nothing has changed.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Connection, RowMapping, Table, select

from engine.effects import Effect
from engine.errors import EngineError
from engine.incident import KIND, Again, Failure, Incident, LetGo, Source, Status, Trigger
from engine.incident_tables import incidents
from engine.letters import Subject
from engine.machine import Case, Decision
from engine.roles import directory
from engine.roles.directory_tables import organisations
from engine.transaction import Handler, Transaction

_LONGEST: Final = 1000


class Park(Protocol):
    """Where what failed lies still: one implementation for each source."""

    def again(self, tx: Transaction, incident: Incident) -> None:
        """Do again what is parked; raises `Refused` with the sentence that a person reads where all of it fails."""
        ...

    def let_go(self, tx: Transaction, incident: Incident) -> None:
        """Forget what is parked."""
        ...


def serving(parks: Mapping[Source, Park]) -> Mapping[type[Effect], Handler]:
    """Return the handlers of `Again` and `LetGo`, given where each source parks."""

    def again(tx: Transaction, asked: Sequence[tuple[Case[Incident], Any]]) -> None:
        for _case, effect in asked:
            parks[effect.incident.failure.source].again(tx, effect.incident)

    def let_go(tx: Transaction, asked: Sequence[tuple[Case[Incident], Any]]) -> None:
        for _case, effect in asked:
            parks[effect.incident.failure.source].let_go(tx, effect.incident)

    return {Again: again, LetGo: let_go}


def raise_one(tx: Transaction, failure: Failure) -> str:
    """Raise an incident, or count up the open one of the same cause; return its id."""
    said = asdict(failure) | {"message": failure.message[:_LONGEST], "about": failure.about}
    open_now = select(incidents.c.id).where(
        incidents.c.trust == failure.trust, incidents.c.cause == failure.cause, incidents.c.state == Status.OPEN
    )
    found: str | None = tx.connection.execute(open_now.with_for_update()).scalar_one_or_none()
    if found is None:
        return tx.start(KIND, failure.trust, Trigger.RAISE, {"failure": said}).subject.id
    tx.fire(Subject(kind=KIND, trust=failure.trust, id=found), Trigger.RAISE, {"failure": said})
    return found


def place_of(tx: Transaction, subject: Subject) -> str:
    """Return the organisation of a subject; the trust's root where it is not there any more."""
    if subject.kind not in tx.engine.keeps:
        return subject.trust
    table = tx.engine.kept(subject.kind)[1].table
    here = select(table.c.organisation).where(table.c.trust == subject.trust, table.c.id == subject.id)
    return tx.connection.execute(here).scalar_one_or_none() or subject.trust


def sentence_of(error: Exception) -> str:
    """Say what an error was: our own in its sentence, any other by its kind and place, for its text may name people."""
    if isinstance(error, EngineError):
        return error.sentence
    places = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(places[-1].filename).name}, line {places[-1].lineno}" if places else ""
    return f"A fault in the program stopped it: {type(error).__name__}{place}."


class Incidents:
    """Where incidents are kept (`Keep`)."""

    table: Table = incidents

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def load(self, connection: Connection, trust: str, ids: Sequence[str], _now: datetime) -> Mapping[str, Incident]:
        """Return incidents by id."""
        chosen = select(incidents).where(incidents.c.trust == trust, incidents.c.id.in_(ids))
        rows = connection.execute(chosen).mappings().all()
        paths = directory.paths(connection, trust) if rows else {}
        everybodys = shared(connection, rows)
        return {
            row["id"]: replace(
                self._read(row, paths.get(row["organisation"], (row["organisation"],))), shared=row["id"] in everybodys
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Incident:
        """Return the incident that a failure opens."""
        failure = Failure(**facts["failure"])
        above = directory.paths(connection, trust).get(failure.organisation, (failure.organisation,))
        return Incident(trust=trust, id=identifier, failure=failure, organisations=above, origin=self._origin)

    def row(self, case: Case[Incident], _decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new incident."""
        failure = case.record.failure
        about = failure.about
        return {
            **_said(failure),
            "cause": failure.cause,
            "source": failure.source,
            "about_kind": about.kind if about else None,
            "about": about.id if about else None,
            "count": failure.count,
            "raised_at": case.now,
            "last_at": case.now,
        }

    def changes(self, case: Case[Incident], decision: Decision) -> Mapping[str, Any]:
        """Return what a further failure says, or how the incident ended."""
        if decision.step.trigger is Trigger.RAISE:
            failure = Failure(**case.facts["failure"])
            return {**_said(failure), "count": case.record.failure.count + failure.count, "last_at": case.now}
        reason = str(case.facts.get("reason") or "")
        return {"ended_at": case.now, "ended_by_name": case.actor.name, "reason": reason}

    def _read(self, row: RowMapping, above: tuple[str, ...]) -> Incident:
        return Incident(
            trust=row["trust"],
            id=row["id"],
            failure=failure_of(row),
            organisations=above,
            origin=self._origin,
            raised_at=row["raised_at"],
            state=Status(row["state"]),
            revision=row["revision"],
            head=row["head"],
        )


def shared(connection: Connection, rows: Iterable[RowMapping]) -> frozenset[str]:
    """Return the ids of the incidents whose cause belongs to no trust alone, where there are several trusts."""
    found = frozenset(row["id"] for row in rows if row["reference"].get("of", row["trust"]) != row["trust"])
    trusts = select(organisations.c.id).where(organisations.c.parent.is_(None)).limit(2)
    return found if found and len(connection.execute(trusts).all()) > 1 else frozenset()


def failure_of(row: RowMapping) -> Failure:
    """Read from a row of the table what failed."""
    about = Subject(kind=row["about_kind"], trust=row["trust"], id=row["about"]) if row["about"] else None
    alike = ("trust", "organisation", "cause", "title", "message", "parked", "reference", "count")
    return Failure(source=Source(row["source"]), about=about, **{name: row[name] for name in alike})


def _said(failure: Failure) -> Mapping[str, Any]:
    return {
        "title": failure.title,
        "message": failure.message,
        "parked": failure.parked,
        "reference": dict(failure.reference),
    }
