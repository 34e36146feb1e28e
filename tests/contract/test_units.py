"""AICC courses of several units, on both databases: contents, prerequisites, a HACP session for each, one outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from scorm.hacp import aicc as hacp
from scorm.hacp.aicc import Command, Reply
from tests import aicc
from tests.clock import FrozenClock
from tests.course import Stage
from tests.journeys import Traveller, stage_of, status, statuses

PASSED = "[Core]\r\nLesson_Status=P\r\nScore=90\r\nTime=00:10:00\r\n"


@dataclass(kw_only=True)
class Course:
    """The course of tests/aicc.py, played by hand: the player's moves, and the messages of the unit that is open."""

    stage: Stage
    traveller: Traveller
    where: str = ""

    def open(self) -> Any:
        """Open the player, and return what it is told."""
        return self._shown(self.traveller.open(self.stage.play_url))

    def move(self, request: str, target: str = "", **more: str) -> Any:
        """Make a move, and return what the player is told."""
        return self._shown(self.traveller.move(request, target, **more).get_json())

    def say(self, command: Command, data: str = "", where: str = "") -> Reply:
        """Say a message of the unit that is open, or of one that opened at `where`."""
        session, reports_to = aicc.told_at(where or self.where)
        body = aicc.said(command, session, data)
        answer = self.traveller.post(urlsplit(reports_to).path, data=body, content_type="text/plain")
        return hacp.reply(answer.text)

    def core(self) -> dict[str, str]:
        """Return the keys of the group Core that GetParam gives."""
        return hacp.aicc_tables.keys(hacp.aicc_tables.groups(self.say(Command.GET_PARAM).data)["core"])

    def standing(self) -> Any:
        """Return how the course stands, as the player asks."""
        return self.traveller.get(self.traveller.opened["standing_url"])

    def _shown(self, told: Any) -> Any:
        self.where = told.get("content_url", "") or self.where
        return told


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = stage_of(database_url, tmp_path, clock, aicc.zipped(tmp_path / "course.zip", aicc.several()))
    yield built
    built.engine.database.dispose()


@pytest.fixture
def course(stage: Stage) -> Course:
    built = Course(stage=stage, traveller=Traveller(stage))
    built.open()
    return built


def test_the_contents_show_blocks_and_units_and_what_is_locked(course: Course) -> None:
    told = course.traveller.opened["course"]

    lines = [(line["id"], line["depth"], bool(line["why"])) for line in told["contents"]]
    assert lines == [("FIRE (course)", 0, False), ("B1", 1, False), ("A1", 2, False), ("A2", 2, True), ("A3", 1, True)]
    assert told["playing"] == "A1"


def test_a_unit_of_ours_and_one_of_others_open_each_under_a_session_of_its_own(course: Course) -> None:
    first = course.where
    course.say(Command.PUT_PARAM, PASSED)
    opened = course.move("choice", "A2")

    assert urlsplit(first).path.endswith("/fire/start.html")
    assert "elsewhere" not in course.where
    assert (opened["elsewhere"], course.where.partition("?")[0]) == (
        "learning.example",
        "https://learning.example/doors",
    )
    assert aicc.told_at(first)[0] != aicc.told_at(course.where)[0]
    assert course.core()["lesson_status"] == "not attempted, ab-initio"


def test_each_unit_is_told_its_own_limits_and_data(course: Course) -> None:
    groups = hacp.aicc_tables.groups(course.say(Command.GET_PARAM).data)

    said = hacp.aicc_tables.keys(groups["student_data"])
    assert said == {"mastery_score": "80", "max_time_allowed": "00:30:00", "time_limit_action": "exit,message"}
    assert (groups["core_vendor"], "mode=full" in course.where) == ("pages=9", True)


def test_the_course_is_done_when_every_unit_is(course: Course, stage: Stage) -> None:
    course.say(Command.PUT_PARAM, PASSED)
    course.say(Command.EXIT_AU)
    course.move("choice", "A2")
    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Status=C\r\n")
    course.move("continue")
    before = stage.stored().outcome
    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Status=C\r\n")

    after = stage.stored().outcome
    assert before
    assert after
    assert (before.lesson_status, after.lesson_status, after.total_seconds) == ("incomplete", "completed", 600)
    assert statuses(stage)[-1] == "completed"


def test_a_score_below_the_mastery_score_leaves_the_next_unit_locked(course: Course) -> None:
    course.say(Command.PUT_PARAM, PASSED.replace("90", "79"))
    course.say(Command.EXIT_AU)

    told = course.standing().get_json()

    assert (status(told)["A1"], told["course"]["contents"][3]["why"] == "") == ("Not passed yet", False)
    assert course.move("choice", "A2")["course"]["said"] != ""


def test_what_a_unit_has_reported_by_itself_is_shown_while_it_plays(course: Course) -> None:
    course.core()
    before = course.standing().get_json()
    course.say(Command.PUT_PARAM, PASSED)
    course.say(Command.EXIT_AU)

    after = course.standing().get_json()

    assert (status(before)["A1"], before["running"]) == ("Started", True)
    assert (status(after)["A1"], after["running"], after["course"]["contents"][3]["why"]) == ("Completed", False, "")


def test_a_unit_that_is_opened_again_goes_on_where_it_was(course: Course, stage: Stage) -> None:
    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Location=7\r\nLesson_Status=I,S\r\n[Core_Lesson]\r\na=b\r\n")
    course.move("suspendAll")
    told = course.open()

    groups = hacp.aicc_tables.groups(course.say(Command.GET_PARAM).data)
    core = hacp.aicc_tables.keys(groups["core"])
    assert told["course"]["playing"] == "A1"
    assert (core["lesson_location"], core["lesson_status"], groups["core_lesson"]) == ("7", "incomplete, resume", "a=b")
    assert stage.stored().epoch == 2


def test_a_page_that_is_loaded_again_goes_on_in_its_window(course: Course, stage: Stage) -> None:
    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Location=7\r\nLesson_Status=I,S\r\n")
    course.say(Command.EXIT_AU)
    again = course.core()
    course.say(Command.PUT_PARAM, PASSED)
    left = course.say(Command.EXIT_AU)
    ended = course.core()

    assert (again["lesson_location"], again["lesson_status"]) == ("7", "incomplete, resume")
    assert (left.error, ended["lesson_status"], stage.stored().epoch) == (0, "passed", 1)
    assert course.standing().status_code == 200


def test_what_a_unit_says_after_it_was_left_counts(course: Course) -> None:
    first = course.where
    course.say(Command.PUT_PARAM, PASSED)
    course.move("choice", "A2")
    second = course.where
    course.move("choice", "A1")

    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Status=C\r\n", where=second)
    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Status=I\r\n", where=first)

    told = course.standing().get_json()
    assert (status(told)["A1"], status(told)["A2"]) == ("Completed", "Completed")


def test_a_move_that_comes_twice_opens_one_session(course: Course) -> None:
    course.say(Command.PUT_PARAM, PASSED)
    before = dict(course.traveller.opened)
    first = course.move("choice", "A2", key="k" * 43)
    course.traveller.opened = before
    second = course.move("choice", "A2", key="k" * 43)

    assert first["content_url"] == second["content_url"]
    assert course.say(Command.GET_PARAM).error == 0


def test_a_unit_that_asks_to_log_out_leaves_the_choice_to_the_learner(course: Course) -> None:
    course.say(Command.PUT_PARAM, "[Core]\r\nLesson_Status=P,L\r\nScore=90\r\n")
    course.say(Command.EXIT_AU)

    assert course.move("choice", "A2")["course"]["playing"] == "A2"


def test_a_unit_of_a_course_opens_from_its_contents_only(course: Course, stage: Stage) -> None:
    token = urlsplit(stage.play_url).path.split("/")[2]
    page = course.traveller.get(f"/play/{token}/")
    around: list[Callable[[str], Any]] = [course.traveller.get, course.traveller.post]

    answers = [ask(f"/unit/{token}/{end}") for ask, end in zip(around, ("", "open"), strict=True)]

    assert (page.status_code, "Parts of the course" in page.text) == (200, True)
    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_window_that_is_not_the_newest_is_told_so(course: Course) -> None:
    older = dict(course.traveller.opened)
    course.open()

    course.traveller.opened = older
    answer = course.standing()

    assert (answer.status_code, answer.get_json()["error"]) == (410, "superseded")


def test_the_session_of_a_unit_is_no_key_of_a_player(course: Course) -> None:
    session, _ = aicc.told_at(course.where)

    answer = course.traveller.send(
        [1, "2026-11-22T09:00:00.000Z", "LMSInitialize", [""], "true", "0"], to=f"/late/{session}/calls"
    )

    assert answer.status_code == 404
