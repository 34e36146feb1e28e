"""The flight recorder: the story of an attempt, its calls in pages, and the data as of any of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, or_, select, tuple_

from scorm import calls as log
from scorm import playing, tables
from scorm.errors import AttemptMissing
from scorm.runtime import elements
from scorm.runtime.session import Call, Launch, Session
from scorm.runtime.story import Story, Window
from scorm.runtime.vocabulary import VOCABULARIES
from scorm.store import Attempt

MOST_WINDOWS: Final = 50
"""Windows of an attempt that are looked at, the latest."""

MOST_TELLING: Final = 5000
"""Calls that a story is told from, the latest: a course may set its score with every click."""

MOST_BATCHES: Final = 2000
"""Rows of calls that came together which a story is told from, the latest."""

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
        windows=[replace(one, calls=telling.get(one.number, ())) for one in windows],
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
    key = {"trust": attempt.trust, "attempt": attempt.id, "epoch": window.number}
    chosen = filter(_choosing(connection, attempt, window, wanted), log.following(connection, key, after))
    shown = list(islice(chosen, limit + 1))
    more, shown = len(shown) > limit, shown[:limit]
    return CallPage(
        calls=shown,
        disagreements=_disagreements(connection, attempt, window, [call.seq for call in shown]),
        next=shown[-1].seq if more else None,
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
    return Window(
        number=row["epoch"],
        opened_at=row["opened_at"],
        session=session,
        seq=row["seq"],
        calls=(),
        package=row["package"],
    )


def _telling(connection: Connection, attempt: Attempt, windows: Sequence[Window]) -> Mapping[int, Sequence[Call]]:
    """Return by window the calls that began, ended, or set what decides: three statements for all windows."""
    if not windows:
        return {}
    models = sorted({one.session.launch.model for one in windows})
    first = windows[0].number
    found = [
        *_telling_alone(connection, attempt, first, models),
        *_telling_together(connection, attempt, first, models),
    ]
    by_window: dict[int, list[Call]] = {}
    for number, call in sorted(found)[-MOST_TELLING:]:
        by_window.setdefault(number, []).append(call)
    return by_window


def _telling_alone(
    connection: Connection, attempt: Attempt, first: int, models: Sequence[str]
) -> Iterator[tuple[int, Call]]:
    table = tables.calls
    mine = (table.c.trust == attempt.trust, table.c.attempt == attempt.id, table.c.epoch >= first)
    query = select(table).where(*mine, or_(*map(_tells, models)))
    latest = query.order_by(table.c.epoch.desc(), table.c.seq.desc()).limit(MOST_TELLING)
    rows = connection.execute(latest).mappings().all()
    calls = log.whole(connection, attempt.trust, rows)
    return ((row["epoch"], call) for row, call in zip(rows, calls, strict=True))


def _telling_together(
    connection: Connection, attempt: Attempt, first: int, models: Sequence[str]
) -> Iterator[tuple[int, Call]]:
    table = tables.call_batches
    mine = (table.c.trust == attempt.trust, table.c.attempt == attempt.id, table.c.epoch >= first)
    query = select(table.c.epoch, table.c.said).where(*mine)
    latest = query.order_by(table.c.epoch.desc(), table.c.first.desc()).limit(MOST_BATCHES)
    for row in connection.execute(latest):
        yield from ((row.epoch, call) for call in log.batch(row.said) if any(_tells_of(one, call) for one in models))


def _tells(model: str) -> ColumnElement[bool]:
    words, table = VOCABULARIES[model], tables.calls
    named = or_(*(table.c.said.startswith(f'["{name}",', autoescape=True) for name in words.telling))
    begun_or_ended = table.c.fn.in_([words.function("initialise"), words.function("finish")])
    return or_(begun_or_ended, and_(table.c.fn == words.function("set"), named))


def _tells_of(model: str, call: Call) -> bool:
    words = VOCABULARIES[model]
    if call.fn == words.function("set"):
        return call.args[:1] != () and call.args[0] in words.telling
    return call.fn in {words.function("initialise"), words.function("finish")}


def _choosing(connection: Connection, attempt: Attempt, window: Window, wanted: Wanted) -> Callable[[Call], bool]:
    """Return what says whether a call is wanted."""
    if wanted is Wanted.DISAGREEMENTS:
        table = tables.divergences
        numbers = set(connection.scalars(select(table.c.seq).where(*_of(table, attempt, window.number))))
        return lambda call: call.seq in numbers
    functions = elements.model(window.session.launch.model).functions
    sets = {name for name, one in functions.items() if one.verb in {"set", "initialise", "finish", "commit"}}
    ways: Mapping[Wanted, Callable[[Call], bool]] = {
        Wanted.ALL: lambda _call: True,
        Wanted.SETS: lambda call: call.fn in sets,
        Wanted.ERRORS: lambda call: call.error != "0",
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
