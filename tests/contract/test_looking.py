"""Looking at a course on both databases: the content is answered as the books say, and no table changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.tables import metadata
from scorm import addresses
from scorm.runtime.elements import model
from scorm.runtime.launch import Launch
from scorm.runtime.session import Session
from scorm.tokens import LAUNCH_LIFE, Look, Mode
from tests import journeys
from tests.clock import FrozenClock
from tests.course import PACKAGE, TRUST, Learner, Stage, call, set_up
from tests.journeys import END, PASSED, Traveller, status


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


@pytest.fixture
def staged(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Callable[[str], Stage]]:
    with journeys.stages(database_url, tmp_path, clock) as build:
        yield build


def look_at(stage: Stage, mode: Mode, **changes: Any) -> str:
    attempt = stage.attempt.id if mode is Mode.REVIEW else ""
    issued = int(stage.engine.clock().timestamp())
    facts = {"trust": TRUST, "attempt": attempt, "mode": mode, "package": stage.attempt.package, "issued": issued}
    return addresses.look_url(stage.settings, Look(**{**facts, **changes}))


def everything(stage: Stage) -> Mapping[str, list[Any]]:
    with stage.engine.reading() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(metadata.tables[name])).all()))
            for name in ("attempts", "epochs", "calls", "course_states", "shared_states", "call_values", "divergences")
        }


def heard(opened: Mapping[str, Any]) -> Session:
    launch = Launch.from_dict(opened["launch"])
    return Session.over(model(launch.model), launch, opened["data"])


def played(stage: Stage, *calls: list[Any]) -> Learner:
    learner = Learner(stage)
    learner.open(stage.play_url)
    learner.send(call(1, "LMSInitialize", ""), *calls)
    return learner


DONE = (
    call(2, "LMSSetValue", "cmi.core.lesson_location", "4"),
    call(3, "LMSSetValue", "cmi.core.score.raw", "80"),
    call(4, "LMSSetValue", "cmi.core.lesson_status", "completed"),
    call(5, "LMSFinish", ""),
)


def test_a_review_answers_from_the_attempt_and_says_that_nothing_counts(stage: Stage) -> None:
    learner = played(stage, *DONE)

    opened = learner.open(look_at(stage, Mode.REVIEW))

    session = heard(opened)
    said = {name: session.value(f"cmi.core.{name}") for name in ("lesson_mode", "credit", "entry", "student_name")}
    assert said == {"lesson_mode": "review", "credit": "no-credit", "entry": "", "student_name": "Okafor, Ngozi"}
    assert session.value("cmi.core.lesson_location") == "4"
    assert session.value("cmi.core.score.raw") == "80"
    assert session.value("cmi.core.lesson_status") == "completed"
    assert opened["look"]
    assert "calls_url" not in opened
    assert "late_url" not in opened


def test_a_browse_names_nobody_to_the_content(stage: Stage) -> None:
    opened = Learner(stage).open(look_at(stage, Mode.BROWSE))

    session = heard(opened)
    said = {name: session.value(f"cmi.core.{name}") for name in ("lesson_mode", "credit", "entry", "student_name")}
    assert said == {"lesson_mode": "browse", "credit": "no-credit", "entry": "ab-initio", "student_name": "Visitor"}
    assert opened["data"] == {}


@pytest.mark.parametrize("mode", Mode)
def test_looking_changes_no_table(stage: Stage, mode: Mode) -> None:
    learner = played(stage, *DONE)
    before = everything(stage)

    url = look_at(stage, mode)
    page = learner.get(url.removeprefix(addresses.package_origin(stage.settings, PACKAGE)))
    opened = learner.open(url)
    file = learner.get(opened["content_url"])

    assert (page.status_code, file.status_code) == (200, 200)
    assert "recorded" in page.text
    assert everything(stage) == before


def test_a_look_speaks_for_nothing_that_records(stage: Stage) -> None:
    learner = played(stage, *DONE)
    opened = learner.open(look_at(stage, Mode.REVIEW))
    token = opened["navigate_url"].split("/")[2]
    before = everything(stage)
    late = {"attempt": stage.attempt.id, "epoch": 1, "first": 6, "calls": [call(6, "LMSInitialize", "")]}

    answers = [
        learner.post(f"/play/{token}/launch"),
        learner.post(f"/play/{token}/calls", json=late),
        learner.post(f"/play/{token}/navigate", json={}),
        learner.post(f"/late/{token}/calls", json=late),
        learner.get(f"/finish-saving/{token}"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert everything(stage) == before


def test_a_look_lives_eight_hours_at_its_own_host(stage: Stage, clock: FrozenClock) -> None:
    learner = Learner(stage)
    url = look_at(stage, Mode.BROWSE)
    opened = learner.open(url)
    elsewhere = learner.post(opened["navigate_url"], base_url="http://other.content.localhost:8000", json={})
    clock.advance(LAUNCH_LIFE * 1.01)

    late = learner.get(opened["content_url"])

    assert (elsewhere.status_code, late.status_code) == (404, 401)


def test_what_is_not_there_is_not_looked_at(stage: Stage) -> None:
    learner = Learner(stage)
    origin = addresses.package_origin(stage.settings, PACKAGE)

    gone = learner.post(look_at(stage, Mode.REVIEW, attempt="nobody's").removeprefix(origin) + "launch")
    forged = learner.post("/look/forged/launch")
    foreign = learner.post(look_at(stage, Mode.BROWSE, trust="elsewhere").removeprefix(origin) + "launch")

    assert [gone.status_code, forged.status_code, foreign.status_code] == [404, 404, 404]


def test_in_a_review_of_a_course_every_part_can_be_read(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.NEW)
    traveller = Traveller(stage)
    traveller.open(stage.play_url)
    traveller.move("continue", calls=(*PASSED, END))
    before = everything(stage)

    opened = traveller.open(look_at(stage, Mode.REVIEW))
    chosen = traveller.move("choice", "three").get_json()
    back = traveller.move("previous").get_json()

    assert (opened["course"]["playing"], status(opened)["one"]) == ("one", "Completed")
    assert heard(opened).value("cmi.success_status") == "passed"
    assert heard(opened).value("cmi.mode") == "review"
    assert chosen["course"]["playing"] == "three"
    assert [chosen["course"]["controls"][name] for name in ("previous", "continue")] == ["", "This is the last part."]
    assert heard(chosen).value("adl.nav.request_valid.previous") == "true"
    assert heard(chosen).value("adl.nav.request_valid.continue") == "false"
    assert back["course"]["playing"] == "two"
    assert everything(stage) == before


def test_in_a_browse_what_prerequisites_lock_is_open_and_nothing_has_a_status(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.OLD)
    traveller = Traveller(stage)

    opened = traveller.open(look_at(stage, Mode.BROWSE))
    locked = traveller.move("choice", "two").get_json()

    assert {line["why"] for line in opened["course"]["contents"] if line["leaf"]} == {""}
    assert set(status(opened).values()) == {"Not started"}
    assert (locked["course"]["playing"], locked["launch"]["lesson_mode"]) == ("two", "browse")


def asks(value: str) -> list[Any]:
    return call(3, "SetValue", "adl.nav.request", value)


@pytest.mark.parametrize(
    ("wish", "playing"), [("continue", "two"), ("{target=three}choice", "three"), ("{target=three}jump", "three")]
)
def test_what_the_content_asks_for_is_done(staged: Callable[[str], Stage], wish: str, playing: str) -> None:
    stage = staged(journeys.NEW)
    traveller = Traveller(stage)
    traveller.open(look_at(stage, Mode.BROWSE))

    answer = traveller.move(calls=(asks(wish),)).get_json()

    assert (answer["course"]["playing"], answer["epoch"]) == (playing, 1)


@pytest.mark.parametrize("wish", ["nonsense", "{target=nowhere}choice", "previous"])
def test_a_wish_that_leads_nowhere_changes_nothing(staged: Callable[[str], Stage], wish: str) -> None:
    stage = staged(journeys.NEW)
    traveller = Traveller(stage)
    traveller.open(look_at(stage, Mode.BROWSE, part="one"))

    answer = traveller.move(calls=(asks(wish),)).get_json()

    assert (answer["course"]["playing"], "epoch" in answer) == ("one", False)


def test_content_that_asks_to_end_ends_the_look(staged: Callable[[str], Stage]) -> None:
    stage = staged(journeys.NEW)
    traveller = Traveller(stage)
    traveller.open(look_at(stage, Mode.BROWSE))

    answer = traveller.move(calls=(asks("exitAll"),)).get_json()

    assert (answer["course"]["over"], "content_url" in answer) == (True, False)


def test_a_move_in_a_course_of_one_part_does_nothing(stage: Stage) -> None:
    traveller = Traveller(stage)
    traveller.open(look_at(stage, Mode.BROWSE))

    assert "course" not in traveller.move("continue").get_json()
