"""Attempts on pages and in the API, on both databases: opening, reviewing, browsing, and rules with their sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests import northshire
from tests.clock import FrozenClock
from tests.northshire import HELEN, enrol
from tests.played import BEGIN, END, EXIT, PACKAGE, STATUS, Course, course_of, put
from tests.workplace import ELSEWHERE, SAM, workplace_on
from workflows.learning.attempts.rules import NAMES
from workflows.learning.tables import enrolments, offerings

DONE = (BEGIN, put("cmi.core.score.raw", "80"), put(STATUS, "passed"), END)
FAILED = (BEGIN, put("cmi.core.score.raw", "40"), put(STATUS, "failed"), END)


@pytest.fixture
def course(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Course]:
    place = workplace_on(database_url, clock, tmp_path)
    yield course_of(place)
    place.engine.database.dispose()


@pytest.fixture
def offering(course: Course) -> str:
    with course.place.engine.reading() as connection:
        return connection.scalar(select(offerings.c.id).where(offerings.c.package == PACKAGE)) or ""


@pytest.fixture
def course_class(course: Course) -> str:
    with course.place.engine.reading() as connection:
        return connection.scalar(select(enrolments.c.course_class)) or ""


def ask(course: Course, who: Any, method: str, path: str, body: Any = None) -> Any:
    return course.place.client(who).open(
        f"/api/v1{path}",
        method=method,
        json=body,
        headers={"Authorization": f"Bearer {course.place.token(who)}"},
    )


def press(course: Course, form: str, data: dict[str, str], to: str, who: Any = "ann") -> Any:
    return course.place.signed_in(who).post(form, data, to=to)


def launch(course: Course, **more: str) -> Any:
    return press(course, "/", {"enrolment": course.enrolment, **more}, "/launch")


def set_rules(course: Course, at: str, **rules: Any) -> Any:
    return ask(course, HELEN, "PATCH", at, rules)


def test_after_completion_play_becomes_review_and_a_new_attempt_is_offered(course: Course) -> None:
    ann = course.place.signed_in("ann")
    before = ann.page("/")

    course.play(*DONE)
    after = ann.page("/")

    assert ("Review<span" in before, "Review<span" in after) == (False, True)
    assert ("Play<span" in after, "Start a new attempt<span" in after) == (False, True)


def test_play_reviews_what_is_over_until_a_new_attempt_is_asked_for(course: Course) -> None:
    course.play(*DONE)
    course.place.clock.advance(timedelta(minutes=1))

    review, anew = launch(course), launch(course, new="yes")

    assert "/look/" in review.location
    assert "/play/" in anew.location
    assert "Play<span" in course.place.signed_in("ann").page("/")


def test_a_new_attempt_begins_by_itself_where_the_rules_say_so(course: Course) -> None:
    set_rules(course, "/attempt-rules", automatic="yes")
    course.play(*FAILED)

    assert "/play/" in launch(course).location


def test_a_locked_course_says_so_and_opens_no_more(course: Course) -> None:
    set_rules(course, "/attempt-rules", most=1, lock="yes")
    course.play(*FAILED)

    home = course.place.signed_in("ann").page("/")
    refused = launch(course)
    review = press(
        course,
        f"/learning/attempts/{course.enrolment}",
        {"attempt": course.attempt},
        f"/learning/attempts/{course.enrolment}/review",
    )

    assert "This course is locked: the last attempt has been made." in home
    assert "Review<span" not in home
    assert (refused.status_code, review.status_code) == (409, 409)


def test_a_learner_reads_which_attempts_count_and_how(course: Course) -> None:
    course.play(*FAILED)
    course.place.clock.advance(timedelta(minutes=1))
    course.play(*DONE)

    page = course.place.signed_in("ann").page(f"/learning/attempts/{course.enrolment}")

    assert "The highest score of all attempts counts." in page
    assert page.index("Counts: its score and its status") < page.index("Does not count")
    assert page.count("Review<span") == 2
    assert "Score on record: 80" in page


def test_before_anything_was_played_the_page_says_so(course: Course) -> None:
    assert "You have not opened this course yet." in course.place.signed_in("ann").page(
        f"/learning/attempts/{course.enrolment}"
    )


def test_those_who_support_a_learner_read_how_the_result_comes_about(course: Course) -> None:
    set_rules(course, "/attempt-rules", across="first")
    course.play(*FAILED)

    page = course.place.signed_in(HELEN).page(f"/attempts/of/{course.enrolment}")

    assert "The first attempt counts, and no other." in page
    assert "Counts: its score and its status." in page


def test_an_earlier_attempt_is_reviewed_and_nobody_elses(course: Course) -> None:
    course.play(*DONE)
    first = course.attempt
    course.play(BEGIN, put(EXIT, "suspend"), END)
    mine = f"/learning/attempts/{course.enrolment}"

    opened = press(course, mine, {"attempt": first}, f"{mine}/review")
    open_still = press(course, mine, {"attempt": course.attempt}, f"{mine}/review")
    others = press(course, "/", {"attempt": first}, f"{mine}/review", "bob")
    page = course.place.signed_in("bob").get(mine)

    assert "/look/" in opened.location
    assert (open_still.status_code, others.status_code, page.status_code) == (409, 404, 404)
    assert "Only an attempt that is over" in re.sub(r"\s+", " ", open_still.text)


def test_the_rules_page_says_where_each_value_comes_from(course: Course, offering: str) -> None:
    set_rules(course, "/attempt-rules", begin="never")
    set_rules(course, f"/packages/{PACKAGE}/attempt-rules", across="average")
    set_rules(course, f"/offerings/{offering}/attempt-rules", most=2)
    helen = course.place.signed_in(HELEN)

    index, page = helen.page("/attempt-rules/"), helen.page(f"/attempt-rules/offerings/{offering}")

    assert f'href="/attempt-rules/offerings/{offering}"' in index
    for value, source in (
        ("never: there is one attempt", "set for the whole trust"),
        ("the average", "from the package"),
        (">2<", "set here"),
        ("when the learner asks for it", "the system&#39;s default"),
    ):
        assert value in page
        assert source in page
    assert "Helen Marsh: Most attempts: 2" in page


def test_a_rule_is_set_and_taken_back_on_the_page(course: Course, offering: str) -> None:
    address = f"/attempt-rules/offerings/{offering}"
    blank = dict.fromkeys(NAMES, "")
    helen = course.place.signed_in(HELEN)

    set_one = helen.post(address, {**blank, "most": "3", "browse": "yes"})
    held = ask(course, HELEN, "GET", f"/offerings/{offering}/attempt-rules").json["rules"]
    taken_back = helen.post(address, blank)
    then = ask(course, HELEN, "GET", f"/offerings/{offering}/attempt-rules").json["rules"]

    assert (set_one.status_code, taken_back.status_code) == (303, 303)
    own = {one["name"]: one["value"] for one in held if one["from"] == "offering"}
    assert own == {"most": "3", "browse": "yes"}
    assert {one["from"] for one in then} == {None}


def test_a_wrong_number_is_said_at_its_field(course: Course) -> None:
    answer = course.place.signed_in(HELEN).post("/attempt-rules/trust", {"most": "many"})

    assert answer.status_code == 422
    assert 'href="#most"' in answer.text
    assert "Enter a number of attempts from 0 to 100" in answer.text


def test_only_learning_administrators_of_all_it_concerns_set_rules(course: Course, offering: str) -> None:
    seen = course.place.signed_in(SAM).page("/attempt-rules/trust")
    posted = course.place.signed_in(SAM).get("/attempt-rules/trust").status_code
    api = ask(course, SAM, "PATCH", "/attempt-rules", {"most": 1}).status_code
    foreign = ask(course, ELSEWHERE, "GET", f"/offerings/{offering}/attempt-rules").status_code
    learner = course.place.signed_in("ann").get("/attempt-rules/").status_code

    assert "Learning administrators of the whole trust can change them." in seen
    assert (posted, api, foreign, learner) == (200, 403, 404, 403)


@pytest.mark.parametrize("path", ["/packages/none/attempt-rules", "/offerings/none/attempt-rules"])
def test_what_is_not_there_has_no_rules(course: Course, path: str) -> None:
    assert ask(course, HELEN, "GET", path).status_code == 404


def test_a_value_that_is_none_is_refused_by_the_api(course: Course) -> None:
    assert set_rules(course, "/attempt-rules", begin="sometimes").status_code == 422
    assert set_rules(course, "/attempt-rules", most=101).status_code == 422


def test_learners_look_inside_where_the_offering_allows_it(course: Course, offering: str, course_class: str) -> None:
    bob = course.place.signed_in("bob")
    before, closed = bob.page("/learning/find"), press(course, "/", {"class": course_class}, "/learning/browse", "bob")

    set_rules(course, f"/offerings/{offering}/attempt-rules", browse="yes")
    after, opened = bob.page("/learning/find"), press(course, "/", {"class": course_class}, "/learning/browse", "bob")

    assert ("Look inside" in before, "Look inside" in after) == (False, True)
    assert closed.status_code == 409
    assert "/look/" in opened.location


def test_those_who_run_classes_preview_any_package(course: Course, course_class: str) -> None:
    by_class = press(course, "/", {"class": course_class}, "/learning/browse", HELEN)
    by_package = press(course, "/", {"package": PACKAGE}, "/learning/preview", SAM)
    nothing = press(course, "/", {"package": "none"}, "/learning/preview", SAM)
    learner = press(course, "/", {"package": PACKAGE}, "/learning/preview", "bob")

    assert ["/look/" in one.location for one in (by_class, by_package)] == [True, True]
    assert (nothing.status_code, learner.status_code) == (404, 403)
    assert "Preview" in course.place.signed_in(HELEN).page(f"/classes/{course_class}")


def test_the_api_launches_reviews_and_begins_anew(course: Course) -> None:
    course.play(*DONE)

    review = ask(course, "ann", "POST", "/launches", {"enrolment": course.enrolment})
    anew = ask(course, "ann", "POST", "/launches", {"enrolment": course.enrolment, "new": True})

    assert (review.json["mode"], review.json["attempt"]) == ("review", course.attempt)
    assert (anew.json["mode"], anew.json["attempt"] == course.attempt) == ("normal", False)


def test_the_api_tells_which_attempts_count(course: Course) -> None:
    set_rules(course, "/attempt-rules", most=2)
    course.play(*FAILED)
    path = f"/enrolments/{course.enrolment}/attempts"

    told = ask(course, "ann", "GET", path).json
    others = [ask(course, who, "GET", path).status_code for who in (HELEN, "bob", ELSEWHERE)]

    assert (told["status"], told["score"], told["left"], told["may_begin"]) == ("failed", 40.0, 1, True)
    assert [(one["id"], one["over"], one["counts"]) for one in told["attempts"]] == [(course.attempt, True, True)]
    assert others == [200, 404, 404]


def test_the_api_looks_without_recording(course: Course, course_class: str) -> None:
    course.play(*DONE)

    looked = [
        ask(course, who, "POST", "/looks", body)
        for who, body in (
            ("ann", {"attempt": course.attempt}),
            (HELEN, {"class": course_class}),
            (HELEN, {"package": PACKAGE}),
        )
    ]
    refused = [
        ask(course, "bob", "POST", "/looks", body).status_code
        for body in ({"attempt": course.attempt}, {"class": course_class}, {"package": PACKAGE}, {})
    ]

    assert [one.json["mode"] for one in looked] == ["review", "browse", "browse"]
    assert refused == [404, 409, 404, 422]


def test_who_trains_again_in_time_is_told_why_it_can_be_taken_again(course: Course) -> None:
    set_rules(course, "/attempt-rules", begin="never")
    course.play(*DONE)
    course.place.clock.advance(timedelta(days=300))
    ann = course.place.signed_in("ann")

    home, page = ann.page("/"), ann.page(f"/learning/attempts/{course.enrolment}")

    assert "What it gave you runs out: it can be taken again." in home
    assert "Earlier ones do not stand in its way." in page
    assert "/play/" in launch(course).location


def test_a_class_without_e_learning_cannot_be_looked_into(course: Course) -> None:
    classroom = northshire.open_class(course.place.engine, course.place.clock)
    enrolled = enrol(course.place.engine, classroom, "ann")

    browse = press(course, "/", {"class": classroom}, "/learning/browse", HELEN)
    page = course.place.signed_in("ann").get(f"/learning/attempts/{enrolled}")

    assert (browse.status_code, page.status_code) == (409, 404)
