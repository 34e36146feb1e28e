"""Tells random stories by mail alone: `python -m tests.campaigns.calendars [--events 1000 --learners 50 --seeds 3]`.

Of 100 tries to send a mail `--trouble` go wrong, by a server that refuses or does not answer, or a killed worker;
mails overtake one another on the way. `--database` names an empty database for one seed. The answer is a line of JSON
for each seed, and the exit code 0 only if every calendar was what the database says, event by event.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from engine.storage import database
from tests.calendars_story import Story
from tests.databases import sqlite_database


def story(url: str, seed: int, events: int, learners: int, trouble: int) -> dict[str, Any]:
    """Tell one story in an empty database, and return what came of it."""
    began = time.monotonic()
    told = Story(url, learners, seed, trouble=trouble)
    try:
        told.tell_at_random(Random(seed), events)  # noqa: S311 - a story that can be told again
        told.settle()
        wrong = told.differences()
    finally:
        told.close()
    return {
        "seed": seed,
        "events": told.told,
        "happened": dict(told.happened),
        "mails": told.post.sent,
        "troubles": told.post.troubles,
        "meetings": sum(len(agenda.entries()) for agenda in told.agendas.values()),
        "differences": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }


@contextmanager
def _somewhere(url: str | None) -> Iterator[str]:
    if url is not None:
        database.migrate(url)
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="preceptor-story-") as folder, sqlite_database(Path(folder)) as made:
        yield made


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell stories from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1000, metavar="N")
    parser.add_argument("--learners", type=int, default=50, metavar="N")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many stories, one after the other")
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--trouble", type=int, default=10, metavar="PERCENT")
    parser.add_argument("--database", metavar="URL")
    chosen = parser.parse_args(arguments)
    right = True
    for seed in range(chosen.first, chosen.first + (1 if chosen.database else chosen.seeds)):
        with _somewhere(chosen.database) as url:
            result = story(url, seed, chosen.events, chosen.learners, chosen.trouble)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        right = right and not result["differences"]
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
