"""Races for the last place of a class: `python -m tests.campaigns.last_place --database URL [--learners 200]`.

The database is migrated first and must be empty. Several processes with several threads each enrol everybody at once;
the answer is one line of JSON, and the exit code 0 only if one learner is confirmed, the others wait at 1 to n without
a gap, and nothing failed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

from engine.errors import EngineError
from engine.storage import database
from tests import northshire
from tests.clock import FrozenClock

PROCESSES, THREADS = 4, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a race; `errors` are the sentences of whatever was not enrolled."""

    learners: int
    confirmed: int
    waiting: int
    gapless: bool
    errors: tuple[str, ...]
    seconds: float

    @property
    def fair(self) -> bool:
        """Say whether the last place was given once and everybody else waits in order."""
        return self.confirmed == 1 and self.waiting == self.learners - 1 and self.gapless and not self.errors


def race(url: str, learners: int) -> Result:
    """Have everybody enrol on a class of one place, and say what came of it."""
    names = tuple(f"learner-{number:03}" for number in range(learners))
    key = _prepare(url, names)
    shares = [names[number::PROCESSES] for number in range(PROCESSES)]
    began = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        errors = [error for found in pool.map(partial(_enrol, url, key), shares) for error in found]
        pool.close()
        pool.join()
    return _result(url, key, learners, errors, time.monotonic() - began)


def _prepare(url: str, names: Sequence[str]) -> str:
    clock = FrozenClock()
    engine = northshire.engine_on(url, clock)
    northshire.found(engine, clock, tuple(names))
    northshire.offer(engine)
    key = northshire.open_class(engine, clock, maximum=1)
    engine.database.dispose()
    return key


def _enrol(url: str, key: str, names: Sequence[str]) -> list[str]:
    """Enrol a share of the learners, many at once; runs in a process of its own."""
    engine = northshire.engine_on(url, FrozenClock())

    def attempt(name: str) -> str | None:
        try:
            northshire.enrol(engine, key, name)
        except (EngineError, OSError) as error:
            return f"{name}: {error}"
        return None

    with ThreadPoolExecutor(THREADS) as threads:
        errors = [error for error in threads.map(attempt, names) if error]
    engine.database.dispose()
    return errors


def _result(url: str, key: str, learners: int, errors: Sequence[str], seconds: float) -> Result:
    engine = northshire.engine_on(url, FrozenClock())
    standing = list(northshire.standing(engine, key).values())
    engine.database.dispose()
    places = sorted(place for state, place in standing if state == "WAITLISTED" and place is not None)
    return Result(
        learners=learners,
        confirmed=sum(state == "CONFIRMED" for state, _ in standing),
        waiting=len(places),
        gapless=places == list(range(1, len(places) + 1)),
        errors=tuple(errors),
        seconds=round(seconds, 2),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one race from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--learners", type=int, default=200, metavar="N")
    chosen = parser.parse_args(arguments)
    database.migrate(chosen.database)
    result = race(chosen.database, chosen.learners)
    sys.stdout.write(json.dumps({**asdict(result), "fair": result.fair}) + "\n")
    return 0 if result.fair else 1


if __name__ == "__main__":
    sys.exit(main())
