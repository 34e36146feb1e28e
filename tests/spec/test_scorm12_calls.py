"""SCORM 1.2: names that point nowhere, the order of a session, arguments and errors (RTE 1.2 3.3)."""

from __future__ import annotations

import pytest

from scorm.runtime.session import Session
from tests.scorm_book12 import LAUNCH

AT = "2026-03-02T09:00:00.000Z"
EMPTY_ARGUMENT = ("LMSInitialize", "LMSFinish", "LMSCommit")


def idle():
    return Session.open(LAUNCH, {})


def running():
    session = idle()
    session.call("LMSInitialize", [""], AT)
    return session


def finished():
    session = running()
    session.call("LMSFinish", [""], AT)
    return session


@pytest.mark.parametrize(
    ("name", "get", "put"),
    [
        ("", "201", "201"),
        ("cmi", "201", "201"),
        ("cmi.core", "201", "201"),
        ("cmi.core.score", "201", "201"),
        ("cmi.objectives", "201", "201"),
        ("cmi.objectives.0", "201", "201"),
        ("cmi.core.favourite_colour", "401", "401"),
        ("cmi.completion_status", "401", "401"),
        ("CMI.core.exit", "401", "401"),
        ("cmi.core.0", "401", "401"),
        ("cmi.objectives.n.id", "401", "401"),
        ("cmi.objectives.00.id", "201", "0"),
        ("cmi.objectives.-1.id", "401", "401"),
        ("cmi.objectives.9999999999.id", "401", "401"),
        ("xyz.score.result", "401", "401"),
        ("cmi.core.student_id._children", "202", "402"),
        ("cmi.launch_data._children", "202", "402"),
        ("cmi.core.student_id._count", "203", "402"),
        ("cmi.core._count", "203", "402"),
        ("cmi.made_up._children", "401", "402"),
        ("cmi.objectives.0.status", "201", "405"),
        ("cmi.objectives.1.status", "201", "201"),
        ("cmi.interactions.0.objectives.1.id", "201", "201"),
        ("cmi.interactions.0.id", "201", "0"),
        ("cmi.objectives.5000.id", "201", "201"),
    ],
)
def test_a_name_that_points_nowhere_says_how(name, get, put):
    assert running().call("LMSGetValue", [name], AT)[1] == get
    assert running().call("LMSSetValue", [name, "x"], AT)[1] == put


@pytest.mark.parametrize(
    ("at", "fn", "answer", "error"),
    [
        (idle, "LMSInitialize", "true", "0"),
        (idle, "LMSCommit", "false", "301"),
        (idle, "LMSFinish", "false", "301"),
        (running, "LMSInitialize", "false", "101"),
        (running, "LMSCommit", "true", "0"),
        (running, "LMSFinish", "true", "0"),
        (finished, "LMSInitialize", "false", "101"),
        (finished, "LMSCommit", "false", "301"),
        (finished, "LMSFinish", "false", "301"),
    ],
)
def test_the_session_goes_from_initialise_to_finish_once(at, fn, answer, error):
    assert at().call(fn, [""], AT) == (answer, error)


@pytest.mark.parametrize(("at", "fn"), [(idle, "LMSInitialize"), (running, "LMSCommit"), (running, "LMSFinish")])
def test_an_argument_where_the_empty_string_belongs_is_refused(at, fn):
    session = at()
    before = session.state

    assert session.call(fn, ["null"], AT) == ("false", "201")
    assert session.state is before


@pytest.mark.parametrize("fn", EMPTY_ARGUMENT)
def test_a_missing_argument_is_the_empty_string_and_one_too_many_is_dropped(fn):
    at = idle if fn == "LMSInitialize" else running

    assert at().call(fn, [], AT) == ("true", "0")
    assert at().call(fn, ["", "more"], AT) == ("true", "0")


@pytest.mark.parametrize("at", [idle, running, finished])
def test_asking_about_the_last_error_does_not_change_it(at):
    session = at()
    session.call("LMSSetValue", ["cmi.core.student_id", "x"], AT)
    error = session.error

    assert session.call("LMSGetLastError", [], AT) == (error, error)
    assert session.call("LMSGetErrorString", ["0"], AT) == ("No error", error)
    assert session.call("LMSGetDiagnostic", [""], AT)[1] == error
    assert session.call("LMSGetLastError", [], AT) == (error, error)


def test_a_success_clears_the_last_error():
    session = running()
    session.call("LMSGetValue", ["cmi.core.exit"], AT)

    session.call("LMSGetValue", ["cmi.core.student_id"], AT)

    assert session.call("LMSGetLastError", [], AT) == ("0", "0")
