"""HACP over HTTP, on both databases: a unit is opened, reports, and comes to an outcome as a SCO does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.errors import Conflict
from scorm import calls, library, playing, store
from scorm.hacp import aicc as hacp
from scorm.hacp.aicc import Command, Reply
from scorm.packaging import package
from scorm.relays import relay
from scorm.runtime.launch import Launch
from scorm.runtime.outcome import Outcome, outcome_of
from scorm.runtime.session import Session
from tests import aicc
from tests.clock import FrozenClock
from tests.course import TRUST, Learner, Stage, call, set_up

SUSPENDED = '{"a=b": [1, 2]}\r\n\r\n[7]\r\n; no remark\r\n[Chapter 2]=é \N{GRINNING FACE}'


@dataclass(kw_only=True)
class Unit:
    """Content that speaks HACP, opened from the learner's page."""

    stage: Stage
    learner: Learner
    session: str = ""
    reports_to: str = ""

    def open(self) -> str:
        """Open the unit as the page's script does, and return where it opened."""
        page = self.learner.get(urlsplit(self.stage.play_url).path, follow_redirects=True)
        assert page.status_code == 200
        token = page.request.path.split("/")[2]
        url = self.learner.post(f"/unit/{token}/open", headers={"Accept": "application/json"}).get_json()["url"]
        self.session, self.reports_to = aicc.told_at(url)
        return str(url)

    def say(self, command: Command, data: str = "", password: str = "", session: str | None = None) -> Reply:
        """Send a message, and return what was answered."""
        return self.send(aicc.said(command, self.session if session is None else session, data, password))

    def send(self, body: bytes) -> Reply:
        """Send any bytes as a message."""
        answer = self.learner.post(urlsplit(self.reports_to).path, data=body, content_type="text/plain")
        assert answer.status_code == 200, answer.text
        return hacp.reply(answer.text)

    def read(self) -> dict[str, str]:
        """Return the groups that GetParam gives."""
        return hacp.aicc_tables.groups(self.say(Command.GET_PARAM).data)

    def core(self) -> dict[str, str]:
        """Return the keys of the group Core."""
        return hacp.aicc_tables.keys(self.read()["core"])

    def log(self, epoch: int = 1) -> list[tuple[str, ...]]:
        """Return the calls of a window: function, arguments, error."""
        key = {"trust": TRUST, "attempt": self.stage.attempt.id, "epoch": epoch}
        with self.stage.engine.reading() as connection:
            return [(one.fn, *one.args, one.error) for one in calls.read(connection, key)]


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock)
    yield built
    built.engine.database.dispose()


def at_a_unit(stage: Stage, folder: Path, files: dict[str, bytes]) -> Unit:
    imported = package.read(aicc.zipped(folder / "course.zip", files), stage.settings.blobs)
    with stage.engine.transaction() as tx:
        library.add(tx.connection, TRUST, imported, tx.now)
        stage.attempt = replace(stage.attempt, id="attempt-2", package=imported.hash, sco="A1")
        store.add_attempt(tx.connection, stage.attempt)
    return Unit(stage=stage, learner=Learner(stage))


@pytest.fixture
def unit(stage: Stage, tmp_path: Path) -> Unit:
    built = at_a_unit(stage, tmp_path, aicc.hosted_elsewhere())
    built.open()
    return built


def outcome(stage: Stage) -> Outcome:
    found = stage.stored().outcome
    assert found
    return found


def params(**core: str) -> str:
    return "[Core]\r\n" + "".join(f"{name}={value}\r\n" for name, value in core.items())


def test_a_course_hosted_elsewhere_is_opened_there_with_a_session_and_an_address(stage: Stage, tmp_path: Path) -> None:
    url = at_a_unit(stage, tmp_path, aicc.hosted_elsewhere()).open()

    session, reports_to = aicc.told_at(url)
    assert url.startswith("https://learning.example/fire/start.aspx?module=7&AICC_SID=")
    assert len(session) >= 43
    assert reports_to.endswith(".content.localhost:8000/hacp")


def test_a_course_of_our_own_is_opened_below_the_launch_token(stage: Stage, tmp_path: Path) -> None:
    unit = at_a_unit(stage, tmp_path, aicc.course())

    url = unit.open()

    assert "/fire/start.html?mode=full&AICC_SID=" in url
    assert unit.learner.get(urlsplit(url).path).data == aicc.FILES["fire/start.html"]
    assert unit.core()["student_name"] == "Okafor, Ngozi"


def test_the_page_says_where_the_course_is_and_its_button_goes_there(stage: Stage, tmp_path: Path) -> None:
    unit = at_a_unit(stage, tmp_path, aicc.hosted_elsewhere())
    page = unit.learner.get(urlsplit(stage.play_url).path, follow_redirects=True)

    pressed = unit.learner.post(page.request.path + "open")

    assert "This course is at learning.example" in page.text
    assert "form-action 'self' https://learning.example" in page.headers["Content-Security-Policy"]
    assert (pressed.status_code, urlsplit(pressed.location).netloc) == (303, "learning.example")
    assert stage.stored().epoch == 1


def test_a_page_that_is_only_looked_at_opens_nothing(stage: Stage, tmp_path: Path) -> None:
    unit = at_a_unit(stage, tmp_path, aicc.hosted_elsewhere())

    unit.learner.get(urlsplit(stage.play_url).path, follow_redirects=True)

    assert stage.stored().epoch == 0


def test_content_is_told_who_learns_and_that_it_is_the_first_time(unit: Unit) -> None:
    groups = unit.read()

    assert hacp.aicc_tables.keys(groups["core"]) == {
        "student_id": "ngozi",
        "student_name": "Okafor, Ngozi",
        "lesson_location": "",
        "credit": "credit",
        "lesson_status": "not attempted, ab-initio",
        "score": "",
        "time": "00:00:00",
        "lesson_mode": "normal",
    }
    assert hacp.aicc_tables.keys(groups["student_data"])["mastery_score"] == "80"


def test_what_content_put_it_gets_back_in_the_next_window_to_the_last_character(unit: Unit) -> None:
    unit.say(Command.GET_PARAM)
    unit.say(
        Command.PUT_PARAM, f"[Core_Lesson]\r\n{SUSPENDED}\r\n[CORE]\r\nLesson_Status=I,S\r\nlesson_LOCATION=p=7\r\n"
    )
    unit.say(Command.PUT_PARAM, params(Time="1:02:03"))
    unit.say(Command.EXIT_AU)

    unit.open()

    core, groups = unit.core(), unit.read()
    assert groups["core_lesson"] == SUSPENDED
    assert (core["lesson_location"], core["lesson_status"], core["time"]) == ("p=7", "incomplete, resume", "01:02:03")


def test_a_result_counts_before_content_is_left(unit: Unit, stage: Stage) -> None:
    unit.say(Command.GET_PARAM)

    answer = unit.say(Command.PUT_PARAM, params(Lesson_Status="C", Score="85,100,0"))

    assert (answer.error, answer.text) == (0, "Successful")
    assert [(one.lesson_status, one.score_raw) for _, one in stage.told] == [("incomplete", None), ("passed", 85.0)]


def test_each_message_is_in_the_flight_recorder_as_the_calls_that_say_the_same(unit: Unit) -> None:
    unit.say(Command.GET_PARAM)
    unit.say(Command.PUT_PARAM, params(Lesson_Status="P,L", Score="90", Time="00:10:00", Colour="red"))
    unit.say(Command.EXIT_AU)

    log = unit.log()
    reads = [one[:2] for one in log[1:5]]
    assert log[0] == ("LMSInitialize", "", "0")
    assert reads[0] == ("LMSGetValue", "cmi.core.lesson_status")
    assert log[5:] == [
        ("LMSSetValue", "cmi.core.score.raw", "90", "0"),
        ("LMSSetValue", "cmi.core.session_time", "0000:10:00", "0"),
        ("LMSSetValue", "cmi.core.exit", "logout", "0"),
        ("LMSSetValue", "cmi.core.lesson_status", "passed", "0"),
        ("LMSSetValue", "aicc.core.colour", "red", "401"),
        ("LMSCommit", "", "0"),
        ("LMSFinish", "", "0"),
    ]
    with unit.stage.engine.reading() as connection:
        seen = playing.as_of(connection, TRUST, "attempt-2", 1, 6)
    assert seen.value("cmi.core.lesson_status") == "not attempted"


def test_a_message_before_get_param_begins_the_session(unit: Unit, stage: Stage) -> None:
    unit.say(Command.PUT_PARAM, params(Lesson_Status="passed"))

    assert outcome(stage).lesson_status == "passed"


def test_a_result_that_overtook_its_exit_is_not_lost(unit: Unit, stage: Stage) -> None:
    unit.say(Command.GET_PARAM)
    unit.say(Command.EXIT_AU)

    late = unit.say(Command.PUT_PARAM, params(Lesson_Status="passed", Score="95"))

    assert late.error == 0
    assert (outcome(stage).lesson_status, outcome(stage).finished, stage.stored().epoch) == ("passed", True, 1)


def test_the_same_message_twice_says_the_same_once(unit: Unit, stage: Stage) -> None:
    interaction = (
        '"date","time","interaction_id","type_interaction","student_response","result"\r\n'
        '"2026/11/22","9:00:00","Q1","C","a","C"\r\n'
    )
    for _ in range(2):
        unit.say(Command.PUT_PARAM, params(Lesson_Status="I", Time="00:05:00") + "[Comments]\r\nToo long\r\n")
        unit.say(Command.PUT_INTERACTIONS, interaction)
        unit.say(Command.PUT_OBJECTIVES, "c,s,l,2026/11/22,9:00:00,O1,80,P\r\n")
    unit.say(Command.EXIT_AU)
    unit.say(Command.EXIT_AU)

    with stage.engine.reading() as connection:
        data = playing.as_of(connection, TRUST, "attempt-2", 1, 100).data
    assert data["cmi.comments"] == "Too long"
    assert [name for name in data if name.endswith(".id")] == ["cmi.interactions.0.id", "cmi.objectives.0.id"]
    assert (data["cmi.interactions.0.type"], data["cmi.interactions.0.result"]) == ("choice", "correct")
    assert outcome(stage).total_seconds == 300
    assert outcome(stage).lesson_status == "incomplete"


def test_content_that_never_says_how_it_went_is_not_completed(unit: Unit, stage: Stage) -> None:
    unit.say(Command.GET_PARAM)
    unit.say(Command.EXIT_AU)

    with stage.engine.reading() as connection:
        left_open = store.running_of(connection, TRUST, "ngozi")

    assert (outcome(stage).lesson_status, outcome(stage).finished, left_open) == ("incomplete", True, [])


def test_a_page_that_is_loaded_again_goes_on_under_the_same_session(unit: Unit, stage: Stage) -> None:
    unit.say(Command.GET_PARAM)
    unit.say(Command.PUT_PARAM, params(Lesson_Status="I,S", Lesson_Location="3", Time="00:05:00"))
    unit.say(Command.EXIT_AU)

    again = unit.core()
    unit.say(Command.PUT_PARAM, params(Lesson_Status="C", Time="00:01:00"))

    assert (again["lesson_location"], again["lesson_status"], again["time"]) == ("3", "incomplete, resume", "00:05:00")
    assert (stage.stored().epoch, outcome(stage).total_seconds) == (2, 360)


def test_an_older_window_raises_the_status_and_takes_nothing_over(unit: Unit, stage: Stage) -> None:
    older = unit.session
    unit.say(Command.GET_PARAM)
    unit.say(Command.EXIT_AU)
    unit.open()
    unit.say(Command.PUT_PARAM, params(Lesson_Location="9"))

    unit.say(Command.GET_PARAM, session=older)
    unit.say(Command.PUT_PARAM, params(Lesson_Status="C", Lesson_Location="2"), session=older)

    assert (outcome(stage).lesson_status, stage.stored().epoch) == ("completed", 2)
    assert unit.core()["lesson_location"] == "9"


def test_a_session_that_is_none_is_refused_in_its_own_words(unit: Unit) -> None:
    answers = [unit.say(Command.PUT_PARAM, session=session) for session in ("", "guess", unit.session[:-1])]

    assert {(one.error, one.text) for one in answers} == {(3, "Invalid session ID")}


def test_a_session_is_worth_nothing_at_another_host(unit: Unit) -> None:
    body = aicc.said(Command.GET_PARAM, unit.session)

    answer = unit.learner.post("/hacp", data=body, base_url="http://0123456789abcdef.content.localhost:8000")

    assert hacp.reply(answer.text).error == 3


def test_reading_ends_eight_hours_after_the_last_use_and_reporting_after_thirty_days(
    unit: Unit, clock: FrozenClock
) -> None:
    unit.say(Command.GET_PARAM)
    clock.advance(timedelta(hours=9))
    reading, reporting = unit.say(Command.GET_PARAM), unit.say(Command.PUT_PARAM, params(Lesson_Status="C"))
    clock.advance(timedelta(days=31))

    assert (reading.error, reporting.error) == (3, 0)
    assert unit.say(Command.PUT_PARAM).error == 3


def test_a_session_does_not_say_more_than_it_may(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scorm.aicc_sessions.MOST_CALLS", 5)
    unit.say(Command.GET_PARAM)

    assert unit.say(Command.PUT_PARAM, params(Lesson_Status="C")).error == 3


def test_a_password_is_looked_at_where_content_says_one(stage: Stage, tmp_path: Path) -> None:
    unit = at_a_unit(stage, tmp_path, aicc.hosted_elsewhere(password="sesame"))
    unit.open()

    errors = [unit.say(Command.GET_PARAM, password=said).error for said in ("", "sesame", "open")]

    assert errors == [0, 0, 2]


def test_a_command_that_is_none_is_refused(unit: Unit) -> None:
    body = aicc.said(Command.GET_PARAM, unit.session).replace(b"GetParam", b"FormatDisk")

    assert unit.send(body).error == 1


def test_a_message_may_shout_and_be_written_in_an_old_encoding(unit: Unit) -> None:
    data = "%5Bcore%5D%0ALESSON_location%3Dcaf%E9%0A"
    body = f"COMMAND=PUTPARAM&VERSION=2.0&SESSION_ID={unit.session}&AICC_DATA={data}".encode()

    unit.send(body)

    assert unit.core()["lesson_location"] == "café"


def test_leaving_in_one_message_puts_and_exits(unit: Unit, stage: Stage) -> None:
    unit.say(Command.EXIT_PARAM, params(Lesson_Status="C"))

    assert (outcome(stage).lesson_status, outcome(stage).finished) == ("completed", True)


def test_a_message_that_cannot_be_saved_now_is_no_success(unit: Unit, stage: Stage) -> None:
    stage.fault = Conflict()
    refused = unit.learner.post("/hacp", data=aicc.said(Command.PUT_PARAM, unit.session, params(Lesson_Status="C")))
    stage.fault = None

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert unit.say(Command.PUT_PARAM, params(Lesson_Status="C")).error == 0
    assert outcome(stage).lesson_status == "completed"


def test_content_of_any_origin_may_report(unit: Unit) -> None:
    asked: Any = unit.learner._client.options("/hacp", base_url=unit.reports_to.removesuffix("/hacp"))

    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Access-Control-Allow-Credentials" not in asked.headers


def test_the_session_of_a_unit_is_no_key_of_a_player(unit: Unit) -> None:
    unit.say(Command.GET_PARAM)
    batch = {"attempt": "attempt-2", "epoch": 1, "first": 6, "calls": [call(6, "LMSFinish", "")]}

    assert unit.learner.post(f"/late/{unit.session}/calls", json=batch).status_code == 404


def test_what_the_adapter_reports_is_taken(unit: Unit, stage: Stage) -> None:
    opening = relay.told(unit.say(Command.GET_PARAM).data)
    session = Session.open(Launch(model="scorm12", student_id="x", student_name="y"), {})
    for fn, *args in (
        ("LMSInitialize", ""),
        ("LMSSetValue", "cmi.suspend_data", SUSPENDED),
        ("LMSSetValue", "cmi.core.score.raw", "85"),
        ("LMSSetValue", "cmi.core.session_time", "00:10:00"),
        ("LMSSetValue", "cmi.objectives.0.id", "o1"),
    ):
        session.call(fn, args, "2026-11-22T09:00:00.000Z")

    unit.say(Command.PUT_PARAM, relay.report(outcome_of(session, 80), relay.in_session(session, running=False), 0))

    assert (opening.student_id, opening.data) == ("ngozi", {})
    assert (outcome(stage).lesson_status, outcome(stage).score_raw, outcome(stage).total_seconds) == ("passed", 85, 600)
    unit.say(Command.EXIT_AU)
    assert relay.told(unit.say(Command.GET_PARAM).data).data["cmi.suspend_data"] == SUSPENDED
