"""How a course of several parts is left and taken up again, and what of it outlives it, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scorm import store
from tests import journeys
from tests.clock import FrozenClock
from tests.course import Stage, call, set_up
from tests.journeys import END, PASSED, Traveller, status, statuses


@pytest.fixture
def staged(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Callable[[str], Stage]]:
    with journeys.stages(database_url, tmp_path, clock) as build:
        yield build


@pytest.fixture
def stage(staged: Callable[[str], Stage]) -> Stage:
    return staged(journeys.NEW)


@pytest.fixture
def traveller(stage: Stage) -> Traveller:
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    return traveller


def test_a_window_that_was_closed_is_resumed_where_it_was(stage: Stage, traveller: Traveller) -> None:
    traveller.move("continue", calls=(*PASSED, END))
    traveller.send(call(1, "Initialize", ""), call(2, "SetValue", "cmi.location", "7"))

    opened = traveller.open(stage.play_url)

    assert (opened["course"]["playing"], opened["launch"]["entry"], opened["epoch"]) == ("two", "resume", 3)
    assert opened["data"]["cmi.location"] == "7"


def test_a_part_that_never_began_is_not_resumed(stage: Stage, traveller: Traveller) -> None:
    again = traveller.open(stage.play_url)

    assert (again["course"]["playing"], again["launch"]["entry"], again["epoch"]) == ("one", "ab-initio", 2)


def test_what_a_sco_asked_for_is_done_although_its_window_was_closed(stage: Stage, traveller: Traveller) -> None:
    traveller.send(*PASSED, call(4, "SetValue", "adl.nav.request", "continue"), call(5, "Terminate", ""))

    opened = traveller.open(stage.play_url)

    assert opened["course"]["playing"] == "two"


def test_going_home_puts_the_course_aside(stage: Stage, traveller: Traveller) -> None:
    home = traveller.move("suspendAll", calls=(call(1, "Initialize", ""),)).get_json()
    assert not home["course"]["over"]

    opened = traveller.open(stage.play_url)

    assert (stage.told[-1][1].finished, stage.told[-1][1].exit) == (True, "suspend")
    assert (opened["course"]["playing"], opened["launch"]["entry"]) == ("one", "resume")


def test_data_that_a_package_shares_is_there_in_the_learners_next_attempt(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.SHARING)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    noted = call(2, "SetValue", "adl.data.0.store", "lift with two")
    traveller.move("exitAll", calls=(call(1, "Initialize", ""), noted))
    with stage.engine.transaction() as tx:
        stage.attempt = replace(stage.attempt, id="attempt-3")
        store.add_attempt(tx.connection, stage.attempt)

    opened = traveller.open(stage.play_url)

    assert opened["attempt"] == "attempt-3"
    assert opened["launch"]["given"]["adl.data.0.store"] == "lift with two"


def test_a_course_that_ended_unsatisfied_is_failed(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.SINGLE)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    failed = call(2, "SetValue", "cmi.success_status", "failed")

    traveller.move("exitAll", calls=(call(1, "Initialize", ""), failed))

    assert statuses(stage)[-1] == "failed"
    assert not stage.stored().goes_on


def test_a_part_that_was_failed_says_so_and_the_course_goes_on(stage: Stage, traveller: Traveller) -> None:
    failed = call(2, "SetValue", "cmi.success_status", "failed")

    answer = traveller.move("continue", calls=(call(1, "Initialize", ""), failed)).get_json()

    assert status(answer)["one"] == "Not passed"
    assert "failed" not in statuses(stage)
    assert stage.stored().goes_on


def test_what_ended_the_course_in_a_closed_window_lets_the_next_launch_begin_anew(
    stage: Stage, traveller: Traveller
) -> None:
    traveller.send(*PASSED, call(4, "SetValue", "adl.nav.request", "exitAll"), call(5, "Terminate", ""))

    opened = traveller.open(stage.play_url)

    assert (opened["course"]["playing"], opened["launch"]["entry"]) == ("one", "ab-initio")
    assert (opened["data"], status(opened)["one"]) == ({}, "Started")


def test_going_home_twice_leaves_the_course_once(stage: Stage, traveller: Traveller) -> None:
    traveller.move("suspendAll", calls=(call(1, "Initialize", ""),))

    again = traveller.move("suspendAll")

    assert again.status_code == 200
    assert traveller.open(stage.play_url)["launch"]["entry"] == "resume"


def test_no_move_is_taken_of_a_package_of_one_part(database_url: str, tmp_path: Path, clock: FrozenClock) -> None:
    stage = set_up(database_url, tmp_path, clock)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)

    answer = traveller.move("continue")

    stage.engine.database.dispose()
    assert answer.status_code == 404
