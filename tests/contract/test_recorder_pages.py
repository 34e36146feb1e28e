"""Why an e-learning is not complete, on both databases: the learner's page, and the flight recorder for support."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clock import FrozenClock
from tests.course import call
from tests.northshire import HELEN
from tests.played import BEGIN, END, EXIT, STATUS, Course, course_of, put
from tests.workplace import ELSEWHERE, SAM, workplace_on


@pytest.fixture
def course(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Course]:
    place = workplace_on(database_url, clock, tmp_path)
    yield course_of(place)
    place.engine.database.dispose()


def test_a_learner_is_told_why_it_is_not_finished_and_what_to_do(course: Course) -> None:
    course.play(BEGIN, put(EXIT, "suspend"), END)
    home = course.place.signed_in("ann").page("/")

    page = course.why()

    assert f'href="/learning/incomplete/{course.enrolment}"' in home
    assert "Why does Fire online say “Started, not finished”?" in page
    assert "left to be gone on with (cmi.core.exit=suspend), and it never set a status." in page
    assert "Call 3 of window 1" in page
    assert "Finish saving" not in page


def test_before_it_was_opened_there_is_nothing_to_ask_and_the_page_says_so(course: Course) -> None:
    home, page = course.place.signed_in("ann").page("/"), course.why()

    assert "/learning/incomplete/" not in home
    assert "The course has not been opened yet." in page


@pytest.mark.parametrize("calls", [(), (BEGIN, put(STATUS, "incomplete"))])
def test_what_may_lie_in_the_browser_can_be_sent_from_the_page(course: Course, calls: Any) -> None:
    course.play(*calls)

    assert "/finish-saving/" in course.why()


def test_an_earlier_attempt_keeps_its_own_answer(course: Course) -> None:
    course.play(BEGIN, put(STATUS, "failed"), END)
    course.play(BEGIN, put(STATUS, "incomplete"), END)

    page = course.why()

    assert "Earlier attempts (1)" in page
    assert "The course reported “failed”." in page
    assert "The course ended, and the status is “incomplete”." in page


def test_a_final_result_is_said_to_stay_and_is_not_asked_about(course: Course) -> None:
    course.play(BEGIN, put(STATUS, "completed"), END)

    home, page = course.place.signed_in("ann").page("/"), course.why()

    assert "/learning/incomplete/" not in home
    assert "in call 2 of window 1, and that was recorded as soon as it arrived" in page
    assert "Press Play" not in page


def test_the_page_is_the_learners_own_and_only_of_e_learning(course: Course) -> None:
    assert course.place.signed_in("bob").get(f"/learning/incomplete/{course.enrolment}").status_code == 404
    assert course.place.signed_in("ann").get("/learning/incomplete/gone").status_code == 404


def test_support_sees_every_attempt_of_an_enrolment_and_goes_on_to_its_windows(course: Course) -> None:
    course.play(BEGIN, put(STATUS, "incomplete"), END)
    course.play()
    helen = course.place.signed_in(HELEN)

    listed, page = helen.page(f"/attempts/of/{course.enrolment}"), course.support()

    assert f'href="/attempts/{course.attempt}"' in listed
    assert "The course ended, and the status is “incomplete”." in listed
    assert "What can be done" in page
    assert f'href="/attempts/{course.attempt}/windows/1/calls/2"' in page
    assert "Of the window opened then nothing has arrived" in page
    assert f'href="/attempts/{course.attempt}/windows/2"' in page


def test_every_call_is_listed_in_order_in_pages_and_can_be_narrowed(course: Course) -> None:
    turns = [("LMSGetValue", "cmi.core.lesson_location")] * 60
    made = [call(seq, *one, answer="" if one[0] == "LMSGetValue" else "true") for seq, one in enumerate(turns, 2)]
    wrong = call(62, "LMSSetValue", STATUS, "Done", answer="false", error="405")
    course.play(BEGIN, *made, wrong)

    first, later = course.support("/windows/1"), course.support("/windows/1?after=50")
    sets, errors, none = (course.support(f"/windows/1?show={way}") for way in ("sets", "errors", "disagreements"))

    assert "62 calls of SCORM 1.2 arrived" in first
    assert ("calls/50" in first, "calls/51" in first, "Next page" in first) == (True, False, True)
    assert ("calls/51" in later, "calls/62" in later, "Next page" in later) == (True, True, False)
    assert ('calls/1"' in sets, 'calls/2"' in sets, "calls/62" in sets) == (True, False, True)
    assert ('calls/1"' in errors, "Error 405" in errors) == (False, True)
    assert "No call is of that kind" in none


def test_where_browser_and_server_disagreed_both_are_shown(course: Course) -> None:
    course.play(BEGIN, call(2, "LMSGetValue", "cmi.core.student_id", answer="somebody else"), END)

    listed, one = course.support("/windows/1?show=disagreements"), course.support("/windows/1/calls/2")

    assert "The server answered otherwise:" in listed
    assert "somebody else" in one
    assert "answer counts; the browser" in one


def test_the_data_are_shown_as_of_any_call_with_what_it_changed(course: Course) -> None:
    course.play(BEGIN, put("cmi.suspend_data", "page one"), put("cmi.suspend_data", "page two"), END)

    second, third = (course.support(f"/windows/1/calls/{seq}") for seq in (2, 3))

    assert ("page one" in second, "page two" in second) == (True, False)
    assert "What changed since call 2" in third
    changed = third[third.index("What changed since call 2") :]
    assert changed.index("page one") < changed.index("page two")


def test_two_moments_of_different_windows_are_compared(course: Course) -> None:
    course.play(BEGIN, put("cmi.suspend_data", "page one"), put(EXIT, "suspend"), END)
    course.play(BEGIN, put("cmi.suspend_data", "page nine"))

    page = course.support("/windows/2/calls/2?window=1&call=2")
    opening, nothing = course.support("/windows/1/calls/0"), course.support("/windows/1/calls/1?window=9&call=1")

    assert "What changed since call 2 of window 1" in page
    assert ("page one" in page, "page nine" in page) == (True, True)
    assert ("The opening of window 1" in opening, "The course had set nothing." in opening) == (True, True)
    assert "There is no such window to compare with." in nothing


def test_whatever_a_course_says_a_page_can_bear_it(course: Course) -> None:
    at_no_time = [1, "2026-99-99T99:99:99.000Z", "LMSInitialize", [""], "true", "0"]
    odd = put("cmi.suspend_data", "\ud800\0<script>" + "x" * 4000)
    course.play(at_no_time, odd, put("cmi.comments", "y" * 4000), END)

    answers = [
        course.place.signed_in(HELEN).get(f"/attempts/{course.attempt}/windows/1{rest}")
        for rest in ("", "/calls/2", "/calls/3")
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "?␀&lt;script&gt;" in answers[1].text
    assert "… (4010 characters)" in answers[0].text


def test_the_verdict_is_a_resource_of_the_api_for_who_may_see_the_attempt(course: Course) -> None:
    course.play(BEGIN, put(EXIT, "suspend"), END)

    mine, not_mine = (
        course.place.app.test_client().get(
            f"/api/v1/attempts/{course.attempt}/verdict",
            headers={"Authorization": f"Bearer {course.place.token(who)}"},
        )
        for who in ("ann", "bob")
    )

    assert (mine.status_code, not_mine.status_code) == (200, 404)
    assert mine.json["kind"] == "suspended without a status"
    assert mine.json["facts"][0]["evidence"][0]["call"] == 1


def test_what_is_not_there_or_out_of_reach_is_missing(course: Course) -> None:
    course.play(BEGIN)
    there = f"/attempts/{course.attempt}"
    helen = course.place.signed_in(HELEN)

    gone = [f"{there}/windows/2", f"{there}/windows/1/calls/9", "/attempts/gone", f"{there}/windows/99999999999"]
    beyond = [there, f"/attempts/of/{course.enrolment}", f"{there}/windows/1", f"{there}/windows/1/calls/1"]

    assert [helen.get(address).status_code for address in gone] == [404] * 4
    for who in (SAM, ELSEWHERE):
        assert [course.place.signed_in(who).get(address).status_code for address in beyond] == [404] * 4
    assert {course.place.signed_in("ann").get(address).status_code for address in beyond} == {403}
