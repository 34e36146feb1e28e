"""A course of several parts over HTTP, on both databases: every move is one transaction, and comes to pass once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import journeys
from tests.clock import FrozenClock
from tests.course import Stage, call
from tests.journeys import END, PASSED, Traveller, status, statuses

COMPLETED_OLD = (call(1, "LMSInitialize", ""), call(2, "LMSSetValue", "cmi.core.lesson_status", "completed"))


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


def why(answer: Any) -> dict[str, str]:
    return {line["id"]: line["why"] for line in answer["course"]["contents"]}


def test_a_course_opens_at_its_first_part_with_its_contents(traveller: Traveller) -> None:
    opened = traveller.opened

    assert (opened["course"]["playing"], opened["epoch"]) == ("one", 1)
    assert list(status(opened)) == ["O", "one", "two", "three"]
    assert opened["course"]["controls"]["continue"] == ""
    assert opened["course"]["controls"]["previous"]
    assert opened["model_url"] == "/model/scorm2004.json"


def test_a_move_takes_the_last_calls_and_opens_the_next_part(stage: Stage, traveller: Traveller) -> None:
    answer = traveller.move("continue", calls=(*PASSED, END)).get_json()

    assert (answer["course"]["playing"], answer["epoch"], answer["saved"]) == ("two", 2, 4)
    assert status(answer)["one"] == "Completed"
    assert status(answer)["two"] == "Started"
    assert answer["launch"]["entry"] == "ab-initio"
    assert "completed" not in statuses(stage)
    assert "passed" not in statuses(stage)


def test_a_course_is_done_when_all_its_parts_are(stage: Stage, traveller: Traveller) -> None:
    for _ in range(2):
        traveller.move("continue", calls=(*PASSED, END))
        assert "passed" not in statuses(stage)

    traveller.send(*PASSED)

    assert statuses(stage)[-1] == "passed"
    assert stage.stored().outcome.final


def test_walking_off_the_end_ends_the_course(stage: Stage, traveller: Traveller) -> None:
    for _ in range(3):
        answer = traveller.move("continue", calls=(*PASSED, END)).get_json()

    assert answer["course"]["over"]
    assert "epoch" not in answer
    assert (stage.stored().outcome.finished, stage.stored().outcome.exit) == (True, "")
    assert not stage.stored().goes_on


def test_the_same_move_twice_is_answered_alike_and_done_once(traveller: Traveller) -> None:
    first_window = dict(traveller.opened)
    key = secrets.token_urlsafe(32)
    first = traveller.move("continue", calls=(*PASSED, END), key=key).get_json()
    traveller.opened = first_window

    again = traveller.move("continue", calls=(*PASSED, END), key=key).get_json()

    assert (again["epoch"], again["late_url"]) == (first["epoch"], first["late_url"])
    assert again["launch"] == first["launch"]
    assert again["course"]["playing"] == "two"


def test_a_move_that_ended_the_course_can_be_repeated(traveller: Traveller) -> None:
    key = secrets.token_urlsafe(32)
    first = traveller.move("exitAll", calls=(*PASSED, END), key=key).get_json()

    again = traveller.move("exitAll", calls=(*PASSED, END), key=key).get_json()

    assert first == again
    assert again["course"]["over"]


def test_of_two_windows_the_older_cannot_move(stage: Stage, traveller: Traveller) -> None:
    older = dict(traveller.opened)
    traveller.open(stage.play_url)
    newer = dict(traveller.opened)
    traveller.opened = older

    refused = traveller.move("continue", calls=(*PASSED, END))

    assert (refused.status_code, refused.get_json()["error"]) == (410, "superseded")
    assert newer["course"]["playing"] == "one"


def test_a_late_batch_of_the_part_before_raises_its_status(stage: Stage, traveller: Traveller) -> None:
    late = traveller.opened["late_url"]
    body = {"attempt": "attempt-2", "epoch": 1, "first": 1, "calls": [*PASSED]}
    traveller.move("choice", "two")

    answer = traveller.post(late, json=body)
    moved = traveller.move("continue").get_json()

    assert (answer.status_code, answer.get_json()["saved"]) == (410, 3)
    assert (status(moved)["one"], status(moved)["two"]) == ("Completed", "Completed")


def test_a_late_batch_says_nothing_worse_of_a_part(stage: Stage, traveller: Traveller) -> None:
    late = traveller.opened["late_url"]
    traveller.move("continue", calls=PASSED)
    calls = [call(4, "SetValue", "cmi.success_status", "failed")]

    traveller.post(late, json={"attempt": "attempt-2", "epoch": 1, "first": 4, "calls": calls})
    moved = traveller.move("continue").get_json()

    assert status(moved)["one"] == "Completed"


def test_a_choice_that_the_course_refuses_is_told_with_its_reason(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.FORWARD)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    traveller.move("continue", calls=(*PASSED, END))
    assert traveller.opened["course"]["controls"]["previous"] == "You cannot go back from here."

    answer = traveller.move("previous").get_json()

    assert "epoch" not in answer
    assert answer["course"]["said"]
    assert traveller.move("choice", "two").get_json()["course"]["playing"] == "two"


def test_what_the_sco_asked_for_when_it_ended_is_done(traveller: Traveller) -> None:
    asked = call(4, "SetValue", "adl.nav.request", "continue")

    answer = traveller.move(calls=(*PASSED, asked, call(5, "Terminate", ""))).get_json()

    assert answer["course"]["playing"] == "two"


def test_a_sco_that_ends_and_asks_for_nothing_stays_until_the_learner_moves(traveller: Traveller) -> None:
    stays = traveller.move(calls=(*PASSED, END)).get_json()

    moved = traveller.move("continue").get_json()

    assert ("epoch" in stays, stays["course"]["playing"], status(stays)["one"]) == (False, "one", "Completed")
    assert moved["course"]["playing"] == "two"


def test_a_course_that_leaves_the_choice_opens_nothing_by_itself(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.CHOOSE)
    traveller = Traveller(stage)
    opened = traveller.open(stage.play_url)
    assert (opened["content_url"], opened["course"]["playing"]) == ("", "")
    assert opened["course"]["said"] == "Here the course does not lead on by itself: choose what comes next."

    chosen = traveller.move("choice", "three").get_json()

    assert chosen["course"]["playing"] == "three"


def test_what_a_part_reports_changes_what_may_follow_at_once(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.OLD)
    traveller = Traveller(stage)
    opened = traveller.open(stage.play_url)
    assert why(opened)["two"]

    receipt = traveller.send(*COMPLETED_OLD).get_json()

    assert why(receipt)["two"] == ""
    assert receipt["outcome"]["lesson_status"] == "incomplete"


def test_parts_of_scorm_1_2_go_on_where_they_were_left(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.OLD)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    location = call(3, "LMSSetValue", "cmi.core.lesson_location", "4")
    traveller.move("continue", calls=(*COMPLETED_OLD, location, call(4, "LMSFinish", "")))

    back = traveller.move("previous").get_json()

    assert back["course"]["playing"] == "one"
    assert back["data"] == {"cmi.core.lesson_status": "completed", "cmi.core.lesson_location": "4"}
    assert (back["launch"]["entry"], status(back)["one"]) == ("", "Completed")


def test_all_parts_of_scorm_1_2_completed_complete_the_course(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.OLD)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    for _ in range(3):
        assert not stage.stored().goes_on or "completed" not in statuses(stage)
        traveller.move("continue", calls=(*COMPLETED_OLD, call(3, "LMSFinish", "")))

    assert statuses(stage)[-1] == "completed"
    assert not stage.stored().goes_on


def test_an_item_of_scorm_1_2_with_a_page_and_parts_plays_its_page(staged: Callable[[str], Stage]) -> None:
    below = '<item identifier="below" identifierref="R"><title>Below</title></item>'
    stage = staged(journeys.OLD.replace("<title>Before</title>", f"<title>Before</title>{below}"))
    traveller = Traveller(stage)

    opened = traveller.open(stage.play_url)
    answer = traveller.move("continue", calls=COMPLETED_OLD).get_json()

    assert opened["course"]["playing"] == "one"
    assert opened["content_url"].endswith("part.html")
    assert answer["course"]["playing"] == "below"
    assert why(opened)["two"] == "Open after you have finished “Before”."
    assert why(answer)["two"] == ""


def test_a_course_of_one_part_needs_no_contents(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.SINGLE)
    traveller = Traveller(stage)
    opened = traveller.open(stage.play_url)

    receipt = traveller.send(call(1, "Initialize", ""), call(2, "SetValue", "cmi.completion_status", "completed"))

    assert opened["course"]["contents"] == []
    assert receipt.get_json()["outcome"]["lesson_status"] == "completed"


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "short"},
        {"key": "k" * 44},
        {"epoch": 0},
        {"attempt": None},
        {"attempt": "another"},
        {"click": {"request": "abandonAll", "target": ""}},
        {"click": {"request": "choice", "target": 5}},
        {"click": "continue"},
    ],
)
def test_a_move_that_makes_no_sense_is_refused(traveller: Traveller, changes: dict[str, Any]) -> None:
    assert traveller.move("continue", **changes).status_code == 422


def test_a_move_that_is_no_object_is_refused(traveller: Traveller) -> None:
    assert traveller.post(traveller.opened["navigate_url"], json=[]).status_code == 422
