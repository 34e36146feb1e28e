"""Batches for one attempt that are sent at the same moment: what was worked out ahead counts only where it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from scorm import calls, playing, reckoning, store, tables
from scorm.errors import BatchGap
from scorm.runtime import batches
from scorm.runtime.batches import Batch
from tests.clock import FrozenClock
from tests.course import TRUST, Learner, Stage, call, set_up

DONE = [
    call(1, "LMSInitialize", ""),
    *(call(seq, "LMSSetValue", "cmi.core.lesson_location", str(seq)) for seq in range(2, 12)),
    call(12, "LMSSetValue", "cmi.core.lesson_status", "completed"),
]
SENDERS = 4


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def opened(stage: Stage) -> dict[str, Any]:
    return Learner(stage).open(stage.play_url)


def batch(opened: dict[str, Any], first: int, last: int) -> Batch:
    said = [one for one in DONE if first <= one[0] <= last]
    return batches.parse({"attempt": opened["attempt"], "epoch": opened["epoch"], "first": first, "calls": said})


def take(stage: Stage, said: Batch, foreseen: reckoning.Reckoning | None) -> playing.Taken:
    with stage.engine.transaction() as tx:
        return playing.take(tx, TRUST, said, lambda _tx, _news: None, foreseen=foreseen)


def logged(stage: Stage, opened: dict[str, Any]) -> list[int]:
    with stage.engine.reading() as connection:
        found = calls.read(connection, {"trust": TRUST, "attempt": opened["attempt"], "epoch": opened["epoch"]})
    return [one.seq for one in found]


def location(stage: Stage, opened: dict[str, Any]) -> str | None:
    with stage.engine.reading() as connection:
        window = store.window(connection, TRUST, opened["attempt"], opened["epoch"], lock=False)
    assert window
    return window.session().data.get("cmi.core.lesson_location")


def test_of_batches_sent_at_once_each_call_is_taken_once(stage, opened):
    together = Barrier(SENDERS)

    def send(_number: int) -> int:
        learner = Learner(stage)
        learner.opened = opened
        for first in range(len(DONE)):
            together.wait()
            learner.send(*DONE[first : first + 3])
        return int(learner.send(*DONE).get_json()["saved"])

    with ThreadPoolExecutor(SENDERS) as pool:
        saved = list(pool.map(send, range(SENDERS)))

    assert saved == [12] * SENDERS
    assert logged(stage, opened) == list(range(1, 13))
    assert [outcome.lesson_status for _, outcome in stage.told].count("completed") == 1


def test_what_was_worked_out_ahead_is_not_written_where_somebody_was_first(stage, opened):
    both = [
        (said, reckoning.foreseen(stage.engine, TRUST, said)) for said in (batch(opened, 1, 4), batch(opened, 1, 6))
    ]

    taken = [take(stage, *one) for one in both]

    assert [(one.saved, one.as_foreseen) for one in taken] == [(4, True), (6, False)]
    assert logged(stage, opened) == [1, 2, 3, 4, 5, 6]
    assert location(stage, opened) == "6"


def test_what_is_remembered_counts_for_nothing_where_a_letter_of_it_differs(stage, opened):
    learner = Learner(stage)
    learner.opened = opened
    learner.send(*DONE[:3])
    with stage.engine.transaction() as tx:
        window = store.window(tx.connection, TRUST, opened["attempt"], opened["epoch"])
        assert window
        kept = json.loads(window.snapshot)
        kept["data"]["cmi.suspend_data"] = "restored"
        tx.connection.execute(update(tables.epochs).values(snapshot=json.dumps(kept)))

    learner.send(*DONE[3:5])

    with stage.engine.reading() as connection:
        after = store.window(connection, TRUST, opened["attempt"], opened["epoch"], lock=False)
    assert after
    assert after.session().data == {"cmi.suspend_data": "restored", "cmi.core.lesson_location": "5"}


def test_a_batch_that_leaves_a_gap_is_refused_though_nothing_was_foreseen_of_it(stage, opened):
    said = batch(opened, 3, 5)

    assert reckoning.foreseen(stage.engine, TRUST, said) is None
    with pytest.raises(BatchGap):
        take(stage, said, None)


@pytest.mark.parametrize("wrong", ["another-attempt", "attempt-1"])
def test_nothing_is_foreseen_of_a_window_that_is_not_there(stage, opened, wrong):
    said = replace(batch(opened, 1, 2), attempt=wrong, epoch=7)

    assert reckoning.foreseen(stage.engine, TRUST, said) is None


@pytest.mark.parametrize(("limit", "value"), [("_LONGEST_SEEN", 10), ("_MOST_SEEN", 0)])
def test_calls_are_taken_alike_where_little_can_be_remembered(stage, opened, monkeypatch, limit, value):
    monkeypatch.setattr(reckoning, limit, value)
    learner = Learner(stage)
    learner.opened = opened

    for one in DONE:
        learner.send(one)

    assert logged(stage, opened) == list(range(1, 13))
    assert location(stage, opened) == "11"
