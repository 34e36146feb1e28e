"""A forecast in brief, as the page shows it: lines of JSON that say how far it is, the last with what was found."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from types import FrameType
from typing import Any, Final

import click

from engine import forecast
from engine.errors import EngineError
from engine.forecast import Foreseen, Outlook
from engine.machine import THE_SYSTEM
from engine.transaction import Engine
from engine.wording import notices
from workflows.foresight import whatif
from workflows.foresight.changes import Said
from workflows.foresight.seats import seats

MOST: Final = 100
_POLITE: Final = 10


def say(engine: Engine, trust: str, outlook: Outlook, change: Said | None, days: int) -> None:
    """Print how far it is, per cent by per cent, and in the end the summary, or what is wrong with the change."""
    os.nice(_POLITE)
    signal.signal(signal.SIGTERM, _end)
    told: set[int] = set()

    def watch(part: float) -> None:
        if int(part * 100) not in told:
            told.add(int(part * 100))
            _print({"progress": int(part * 100)})

    try:
        if change is None:
            with forecast.foresee(engine, trust, outlook, days=days, watch=watch) as foreseen:
                _print({"result": of_forecast(foreseen, days)})
        else:
            found = whatif.compare(engine, trust, outlook, change, actor=THE_SYSTEM, days=days, watch=watch)
            _print({"result": of_change(found)})
    except EngineError as trouble:
        _print({"trouble": " ".join(getattr(trouble, "reasons", ())) or trouble.sentence})


def of_forecast(foreseen: Foreseen, days: int) -> dict[str, Any]:
    """Return counts, letters and moves by day, the first letters, and the places needed."""
    letters = Counter((one.day, one.notice, one.invitation) for one in map(whatif.telling, foreseen.letters()))
    moves = Counter((one.day, one.kind, one.target) for one in whatif.movings(foreseen))
    with foreseen.engine.reading() as connection:
        places = seats(connection, foreseen.trust, foreseen.since, days)
    return {
        "counts": foreseen.counts(),
        "days": [[day, notices.notice(name).title, how, count] for (day, name, how), count in sorted(letters.items())],
        "moves": [[*key, count] for key, count in sorted(moves.items())][:MOST],
        "letters": [_letter(whatif.telling(row)) for row in islice(foreseen.letters(), MOST)],
        "seats": [asdict(one) for one in places],
        "troubles": list(foreseen.troubles),
    }


def of_change(found: whatif.Comparison) -> dict[str, Any]:
    """Return what comes and what no longer comes, at most `MOST` of each, and how many there are."""
    lists: Mapping[str, Mapping[Any, int]] = {"more": found.more_letters, "fewer": found.fewer_letters}
    moves: Mapping[str, Mapping[Any, int]] = {"more": found.more_moves, "fewer": found.fewer_moves}
    return {
        "more": [_letter(one) for one in islice(found.more_letters, MOST)],
        "fewer": [_letter(one) for one in islice(found.fewer_letters, MOST)],
        "counted": {name: sum(letters.values()) for name, letters in lists.items()},
        "moved": {name: [asdict(one) for one in islice(some, MOST)] for name, some in moves.items()},
        "seats": [asdict(one) for one in found.seats_after],
        "seats_before": [asdict(one) for one in found.seats_before],
        "asked": [asdict(one) for one in found.asked],
        "rendering": asdict(found.rendering) if found.rendering else None,
    }


def _end(_signal: int, _frame: FrameType | None) -> None:
    """End so that the copies are removed on the way."""
    sys.exit(1)


def _letter(one: whatif.Telling) -> dict[str, Any]:
    return {**asdict(one), "title": notices.notice(one.notice).title}


def _print(said: Mapping[str, Any]) -> None:
    click.echo(json.dumps(said, ensure_ascii=False))
