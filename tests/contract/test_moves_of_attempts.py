"""Attempts are moved to another version and back, on both databases: with their progress or afresh, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import journal
from engine.errors import Missing, NotAllowed, Refused
from engine.letters import Subject
from scorm import playing as runtime
from scorm import store
from tests import northshire
from tests.clock import FrozenClock
from tests.northshire import HELEN, TRUST
from tests.played import BEGIN, END, EXIT, STATUS, Course, put
from tests.versions import Shelf, part, shelf_of
from tests.workplace import SAM, workplace_on
from workflows.learning import moving, undoing, versioning
from workflows.learning.moves import Order, Progress, Scope
from workflows.learning.undoing import Standing
from workflows.learning.version_tables import attempt_moves

LATER = timedelta(hours=1)
HALF = (BEGIN, put("cmi.core.lesson_location", "7"), put(EXIT, "suspend"), END)


@pytest.fixture
def shelf(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Shelf]:
    place = workplace_on(database_url, clock, tmp_path)
    yield shelf_of(place)
    place.engine.database.dispose()


def played(shelf: Shelf, *names: str) -> list[Course]:
    """Have people play half of the course, and an hour pass."""
    found = shelf.enrolled(*names)
    for one in found:
        one.play(*HALF)
    shelf.place.clock.advance(LATER)
    return found


def resumed_at(shelf: Shelf, name: str) -> str | None:
    """Open the course, and return the page where it goes on."""
    shelf.courses[name].play(BEGIN)
    one = shelf.attempt(name)
    with shelf.place.engine.reading() as connection:
        found = store.epoch(connection, TRUST, one.id, one.epoch)
    assert found
    return found.session.data.get("cmi.core.lesson_location")


def standings(shelf: Shelf, order: str) -> dict[str, Standing]:
    """Return how each move of an order stands, by learner."""
    with shelf.place.engine.reading() as connection:
        rows = connection.execute(undoing.moves_of(TRUST, order)).mappings().all()
    return {row["learner_name"]: undoing.standing(row) for row in rows}


def results(shelf: Shelf, order: str) -> dict[str, tuple[str, bool]]:
    """Return what was decided of each attempt of an order: how much is kept, and whether it starts afresh."""
    query = select(attempt_moves).where(attempt_moves.c.order == order)
    with shelf.place.engine.reading() as connection:
        rows = connection.execute(query).mappings().all()
    names = {one.attempt: name for name, one in shelf.courses.items()}
    return {names[row["attempt"]]: (row["keeps"], row["afresh"]) for row in rows}


def test_a_moved_attempt_goes_on_where_it_was_left_on_the_newer_version(shelf: Shelf) -> None:
    played(shelf, "ann")
    second = shelf.newer()

    order = shelf.move(second)

    assert results(shelf, order) == {"ann": ("all", False)}
    assert resumed_at(shelf, "ann") == "7"
    assert (shelf.attempt("ann").package, shelf.attempt("ann").epoch) == (second, 2)


def test_its_earlier_windows_say_which_version_they_played(shelf: Shelf) -> None:
    played(shelf, "ann")
    shelf.move(shelf.newer())
    shelf.courses["ann"].play(BEGIN)

    one = shelf.attempt("ann")
    with shelf.place.engine.reading() as connection:
        windows = [store.epoch(connection, TRUST, one.id, number) for number in (1, 2)]

    assert [window and window.package for window in windows] == [shelf.first, None]


def test_one_that_may_be_open_is_moved_when_it_is_opened_next(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(BEGIN, put("cmi.core.lesson_location", "7"))
    second = shelf.newer()

    order = shelf.move(second)
    before = (shelf.attempt("ann").package, standings(shelf, order))
    at = resumed_at(shelf, "ann")

    assert before == (shelf.first, {"Ann": Standing.WAITING})
    assert (shelf.attempt("ann").package, at) == (second, "7")
    assert standings(shelf, order) == {"Ann": Standing.PLAYED}


def test_one_that_waits_is_not_moved_when_the_version_was_rolled_back_meanwhile(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(BEGIN)
    order = shelf.move(shelf.newer())
    shelf.roll_back(shelf.first)

    ann.play(BEGIN)

    assert shelf.attempt("ann").package == shelf.first
    assert standings(shelf, order) == {"Ann": Standing.REFUSED}


def test_progress_that_cannot_be_kept_starts_afresh_on_the_newer_version(shelf: Shelf) -> None:
    (ann,) = played(shelf, "ann")
    old = ann.attempt
    second = shelf.newer(part("X", "other.html"))

    order = shelf.move(second)
    decided = results(shelf, order)
    at = resumed_at(shelf, "ann")

    assert decided == {"ann": ("none", True)}
    assert (at, shelf.attempt("ann").package) == (None, second)
    assert ann.attempt != old


def test_one_that_is_to_start_afresh_and_may_be_open_does_so_when_it_is_opened_next(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(*HALF)
    old = ann.attempt
    order = shelf.move(shelf.newer(), progress=Progress.AFRESH)
    shelf.place.clock.advance(timedelta(minutes=5))

    at = resumed_at(shelf, "ann")

    assert (at, ann.attempt == old) == (None, False)
    assert standings(shelf, order) == {"Ann": Standing.PLAYED}


@pytest.mark.parametrize(
    ("scope", "progress", "moved"),
    [
        (Scope.ALL, Progress.KEEP, {"ann": ("unknown", False), "bob": ("unknown", False)}),
        (Scope.ALL, Progress.SURE, {"ann": ("unknown", True), "bob": ("unknown", True)}),
        (Scope.ALL, Progress.AFRESH, {"ann": ("unknown", True), "bob": ("unknown", True)}),
        (Scope.KEEPING, Progress.KEEP, {}),
        (Scope.CHOSEN, Progress.KEEP, {"bob": ("unknown", False)}),
    ],
)
def test_who_is_moved_and_how_is_as_it_was_asked(
    shelf: Shelf, scope: Scope, progress: Progress, moved: dict[str, Any]
) -> None:
    _, bob = played(shelf, "ann", "bob")
    second = shelf.newer(program={"course.js": b"resume(otherwise)"})

    order = shelf.move(second, scope=scope, progress=progress, chosen=(bob.attempt,))

    assert results(shelf, order) == moved


def test_what_ended_or_is_there_already_is_not_moved(shelf: Shelf) -> None:
    ann, bob = shelf.enrolled("ann", "bob")
    ann.play(BEGIN, put(STATUS, "completed"), END)
    second = shelf.newer()
    bob.play(*HALF)
    shelf.place.clock.advance(LATER)

    order = shelf.move(second)

    assert results(shelf, order) == {}


def test_many_attempts_are_moved_some_at_a_time(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "CHUNK", 2)
    played(shelf, "ann", "bob", "cat")
    second = shelf.newer()

    order = shelf.move(second)
    undone = undoing.undo(shelf.place.engine, HELEN, TRUST, order)

    assert results(shelf, order) == dict.fromkeys(("ann", "bob", "cat"), ("all", False))
    assert (undone.done, undone.refused) == (3, {})


@pytest.mark.parametrize("progress", [Progress.KEEP, Progress.AFRESH])
def test_a_move_is_undone_while_nothing_was_played_after_it(shelf: Shelf, progress: Progress) -> None:
    (ann,) = played(shelf, "ann")
    old = ann.attempt
    order = shelf.move(shelf.newer(), progress=progress)

    undone = undoing.undo(shelf.place.engine, HELEN, TRUST, order)
    at = resumed_at(shelf, "ann")

    assert (undone.done, undone.refused) == (1, {})
    assert standings(shelf, order) == {"Ann": Standing.UNDONE}
    assert (at, ann.attempt, shelf.attempt("ann").package) == ("7", old, shelf.first)


@pytest.mark.parametrize("progress", [Progress.KEEP, Progress.AFRESH])
def test_a_move_is_not_undone_after_it_was_played(shelf: Shelf, progress: Progress) -> None:
    (ann,) = played(shelf, "ann")
    old = ann.attempt
    second = shelf.newer()
    order = shelf.move(second, progress=progress)
    ann.play(BEGIN)

    undone = undoing.undo(shelf.place.engine, HELEN, TRUST, order, [old])

    assert (undone.done, undone.refused) == (0, {old: "It has been played since."})
    assert shelf.attempt("ann").package == second


def test_a_move_that_waits_can_be_called_off(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    ann.play(BEGIN)
    order = shelf.move(shelf.newer())

    undoing.undo(shelf.place.engine, HELEN, TRUST, order)
    again = undoing.undo(shelf.place.engine, HELEN, TRUST, order)
    ann.play(BEGIN)

    assert shelf.attempt("ann").package == shelf.first
    assert again.refused == {ann.attempt: "It was undone before."}


def test_a_version_that_nobody_is_on_any_more_can_be_removed_and_then_nothing_leads_back(shelf: Shelf) -> None:
    (ann,) = played(shelf, "ann")
    order = shelf.move(shelf.newer())

    with shelf.place.engine.transaction(HELEN) as tx:
        versioning.remove(tx, TRUST, shelf.first, "Nobody needs it")
    undone = undoing.undo(shelf.place.engine, HELEN, TRUST, order)

    assert undone.refused == {ann.attempt: "The version that it was on has been removed."}


def test_late_calls_of_the_older_version_count_and_are_taken_at_its_own_host(shelf: Shelf) -> None:
    (ann,) = shelf.enrolled("ann")
    with shelf.place.engine.transaction(northshire.learner("ann")) as tx:
        ann.attempt = str(runtime.begin(tx.connection, TRUST, _launched(tx, ann), tx.now, "late-key").attempt.id)
    shelf.place.clock.advance(LATER)
    second = shelf.newer()
    shelf.move(second)

    with shelf.place.engine.reading() as connection:
        found = store.late(connection, "late-key", shelf.place.clock())

    assert found
    assert (found[0].package, found[1], shelf.attempt("ann").package) == (shelf.first, 1, second)


def test_a_move_is_journalled_with_its_reason(shelf: Shelf) -> None:
    (ann,) = played(shelf, "ann")
    shelf.move(shelf.newer())

    with shelf.place.engine.reading() as connection:
        row = journal.history(connection, Subject(kind="attempt", trust=TRUST, id=ann.attempt))[-1]

    said = journal.said(row)
    assert (row["trigger"], said.by) == ("MOVE", "Helen Marsh")
    assert said.facts["reason"].startswith("It is corrected (It goes to another version")
    assert (said.facts["from"], said.facts["to"]) == (shelf.first, shelf.attempt("ann").package)


def test_only_the_published_version_is_moved_to_and_only_by_who_looks_after_all_of_it(shelf: Shelf) -> None:
    second = shelf.newer()
    wanted = Order(package=second, scope=Scope.ALL, progress=Progress.KEEP, reason="Now")

    with pytest.raises(NotAllowed):
        moving.move(shelf.place.engine, SAM, TRUST, wanted)
    with pytest.raises(Refused):
        shelf.move(shelf.first)
    with pytest.raises(Missing):
        undoing.undo(shelf.place.engine, HELEN, TRUST, "gone")


def _launched(tx: Any, course: Course) -> str:
    from workflows.learning import playing  # noqa: PLC0415 - `playing` is the run-time's here

    return playing.launch(tx, TRUST, course.enrolment)
