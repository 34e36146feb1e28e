"""An attempt goes on with another version of its package, or back: what was played stays with what it was played on.

Set-based: some statements for any number of attempts. Nothing of a window that is open is touched; its calls are taken
as before, and the next window begins on what they left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from scorm import carrying
from scorm.library import StoredPackage
from scorm.packaging import items
from scorm.sequencing.definition import Organisation
from scorm.tables import attempts, course_states, epochs


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What an attempt was on before: its part, and how far its course of several parts was (None for one part)."""

    attempt: str
    sco: str
    course: str | None


def keep(  # noqa: PLR0913, PLR0917 - from where to where
    connection: Connection,
    trust: str,
    old: StoredPackage,
    new: StoredPackage,
    parts: Mapping[str, str],
    identifiers: Sequence[str],
) -> Mapping[str, Left]:
    """Move attempts from one version to another with what they have kept; `parts` are old identifiers to new.

    The attempts must be on `old`, and locked.
    """
    mine = (attempts.c.trust == trust, attempts.c.id.in_(identifiers))
    scos = {row.id: row.sco for row in connection.execute(select(attempts.c.id, attempts.c.sco).where(*mine))}
    states = states_of(connection, trust, identifiers)
    first = new.manifest.scos[0].identifier
    _played_on(connection, trust, old.hash, identifiers)
    _point(connection, trust, new.hash, {one: parts.get(sco, first) for one, sco in scos.items()})
    before, after = items.course(old.manifest), items.course(new.manifest)
    if before is not None and after is not None:
        said = {one: _carried(kept, before, after, parts) for one, kept in states.items()}
        _write_states(connection, trust, said)
    return {one: Left(attempt=one, sco=sco, course=states.get(one)) for one, sco in scos.items()}


def take_back(connection: Connection, trust: str, package: str, left: Sequence[Left]) -> None:
    """Have attempts be again on the version that they were on, exactly as they were then."""
    _point(connection, trust, package, {one.attempt: one.sco for one in left})
    _write_states(connection, trust, {one.attempt: one.course for one in left if one.course is not None})


def states_of(connection: Connection, trust: str, identifiers: Sequence[str]) -> Mapping[str, str]:
    """Return how far attempts at courses of several parts are, as it is kept; one of one part has nothing here."""
    mine = (course_states.c.trust == trust, course_states.c.attempt.in_(identifiers))
    query = select(course_states.c.attempt, course_states.c.kept).where(*mine)
    return {row.attempt: row.kept for row in connection.execute(query)}


def played(package: StoredPackage, sco: str, epoch: int, state: str | None) -> frozenset[str]:
    """Return the parts of a package in which an attempt has been, by its part, its windows and its course."""
    if state is not None:
        leaves = frozenset(one.identifier for one in package.manifest.scos)
        return carrying.played(json.loads(state)["course"], leaves)
    return frozenset({sco} if epoch else ())


def _played_on(connection: Connection, trust: str, package: str, identifiers: Sequence[str]) -> None:
    """Write down of the windows so far which version they played."""
    mine = (epochs.c.trust == trust, epochs.c.attempt.in_(identifiers), epochs.c.package.is_(None))
    connection.execute(update(epochs).where(*mine).values(package=package))


def _point(connection: Connection, trust: str, package: str, scos: Mapping[str, str]) -> None:
    if scos:
        one = (attempts.c.trust == trust, attempts.c.id == bindparam("_id"))
        statement = update(attempts).where(*one).values(package=package, sco=bindparam("_sco"))
        connection.execute(statement, [{"_id": key, "_sco": sco} for key, sco in scos.items()])


def _write_states(connection: Connection, trust: str, states: Mapping[str, str]) -> None:
    if states:
        one = (course_states.c.trust == trust, course_states.c.attempt == bindparam("_id"))
        statement = update(course_states).where(*one).values(kept=bindparam("_kept"))
        connection.execute(statement, [{"_id": key, "_kept": kept} for key, kept in states.items()])


def _carried(kept: str, before: Organisation, after: Organisation, parts: Mapping[str, str]) -> str:
    record: dict[str, Any] = json.loads(kept)
    return json.dumps({**record, "course": carrying.carried(record["course"], before, after, parts)})
