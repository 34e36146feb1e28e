"""What the check of a package found, as it is kept: its warnings, and the trial run that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scorm.tables import package_checks, package_files, packages

SILENCE: Final = timedelta(minutes=5)
"""How long nothing is heard of a trial run before it is taken to have stopped, and is begun again."""

MOST_TRIES: Final = 3


class Progress(StrEnum):
    """How far the trial run of a package is; stored in `package_checks.state`."""

    UNASKED = ""
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is known of a package: `trial` is the record of a `trial.records.Trial`, whole or as far as it is."""

    trust: str
    package: str
    warnings: tuple[str, ...] = ()
    state: Progress = Progress.UNASKED
    tries: int = 0
    asked_at: datetime | None = None
    seen_at: datetime | None = None
    trial: Mapping[str, Any] | None = None


def keep(connection: Connection, trust: str, package: str, warnings: Sequence[str]) -> None:
    """Keep the warnings of a package; a trial run that was asked for stays."""
    said = {"trust": trust, "package": package, "warnings": list(warnings), "state": Progress.UNASKED, "tries": 0}
    adding = _insert(connection).values(said)
    again = {"warnings": adding.excluded.warnings}
    connection.execute(adding.on_conflict_do_update(index_elements=["trust", "package"], set_=again))


def ask(connection: Connection, trust: str, package: str, now: datetime) -> None:
    """Ask for a trial run, the first or another; one that waits or runs already is enough."""
    fresh = {"state": Progress.WAITING, "tries": 0, "asked_at": now, "trial": None}
    adding = _insert(connection).values({"trust": trust, "package": package, "warnings": [], **fresh})
    idle = package_checks.c.state.in_([Progress.UNASKED, Progress.DONE])
    connection.execute(adding.on_conflict_do_update(index_elements=["trust", "package"], set_=fresh, where=idle))


def check_of(connection: Connection, trust: str, package: str) -> Check:
    """Return what is known of a package; nothing, of one that was imported before anything was kept."""
    mine = (package_checks.c.trust == trust, package_checks.c.package == package)
    row = connection.execute(select(package_checks).where(*mine)).mappings().one_or_none()
    return _check(row) if row else Check(trust=trust, package=package)


def take(connection: Connection, now: datetime) -> Check | None:
    """Take the trial run that has waited longest, or one that has stopped; None where there is none."""
    due = select(package_checks).where(_due(now)).order_by(package_checks.c.asked_at).limit(1)
    row = connection.execute(due).mappings().one_or_none()
    if row is None:
        return None
    same = (package_checks.c.trust == row["trust"], package_checks.c.package == row["package"], _due(now))
    taken = {"state": Progress.RUNNING, "seen_at": now, "tries": row["tries"] + 1}
    changed = connection.execute(update(package_checks).where(*same).values(**taken))
    return _check({**row, **taken}) if changed.rowcount else None


def note(connection: Connection, mine: Check, trial: Mapping[str, Any], now: datetime, *, done: bool) -> bool:
    """Write down how far a trial run is; False where it was taken over by another meanwhile."""
    table = package_checks
    same = (table.c.trust == mine.trust, table.c.package == mine.package, table.c.tries == mine.tries)
    state = Progress.DONE if done else Progress.RUNNING
    said = {"state": state, "seen_at": now, "trial": dict(trial)}
    running = table.c.state == Progress.RUNNING
    return connection.execute(update(table).where(*same, running).values(**said)).rowcount > 0


def files_of(connection: Connection, trust: str, package: str) -> tuple[tuple[str, str, int], ...]:
    """Return the files of a package as (name, SHA-256, bytes)."""
    table = package_files
    rows = connection.execute(
        select(table.c.path, table.c.hash, table.c.size)
        .where(table.c.trust == trust, table.c.package == package)
        .order_by(table.c.path)
    )
    return tuple((row.path, row.hash, row.size) for row in rows)


def manifest_of(connection: Connection, trust: str, package: str) -> Mapping[str, Any]:
    """Return the record of a package's manifest."""
    mine = (packages.c.trust == trust, packages.c.hash == package)
    found: Mapping[str, Any] = connection.execute(select(packages.c.manifest).where(*mine)).scalar_one()
    return found


def _due(now: datetime) -> ColumnElement[bool]:
    table = package_checks
    stopped = and_(table.c.state == Progress.RUNNING, table.c.seen_at < now - SILENCE, table.c.tries < MOST_TRIES)
    return or_(table.c.state == Progress.WAITING, stopped)


def _insert(connection: Connection) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(package_checks)


def _check(row: Any) -> Check:
    known = {name: row[name] for name in ("trust", "package", "tries", "asked_at", "seen_at", "trial")}
    return Check(**known, warnings=tuple(row["warnings"]), state=Progress(row["state"]))
