"""Courses that behave oddly, of small packages of our own: what is kept, and what learner and support are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from scorm import recorder, store
from scorm.runtime import verdict
from scorm.runtime.launch import Launch
from scorm.runtime.session import Session
from scorm.runtime.verdict import Kind, Verdict
from scorm.web import create_content_app
from tests import journeys, odd_packages
from tests.clock import FrozenClock
from tests.course import Learner, Stage, call
from tests.journeys import Traveller, status
from tests.northshire import TRUST
from tests.played import BEGIN, course_of, put
from tests.workplace import Workplace, workplace_on
from workflows.learning import playing

MANY = dict.fromkeys(("one", "two", "three", "four"), "")
SELECTING = """<imsss:sequencing><imsss:controlMode choice="true" flow="true"/>
  <imsss:randomizationControls selectCount="2" selectionTiming="once" reorderChildren="true"
    randomizationTiming="once"/></imsss:sequencing>"""
BEGUN = call(1, "LMSInitialize", "")


@pytest.fixture
def staged(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Callable[..., Stage]]:
    """Give what imports a package of pages and opens an attempt at it."""
    built: list[Stage] = []

    def build(pages: dict[str, str], **options: Any) -> Stage:
        path = odd_packages.zipped(tmp_path, pages, **options)
        built.append(journeys.stage_of(database_url, tmp_path, clock, path))
        return built[-1]

    yield build
    for stage in built:
        stage.engine.database.dispose()


@pytest.fixture
def place(database_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Workplace]:
    """Set up the workplace."""
    built = workplace_on(database_url, clock, tmp_path)
    yield built
    built.engine.database.dispose()


def judged(stage: Stage) -> Verdict:
    """Return what learner and support are told of the attempt."""
    with stage.engine.reading() as connection:
        return verdict.judge(recorder.story(connection, stage.stored()))


def told(stage: Stage, *calls: list[Any]) -> Verdict:
    """Play these calls in a window, and return the verdict."""
    learner = Learner(stage)
    learner.open(stage.play_url)
    if calls:
        assert learner.send(*calls).status_code == 200
    return judged(stage)


def test_a_selection_stays_what_it_was_when_the_course_is_opened_again(staged: Callable[..., Stage]) -> None:
    stage = staged(MANY, edition="2004 4th Edition", more=SELECTING)
    traveller = Traveller(stage)
    first = traveller.open(stage.play_url)
    traveller.move("suspendAll")

    again = traveller.open(stage.play_url)

    assert len(status(first)) == len(["the course", "two of its parts"]) + 1
    assert list(status(again)) == list(status(first))
    assert again["course"]["playing"] == first["course"]["playing"]


def test_sixty_four_thousand_characters_of_suspend_data_are_kept_and_more_is_told(staged: Callable[..., Stage]) -> None:
    stage = staged({"one": ""})
    learner = Learner(stage)
    opened = learner.open(stage.play_url)
    most, more = "安" * 64_000, "x" * 64_001
    session = Session.open(Launch.from_dict(opened["launch"]), opened["data"])
    session.call("LMSInitialize", [""], BEGUN[1])
    refused = session.call("LMSSetValue", ["cmi.suspend_data", more], BEGUN[1])
    kept = call(2, "LMSSetValue", "cmi.suspend_data", most)

    answer = learner.send(
        BEGUN, kept, call(3, "LMSSetValue", "cmi.suspend_data", more, answer=refused[0], error=refused[1])
    )
    again = learner.open(stage.play_url)

    assert refused == ("false", "405")
    assert answer.get_json()["divergences"] == 0
    assert again["data"]["cmi.suspend_data"] == most


def test_a_sco_that_never_calls_initialize_is_named_to_learner_and_support(staged: Callable[..., Stage]) -> None:
    said = told(staged({"one": ""}))

    assert said.kind is Kind.SILENT
    assert said.learner
    assert said.support


def test_a_sco_that_calls_nothing_but_terminate_reports_nothing(staged: Callable[..., Stage]) -> None:
    said = told(staged({"one": ""}), call(1, "LMSFinish", "", answer="false", error="301"))

    assert said.kind is not Kind.FINAL
    assert said.support


def test_of_two_tabs_the_older_is_told_and_what_it_said_is_kept(staged: Callable[..., Stage]) -> None:
    stage = staged({"one": ""})
    older, newer = Learner(stage), Learner(stage)
    older.open(stage.play_url)
    older.send(BEGUN)
    newer.open(stage.play_url)

    late = older.send(call(2, "LMSSetValue", "cmi.core.lesson_status", "completed"))
    going_on = newer.send(BEGUN)

    assert (late.status_code, late.get_json()["error"], late.get_json()["saved"]) == (410, "superseded", 2)
    assert going_on.status_code == 200
    assert judged(stage).kind is Kind.FINAL


def test_names_of_every_script_come_through(staged: Callable[..., Stage]) -> None:
    stage = staged({"größe-安全-שלום": "", "second": ""}, title="Ünïcode 🧯")
    traveller = Traveller(stage)
    opened = traveller.open(stage.play_url)

    page = traveller.get(opened["content_url"])
    answer = traveller.send(BEGUN, call(2, "LMSSetValue", "cmi.suspend_data", "שלום 🧯\u0000"))

    assert "größe-安全-שלום" in status(opened)
    assert page.status_code == 200
    assert "größe-安全-שלום" in page.text
    assert answer.get_json()["divergences"] == 0
    assert opened["title"] == "Ünïcode 🧯"


def test_a_session_of_three_hours_outlives_the_sign_out(place: Workplace, clock: FrozenClock) -> None:
    course = course_of(place)
    ann = place.signed_in("ann")
    launched = urlsplit(ann.post("/", {"enrolment": course.enrolment}, to="/launch").location)
    content = create_content_app(place.engine, place.settings, playing.on_outcome).test_client()
    origin = {"base_url": f"{launched.scheme}://{launched.netloc}"}
    opened = content.post(f"{launched.path}launch", **origin).get_json()
    ann.post("/", {}, to="/sign-out")

    answers = []
    steps = [BEGIN, put("cmi.core.lesson_location", "9"), put("cmi.core.lesson_status", "completed")]
    for seq, step in enumerate(steps, 1):
        clock.advance(timedelta(hours=1))
        calls = [call(seq, *step)]
        body = {"attempt": opened["attempt"], "epoch": 1, "first": seq, "calls": calls}
        answers.append(content.post(opened["calls_url"], json=body, **origin).status_code)

    assert ann.get("/").status_code == 302
    assert answers == [200, 200, 200]
    with place.engine.reading() as connection:
        attempt = store.attempt(connection, TRUST, opened["attempt"])
        assert verdict.judge(recorder.story(connection, attempt)).kind is Kind.FINAL
