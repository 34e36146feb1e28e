"""Batches that come twice, late and in any order, on both databases: each call is taken once, in its place."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from scorm import calls
from tests.clock import FrozenClock
from tests.course import TRUST, Learner, Stage, call, set_up

DONE = [
    call(1, "LMSInitialize", ""),
    *(call(seq, "LMSSetValue", "cmi.core.lesson_location", str(seq)) for seq in range(2, 12)),
    call(12, "LMSSetValue", "cmi.core.lesson_status", "completed"),
]


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


def disorder(seed: int) -> list[list[list[object]]]:
    """Return runs of the calls that overlap, most of them twice, shuffled."""
    chance = random.Random(seed)  # noqa: S311 - the same disorder shall come again
    begins = [chance.randrange(len(DONE)) for _ in range(8)]
    runs = [DONE[at : at + chance.randint(1, 5)] for at in begins] * 2
    chance.shuffle(runs)
    return runs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_call_is_taken_once_and_in_its_place(stage: Stage, seed: int) -> None:
    learner = Learner(stage)
    opened = learner.open(stage.play_url)
    met = set()

    for run in disorder(seed):
        answer = learner.send(*run)
        met.add(answer.status_code)
    last = learner.send(*DONE).get_json()

    with stage.engine.reading() as connection:
        logged = calls.read(connection, {"trust": TRUST, "attempt": opened["attempt"], "epoch": 1})
    assert met <= {200, 409}
    assert [one.seq for one in logged] == list(range(1, 13))
    assert (last["saved"], last["divergences"]) == (12, 0)
    assert [outcome.lesson_status for _, outcome in stage.told].count("completed") == 1
