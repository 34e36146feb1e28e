"""What an attempt at a SCO of SCORM 2004 comes to, and what its next session begins with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scorm.runtime.outcome import Completion, Success, best, outcome_of, resumption
from scorm.runtime.session import Launch, Session

LAUNCH = Launch(model="scorm2004", student_id="p-17", student_name="Okafor, Ada", total_time="PT10M")
THRESHOLDS = replace(LAUNCH, completion_threshold="0.8", scaled_passing_score="0.5")
AT = "2026-03-02T09:00:00.000Z"
NAMES = {
    "completion": "cmi.completion_status",
    "success": "cmi.success_status",
    "scaled": "cmi.score.scaled",
    "raw": "cmi.score.raw",
    "progress": "cmi.progress_measure",
    "exit": "cmi.exit",
    "time": "cmi.session_time",
    "request": "adl.nav.request",
}


def played(*, launch=LAUNCH, finish=True, **said):
    session = Session.open(launch, {})
    session.call("Initialize", [""], AT)
    for key, value in said.items():
        assert session.call("SetValue", [NAMES[key], value], AT) == ("true", "0")
    if finish:
        session.call("Terminate", [""], AT)
    return session


def came_to(session):
    outcome = outcome_of(session, None)
    return outcome.completion, outcome.success, outcome.lesson_status, outcome.final


def test_a_window_that_never_initialised_has_attempted_nothing():
    outcome = outcome_of(Session.open(LAUNCH, {}), None)

    assert (outcome.completion, outcome.success, outcome.finished) == (Completion.NOT_ATTEMPTED, Success.UNKNOWN, False)


@pytest.mark.parametrize(
    ("said", "finish", "expected"),
    [
        ({"completion": "completed"}, True, (Completion.COMPLETED, Success.UNKNOWN, "completed", True)),
        ({"completion": "completed"}, False, (Completion.COMPLETED, Success.UNKNOWN, "completed", True)),
        (
            {"completion": "completed", "success": "passed"},
            True,
            (Completion.COMPLETED, Success.PASSED, "passed", True),
        ),
        (
            {"completion": "completed", "success": "failed"},
            True,
            (Completion.COMPLETED, Success.FAILED, "failed", False),
        ),
        (
            {"completion": "incomplete", "success": "passed"},
            True,
            (Completion.INCOMPLETE, Success.PASSED, "incomplete", False),
        ),
        ({"success": "passed"}, False, (Completion.UNKNOWN, Success.PASSED, "passed", True)),
        ({"success": "passed"}, True, (Completion.COMPLETED, Success.PASSED, "passed", True)),
        ({}, False, (Completion.INCOMPLETE, Success.UNKNOWN, "incomplete", False)),
        ({}, True, (Completion.COMPLETED, Success.UNKNOWN, "completed", True)),
        ({"exit": "suspend"}, True, (Completion.INCOMPLETE, Success.UNKNOWN, "incomplete", False)),
        (
            {"completion": "not attempted"},
            True,
            (Completion.NOT_ATTEMPTED, Success.UNKNOWN, "not attempted", False),
        ),
    ],
)
def test_completion_and_success_are_two_answers_and_one_word(said, finish, expected):
    assert came_to(played(finish=finish, **said)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"progress": "0.8", "completion": "incomplete", "scaled": "0.5"}, ("completed", "passed")),
        ({"progress": "0.7", "completion": "completed", "scaled": "0.4"}, ("incomplete", "failed")),
        ({"completion": "completed", "success": "passed"}, ("completed", "unknown")),
    ],
)
def test_the_thresholds_of_the_launch_judge(said, expected):
    outcome = outcome_of(played(launch=THRESHOLDS, **said), None)

    assert (outcome.completion, outcome.success) == expected


def test_a_silent_sco_that_was_only_looked_at_is_browsed():
    session = played(launch=replace(LAUNCH, lesson_mode="browse"))

    assert outcome_of(session, None).completion is Completion.BROWSED


def test_the_score_is_the_scaled_one_as_a_percentage_or_the_raw_one():
    scaled = outcome_of(played(scaled="0.29", raw="7", progress="0.5"), None)
    raw = outcome_of(played(raw="7"), None)

    assert (scaled.score, scaled.score_scaled, scaled.score_raw, scaled.progress) == (29, 0.29, 7, 0.5)
    assert (raw.score, raw.score_scaled) == (7, None)


def test_times_add_up_in_durations():
    session = played(time="PT5M0.5S", exit="suspend")

    assert outcome_of(session, None).total_seconds == pytest.approx(900.5)
    assert resumption(session, None).total_time == "PT0H15M0.5S"


@pytest.mark.parametrize(
    ("said", "finish", "entry"),
    [
        ({"exit": "suspend"}, True, "resume"),
        ({"exit": "logout"}, True, "resume"),
        ({"request": "suspendAll"}, True, "resume"),
        ({}, False, "resume"),
        ({"exit": "normal"}, True, ""),
        ({"exit": "time-out"}, True, ""),
        ({}, True, ""),
    ],
)
def test_the_next_session_of_the_attempt_enters_as_the_last_one_left(said, finish, entry):
    assert resumption(played(finish=finish, **said), None).entry == entry


def test_the_next_session_has_the_data_but_not_the_exit_nor_the_request():
    again = resumption(played(scaled="0.5", exit="suspend", request="continue", time="PT1M"), None)

    assert again.data == {"cmi.score.scaled": "0.5"}


def test_the_next_session_reads_the_completion_that_the_server_decided():
    assert resumption(played(), None).data == {"cmi.completion_status": "completed"}


def test_neither_completion_nor_success_goes_back():
    completed = outcome_of(played(completion="completed", exit="suspend"), None)
    passed = outcome_of(played(completion="incomplete", success="passed", scaled="1"), None)

    for kept in (best(completed, passed), best(passed, completed)):
        assert (kept.completion, kept.success, kept.lesson_status) == ("completed", "passed", "passed")


def test_a_fail_after_a_pass_changes_nothing_but_the_times():
    passed = outcome_of(played(completion="completed", success="passed"), None)
    failed = outcome_of(played(completion="completed", success="failed", time="PT1M"), None)

    kept = best(passed, failed)

    assert (kept.success, kept.total_seconds) == (Success.PASSED, failed.total_seconds)
