"""What an attempt comes to, and what its next session begins with."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from scorm.runtime.outcome import Completion, Success, best, outcome_of, resumption
from scorm.runtime.session import Launch, Session

LAUNCH = Launch(model="scorm12", student_id="p-17", student_name="Okafor, Ada", total_time="0000:10:00.00")
AT = "2026-03-02T09:00:00.000Z"
STATUS, RAW, EXIT, TIME = "cmi.core.lesson_status", "cmi.core.score.raw", "cmi.core.exit", "cmi.core.session_time"


def played(*, launch=LAUNCH, finish=True, **said):
    names = {"status": STATUS, "raw": RAW, "exit": EXIT, "time": TIME}
    session = Session.open(launch, {})
    session.call("LMSInitialize", [""], AT)
    for key, value in said.items():
        assert session.call("LMSSetValue", [names[key], value], AT) == ("true", "0")
    if finish:
        session.call("LMSFinish", [""], AT)
    return session


def test_a_window_that_never_initialised_has_attempted_nothing():
    outcome = outcome_of(Session.open(LAUNCH, {}), None)

    assert outcome.lesson_status == "not attempted"
    assert outcome.completion is Completion.NOT_ATTEMPTED
    assert not outcome.finished


@pytest.mark.parametrize(
    ("said", "completion", "success", "final"),
    [
        ("passed", Completion.COMPLETED, Success.PASSED, True),
        ("completed", Completion.COMPLETED, Success.UNKNOWN, True),
        ("failed", Completion.INCOMPLETE, Success.FAILED, False),
        ("incomplete", Completion.INCOMPLETE, Success.UNKNOWN, False),
        ("browsed", Completion.BROWSED, Success.UNKNOWN, False),
    ],
)
@pytest.mark.parametrize("finish", [True, False])
def test_without_a_mastery_score_the_status_is_what_the_sco_said(said, completion, success, final, finish):
    outcome = outcome_of(played(status=said, raw="12", finish=finish), None)

    assert (outcome.lesson_status, outcome.completion, outcome.success) == (said, completion, success)
    assert outcome.final is final
    assert outcome.score_raw == 12


@pytest.mark.parametrize(
    ("said", "raw", "finish", "exit_", "status"),
    [
        ("completed", "80", True, "", "passed"),
        ("completed", "79.9", True, "", "failed"),
        ("passed", "10", True, "", "failed"),
        ("failed", "90", True, "", "passed"),
        ("incomplete", "79.9", True, "suspend", "incomplete"),
        ("incomplete", "80", False, "", "passed"),
        ("incomplete", "10", False, "", "incomplete"),
        ("passed", "10", False, "", "incomplete"),
        ("failed", "10", False, "", "failed"),
    ],
)
def test_the_mastery_score_decides_where_there_is_a_score(said, raw, finish, exit_, status):
    session = played(status=said, raw=raw, exit=exit_, finish=finish)

    assert outcome_of(session, 80).lesson_status == status


def test_a_mastery_score_without_a_score_changes_nothing():
    assert outcome_of(played(status="completed"), 80).lesson_status == "completed"


@pytest.mark.parametrize("change", [{"credit": "no-credit"}, {"lesson_mode": "review"}])
def test_the_mastery_score_is_for_credit_in_normal_mode(change):
    session = played(launch=replace(LAUNCH, **change), status="completed", raw="10")

    assert outcome_of(session, 80).lesson_status == "completed"


@pytest.mark.parametrize(
    ("said", "finish", "mode", "status"),
    [
        ({}, True, "normal", "completed"),
        ({"exit": "suspend"}, True, "normal", "incomplete"),
        ({}, False, "normal", "incomplete"),
        ({}, True, "browse", "browsed"),
    ],
)
def test_a_sco_that_never_says_a_status_is_completed_by_finishing(said, finish, mode, status):
    session = played(launch=replace(LAUNCH, lesson_mode=mode), finish=finish, **said)

    assert outcome_of(session, None).lesson_status == status


def test_time_adds_up_whether_or_not_the_sco_finished():
    assert outcome_of(played(time="00:05:00.5"), None).total_seconds == pytest.approx(900.5)
    assert outcome_of(played(time="00:05:00.5", finish=False), None).total_seconds == pytest.approx(900.5)


def test_a_window_left_open_overnight_adds_less_than_ten_hours():
    assert outcome_of(played(time="0016:00:00"), None).total_seconds == 600 + 35_999


def test_an_outcome_is_ready_for_json():
    text = json.dumps(outcome_of(played(status="passed", raw="90"), None).as_dict())

    assert json.loads(text) == {
        "completion": "completed",
        "success": "passed",
        "score_raw": 90.0,
        "score_min": None,
        "score_max": None,
        "total_seconds": 600.0,
        "lesson_status": "passed",
        "exit": "",
        "finished": True,
        "score_scaled": None,
        "progress": None,
    }


def test_a_status_never_goes_back_but_time_goes_on():
    passed = outcome_of(played(status="passed", raw="90"), None)
    again = outcome_of(played(status="incomplete", time="00:05:00", finish=False), None)

    kept = best(passed, again)

    assert (kept.lesson_status, kept.score_raw) == ("passed", 90.0)
    assert kept.total_seconds == again.total_seconds
    assert not kept.finished


def test_a_better_status_replaces_the_earlier_one():
    completed, passed = (outcome_of(played(status=said), None) for said in ("completed", "passed"))

    assert best(completed, passed) == passed


@pytest.mark.parametrize(
    ("session", "entry"),
    [
        (Session.open(LAUNCH, {}), "ab-initio"),
        (played(exit="suspend"), "resume"),
        (played(finish=False), "resume"),
        (played(), ""),
        (played(exit="logout"), ""),
    ],
    ids=["never initialised", "suspended", "closed wrongly", "finished", "logged out"],
)
def test_the_next_session_enters_as_the_last_one_left(session, entry):
    assert resumption(session, None).entry == entry


def test_the_next_session_has_the_data_and_the_time_but_not_the_exit():
    session = played(status="incomplete", time="00:05:00", exit="suspend", finish=False)
    session.call("LMSSetValue", ["cmi.suspend_data", "p=3"], AT)

    again = resumption(session, None)

    assert again.data == {STATUS: "incomplete", "cmi.suspend_data": "p=3"}
    assert again.total_time == "0000:15:00.00"


def test_the_next_session_reads_the_status_that_the_server_decided():
    assert resumption(played(status="completed", raw="10"), 80).data[STATUS] == "failed"


def test_a_sco_that_never_said_a_status_and_will_be_back_is_not_made_to_have_said_one():
    assert STATUS not in resumption(played(exit="suspend"), None).data
