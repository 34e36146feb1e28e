"""Asks again, at the moment of sending, whether what a letter says is still true (DESIGN section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, select

from engine import calendar
from engine.machine import plain
from engine.transaction import Engine

STILL_IN: Final = "still_in"
_ZONE: Final = "Europe/London"


def untrue(engine: Engine, connection: Connection, letters: Sequence[RowMapping]) -> dict[str, str]:
    """Return the ids of the letters that are no longer true, each with the sentence that says so.

    Each predicate is asked once for all its letters. Raises `KeyError` for one that nobody declared. A letter whose
    facts name a moment as `until` is over at that moment, whatever its predicate says.
    """
    now = engine.clock()
    by_predicate: dict[str, list[RowMapping]] = defaultdict(list)
    for letter in letters:
        if letter["relevant"]:
            by_predicate[letter["relevant"]["name"]].append(letter)
    said: dict[str, str] = {}
    for name, asked in by_predicate.items():
        true = still_in(engine, connection, asked) if name == STILL_IN else engine.predicates[name](connection, asked)
        gone = (letter for letter in asked if letter["id"] not in true or _over(letter, now))
        said.update({letter["id"]: sentence(letter) for letter in gone})
    return said


def still_in(engine: Engine, connection: Connection, letters: Sequence[RowMapping]) -> set[str]:
    """Return the ids of the letters whose subject is still in one of the states that they name."""
    subjects: dict[tuple[str, str], set[str]] = defaultdict(set)
    for letter in letters:
        subjects[letter["kind"], letter["trust"]].add(letter["subject"])
    now = {
        (kind, trust, subject): state
        for (kind, trust), ids in subjects.items()
        for subject, state in _states(engine, connection, kind, trust, ids).items()
    }
    return {
        letter["id"]
        for letter in letters
        if now.get((letter["kind"], letter["trust"], letter["subject"])) in letter["relevant"]["facts"]["states"]
    }


def sentence(letter: RowMapping) -> str:
    """Say that what has to hold for this letter does not."""
    return f"Not sent, for this no longer holds: {condition(letter)}."


def condition(letter: RowMapping) -> str:
    """Say in plain words what has to hold at the moment of sending."""
    until = _until(letter)
    before = f", and it is before {calendar.moment(until, _zone(letter))}" if until else ""
    relevant = letter["relevant"]
    if relevant["name"] != STILL_IN:
        return plain(relevant["name"]) + before
    states = " or ".join(plain(state) for state in relevant["facts"]["states"])
    return f"the {plain(letter['kind'])} is {states}{before}"


def _over(letter: RowMapping, now: datetime) -> bool:
    until = _until(letter)
    return until is not None and until <= now


def _until(letter: RowMapping) -> datetime | None:
    """Return when what a letter says has no sense any more."""
    until = letter["relevant"]["facts"].get("until")
    return calendar.instant(until) if until else None


def _zone(letter: RowMapping) -> str:
    return str(letter["context"].get("zone") or _ZONE)


def _states(engine: Engine, connection: Connection, kind: str, trust: str, ids: set[str]) -> Mapping[str, str]:
    table = engine.kept(kind)[1].table
    chosen = select(table.c.id, table.c.state).where(table.c.trust == trust, table.c.id.in_(ids))
    return {row.id: row.state for row in connection.execute(chosen)}
