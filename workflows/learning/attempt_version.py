"""On which version of its package an attempt runs, and why: for pages, programs and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from engine.errors import Missing
from engine.roles.directory_tables import accounts
from engine.web import dates
from scorm import library, recorder
from scorm.errors import PackageMissing
from scorm.runtime.story import Window
from scorm.store import Attempt
from workflows.learning import version_store
from workflows.learning.undoing import Standing, moves_about, standing
from workflows.learning.version_store import Line, Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class OnVersion:
    """The number of a version, of how many, and in sentences why it is that one; `numbers` are by package."""

    number: int
    of: int
    sentences: tuple[str, ...]
    numbers: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Give every field by name, ready for JSON."""
        return asdict(self)


def told(connection: Connection, attempt: Attempt) -> OnVersion:
    """Say on which version an attempt runs, and why."""
    try:
        line = version_store.line(connection, attempt.trust, attempt.package)
    except Missing:
        return OnVersion(number=1, of=1, sentences=(), numbers={})
    shown = line.version(attempt.package)
    numbers = {one.package: one.number for one in line.versions}
    moves = _moves(connection, attempt)
    sentences = (_standing(attempt, line, shown), *(_move(row, numbers) for row in moves))
    return OnVersion(number=shown.number, of=len(line.versions), sentences=sentences, numbers=numbers)


def part_of(connection: Connection, attempt: Attempt, window: Window) -> str:
    """Return what the part that played in a window is called, in the version that it played."""
    identifier = recorder.sco_of(connection, attempt, window.number)
    try:
        return library.sco(connection, attempt.trust, window.package or attempt.package, identifier).title or identifier
    except PackageMissing:
        return identifier


def _standing(attempt: Attempt, line: Line, shown: Shown) -> str:
    published = line.published
    if len(line.versions) == 1:
        return "It runs on the only version of its package."
    if not attempt.goes_on:
        return f"It ended on version {shown.number}, and stays the record of that."
    if shown is published:
        return f"It runs on version {shown.number}, which is the published one."
    since = f" on {dates.day(published.published_at)}" if published.published_at else ""
    stays = "an attempt that has begun stays on its version until somebody moves it"
    return f"It runs on version {shown.number}. Version {published.number} was published{since}, and {stays}."


def _move(row: Mapping[str, Any], numbers: Mapping[str, int]) -> str:
    to, progress = numbers.get(row["target"], "?"), "starts afresh" if row["afresh"] else "keeps its progress"
    how, by = standing(row), row["by"] or "Preceptor"
    said = {
        Standing.WAITING: f"When it is opened next it goes to version {to} and {progress}",
        Standing.REFUSED: f"It was not moved to version {to}: {row['refused']}",
        Standing.UNDONE: f"That it goes to version {to} was undone on {dates.day(row['undone_at'])}",
    }
    done = (
        f"It was moved from version {numbers.get(row['package'], '?')} to version {to} on {dates.day(row['moved_at'])}"
    )
    return f"{said.get(how, f'{done}, and {progress}').removesuffix('.')} (by {by}; reason: {row['reason']})."


def _moves(connection: Connection, attempt: Attempt) -> list[dict[str, Any]]:
    rows = connection.execute(moves_about(attempt.trust, attempt.id)).mappings().all()
    mine = (accounts.c.trust == attempt.trust, accounts.c.id.in_({row["made_by"] for row in rows}))
    names = {row.id: row.name for row in connection.execute(select(accounts.c.id, accounts.c.name).where(*mine))}
    return [{**row, "by": names.get(row["made_by"])} for row in rows]
