"""The flight recorder: the story of an attempt, its calls in pages, and the data as of any of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, or_, select, tuple_

from scorm import calls as log
from scorm import elements, playing, tables
from scorm.errors import AttemptMissing
from scorm.session import Call, Launch, Session
from scorm.store import Attempt
from scorm.story import Story, Window
from scorm.vocabulary import VOCABULARIES

MOST_WINDOWS: Final = 50
"""Windows of an attempt that are looked at, the latest."""

MOST_TELLING: Final = 5000
"""Calls that a story is told from, the latest: a course may set its score with every click."""

USUAL: Final = 50


class Wanted(StrEnum):
    """Which calls somebody wants to see; stored nowhere."""

    ALL = "all"
    SETS = "sets"
    ERRORS = "errors"
    DISAGREEMENTS = "disagreements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What server and browser answered to a call: each is (answer, error); the server's counts."""

    ours: tuple[str, str]
    theirs: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """Some calls of a window in order, disagreements about them by number, and after which the next page begins."""

    calls: Sequence[Call]
    disagreements: Mapping[int, Disagreement]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An element that had another value before; None where it had or has none."""

    element: str
    before: str | None
    after: str | None


def sco_of(connection: Connection, attempt: Attempt, number: int) -> str:
    """Return the identifier of the SCO that played in a window."""
    table = tables.epochs
    wanted = (table.c.trust == attempt.trust, table.c.attempt == attempt.id, table.c.epoch == number)
    return connection.scalar(select(table.c.activity).where(*wanted)) or attempt.sco


def story(connection: Connection, attempt: Attempt) -> Story:
    """Return what an attempt can be judged by: its latest windows, and the calls of theirs that tell something."""
    windows = [_window(row) for row in reversed(_latest(connection, attempt))]
    telling = _telling(connection, attempt, windows)
    return Story(
        windows=[
            Window(
                number=one.number,
                opened_at=one.opened_at,
                session=one.session,
                seq=one.seq,
                calls=telling.get(one.number, ()),
            )
            for one in windows
        ],
        outcome=attempt.outcome,
    )


def windows_of(connection: Connection, attempts: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], list[Window]]:
    """Return by (trust, attempt) the latest windows of many attempts, without their calls, in one statement."""
    table, played = tables.epochs, tables.attempts
    same = and_(played.c.trust == table.c.trust, played.c.id == table.c.attempt)
    wanted = (tuple_(table.c.trust, table.c.attempt).in_(attempts), table.c.epoch > played.c.epoch - MOST_WINDOWS)
    query = select(table).join(played, same).where(*wanted).order_by(table.c.trust, table.c.attempt, table.c.epoch)
    found: dict[tuple[str, str], list[Window]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault((row["trust"], row["attempt"]), []).append(_window(row))
    return found


def page(  # noqa: PLR0913, PLR0917 - a page has as many sides
    connection: Connection, attempt: Attempt, window: Window, wanted: Wanted, after: int = 0, limit: int = USUAL
) -> CallPage:
    """Return the calls of a window that are wanted, from the one after `after` on."""
    table = tables.calls
    mine = _of(table, attempt, window.number)
    query = select(table).where(*mine, table.c.seq > after, *_narrowed(attempt, window, wanted))
    rows = connection.execute(query.order_by(table.c.seq).limit(limit + 1)).mappings().all()
    shown = rows[:limit]
    return CallPage(
        calls=log.whole(connection, attempt.trust, shown),
        disagreements=_disagreements(connection, attempt, window, [row["seq"] for row in shown]),
        next=shown[-1]["seq"] if len(rows) > limit else None,
    )


def data_as_of(connection: Connection, attempt: Attempt, number: int, seq: int) -> Mapping[str, str]:
    """Return what had been set in a window by a call, 0 for its opening; raises `AttemptMissing`."""
    return playing.as_of(connection, attempt.trust, attempt.id, number, seq).data


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the elements in which two moments differ, by name."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return tuple(Change(element=name, before=before.get(name), after=after.get(name)) for name in names)


def window(told: Story, number: int) -> Window:
    """Return a window of a story; raises `AttemptMissing`."""
    found = next((one for one in told.windows if one.number == number), None)
    if found is None:
        raise AttemptMissing
    return found


def _latest(connection: Connection, attempt: Attempt) -> Sequence[RowMapping]:
    table = tables.epochs
    mine = (table.c.trust == attempt.trust, table.c.attempt == attempt.id)
    query = select(table).where(*mine).order_by(table.c.epoch.desc()).limit(MOST_WINDOWS)
    return connection.execute(query).mappings().all()


def _window(row: RowMapping) -> Window:
    session = Session.restore(Launch.from_dict(json.loads(row["launch"])), json.loads(row["snapshot"]))
    return Window(number=row["epoch"], opened_at=row["opened_at"], session=session, seq=row["seq"], calls=())


def _telling(connection: Connection, attempt: Attempt, windows: Sequence[Window]) -> Mapping[int, Sequence[Call]]:
    """Return by window the calls that began, ended, or set what decides: two statements for all windows."""
    if not windows:
        return {}
    table = tables.calls
    mine = (table.c.trust == attempt.trust, table.c.attempt == attempt.id, table.c.epoch >= windows[0].number)
    models = {one.session.launch.model for one in windows}
    query = select(table).where(*mine, or_(*map(_tells, sorted(models))))
    latest = query.order_by(table.c.epoch.desc(), table.c.seq.desc()).limit(MOST_TELLING)
    rows = connection.execute(latest).mappings().all()[::-1]
    found: dict[int, list[Call]] = {}
    for row, call in zip(rows, log.whole(connection, attempt.trust, rows), strict=True):
        found.setdefault(row["epoch"], []).append(call)
    return found


def _tells(model: str) -> ColumnElement[bool]:
    words, table = VOCABULARIES[model], tables.calls
    named = or_(*(table.c.said.startswith(f'["{name}",', autoescape=True) for name in words.telling))
    begun_or_ended = table.c.fn.in_([words.function("initialise"), words.function("finish")])
    return or_(begun_or_ended, and_(table.c.fn == words.function("set"), named))


def _narrowed(attempt: Attempt, window: Window, wanted: Wanted) -> Sequence[ColumnElement[bool]]:
    table, functions = tables.calls, elements.model(window.session.launch.model).functions
    found = tables.divergences
    sets = [name for name, one in functions.items() if one.verb in {"set", "initialise", "finish", "commit"}]
    ways: Mapping[Wanted, Sequence[ColumnElement[bool]]] = {
        Wanted.ALL: (),
        Wanted.SETS: (table.c.fn.in_(sets),),
        Wanted.ERRORS: (table.c.error != "0",),
        Wanted.DISAGREEMENTS: (table.c.seq.in_(select(found.c.seq).where(*_of(found, attempt, window.number))),),
    }
    return ways[wanted]


def _disagreements(
    connection: Connection, attempt: Attempt, window: Window, numbers: Sequence[int]
) -> Mapping[int, Disagreement]:
    table = tables.divergences
    rows = connection.execute(select(table).where(*_of(table, attempt, window.number), table.c.seq.in_(numbers)))
    return {
        row.seq: Disagreement(ours=tuple(json.loads(row.ours)), theirs=tuple(json.loads(row.theirs))) for row in rows
    }


def _of(table: Any, attempt: Attempt, number: int) -> tuple[ColumnElement[bool], ...]:
    return (table.c.trust == attempt.trust, table.c.attempt == attempt.id, table.c.epoch == number)
