"""SCORM 1.2: every element of the data model against every way in which a SCO may ask for it.

The table of expectations is the standard's own (RTE 1.2 3.4), written here by hand and not read from
scorm/model, so that a slip in that table shows.
"""

from __future__ import annotations

import itertools

import pytest

from scorm.session import Launch, Session

LAUNCH = Launch(
    model="scorm12",
    student_id="p-17",
    student_name="Okafor, Ada",
    launch_data="theme=dark",
    mastery_score="80",
    max_time_allowed="0001:00:00.00",
    time_limit_action="continue,message",
    total_time="0000:10:00.00",
    comments_from_lms="Take your time.",
)
AT = "2026-03-02T09:00:00.000Z"
SCORES = (("0", "100", "66.67", "", "85.", ".5"), ("-1", "100.01", "eighty", " 5", "1e1", "٣"))
TIMESPANS = (("00:00:00", "0123:59:59.99", "9999:99:99.9"), ("", "1:00:00", "00:00", "00:00:00.123", "PT1M"))
TEXT = (("", "a" * 255), ("a" * 256,))
IDENTIFIERS = (("q1", "Scene1_Slide2.MCQ/0"), ("", "two words", "x" * 256, "line\n"))
DECIMALS = (("1", "-0.5", "0.333333333333333315"), ("", "one", "0x1", "1,5"))

# element, access, what it gives before anything was set, (legal values, illegal values)
ELEMENTS = [
    ("cmi.core.student_id", "r", "p-17", None),
    ("cmi.core.student_name", "r", "Okafor, Ada", None),
    ("cmi.core.lesson_location", "rw", "", (("page 3", "é" * 1000, ""), ("x" * 1001,))),
    ("cmi.core.credit", "r", "credit", None),
    (
        "cmi.core.lesson_status",
        "rw",
        "not attempted",
        (("passed", "completed", "failed", "incomplete", "browsed"), ("not attempted", "Passed", "", "complete")),
    ),
    ("cmi.core.entry", "r", "ab-initio", None),
    ("cmi.core.score.raw", "rw", "", SCORES),
    ("cmi.core.score.min", "rw", "", SCORES),
    ("cmi.core.score.max", "rw", "", SCORES),
    ("cmi.core.total_time", "r", "0000:10:00.00", None),
    ("cmi.core.lesson_mode", "r", "normal", None),
    ("cmi.core.exit", "w", "", (("time-out", "suspend", "logout", ""), ("normal", "Suspend"))),
    ("cmi.core.session_time", "w", "", TIMESPANS),
    ("cmi.suspend_data", "rw", "", (("", "x" * 64_000, "😀" * 32_000, "a\nb\0c"), ("x" * 64_001, "😀" * 32_001))),
    ("cmi.launch_data", "r", "theme=dark", None),
    ("cmi.comments", "rw", "", (("", "Fine\n", "x" * 4096), ("x" * 4097,))),
    ("cmi.comments_from_lms", "r", "Take your time.", None),
    ("cmi.objectives.0.id", "rw", "", IDENTIFIERS),
    ("cmi.objectives.0.score.raw", "rw", "", SCORES),
    ("cmi.objectives.0.score.min", "rw", "", SCORES),
    ("cmi.objectives.0.score.max", "rw", "", SCORES),
    ("cmi.objectives.0.status", "rw", "", (("not attempted", "passed"), ("", "done"))),
    ("cmi.student_data.mastery_score", "r", "80", None),
    ("cmi.student_data.max_time_allowed", "r", "0001:00:00.00", None),
    ("cmi.student_data.time_limit_action", "r", "continue,message", None),
    ("cmi.student_preference.audio", "rw", "0", (("-1", "0", "100"), ("-2", "101", "1.5", ""))),
    ("cmi.student_preference.language", "rw", "", TEXT),
    ("cmi.student_preference.speed", "rw", "0", (("-100", "100"), ("-101", "101", "fast"))),
    ("cmi.student_preference.text", "rw", "0", (("-1", "0", "1"), ("2", "-2", ""))),
    ("cmi.interactions.0.id", "w", "", IDENTIFIERS),
    ("cmi.interactions.0.objectives.0.id", "w", "", IDENTIFIERS),
    ("cmi.interactions.0.time", "w", "", (("23:59:59", "00:00:00.5"), ("24:00:00", "9:00:00", ""))),
    ("cmi.interactions.0.type", "w", "", (("true-false", "choice", "numeric"), ("long-fill-in", "", "other"))),
    ("cmi.interactions.0.correct_responses.0.pattern", "w", "", (("a", "{a,b}", ""), ("x" * 4097,))),
    ("cmi.interactions.0.weighting", "w", "", DECIMALS),
    ("cmi.interactions.0.student_response", "w", "", (("t", "blue, green", ""), ("x" * 4097,))),
    ("cmi.interactions.0.result", "w", "", (("correct", "wrong", "neutral", "0.5"), ("incorrect", ""))),
    ("cmi.interactions.0.latency", "w", "", TIMESPANS),
]
KEYWORDS = [
    ("cmi._version", "3.4"),
    (
        "cmi.core._children",
        "student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,lesson_mode,exit,session_time",
    ),
    ("cmi.core.score._children", "raw,min,max"),
    ("cmi.objectives._children", "id,score,status"),
    ("cmi.objectives._count", "0"),
    ("cmi.student_data._children", "mastery_score,max_time_allowed,time_limit_action"),
    ("cmi.student_preference._children", "audio,language,speed,text"),
    (
        "cmi.interactions._children",
        "id,objectives,time,type,correct_responses,weighting,student_response,result,latency",
    ),
    ("cmi.interactions._count", "0"),
]
NAMES = [name for name, *_ in ELEMENTS] + [name for name, _ in KEYWORDS]
LEGAL = [(name, value) for name, _, _, values in ELEMENTS if values for value in values[0]]
ILLEGAL = [(name, value) for name, _, _, values in ELEMENTS if values for value in values[1]]
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


def short(value):
    return repr(value[:12]) + (f" and so on, {len(value)} long" if len(value) > 12 else "")


def test_the_table_names_every_element_once(model_elements):
    patterns = {name.replace(".0", ".n") for name in NAMES}
    nested = {
        "cmi.objectives.n.score._children",
        "cmi.interactions.n.objectives._count",
        "cmi.interactions.n.correct_responses._count",
    }

    assert patterns | nested == model_elements


@pytest.fixture
def model_elements():
    return set(idle().model.elements)


@pytest.mark.parametrize(("name", "expected"), [(n, d) for n, a, d, _ in ELEMENTS if "r" in a and ".0." not in n])
def test_a_readable_element_gives_what_the_launch_or_the_standard_says(name, expected):
    assert running().call("LMSGetValue", [name], AT) == (expected, "0")


@pytest.mark.parametrize("name", [n for n, a, _, _ in ELEMENTS if a == "w" and ".0." not in n])
def test_a_write_only_element_cannot_be_read(name):
    assert running().call("LMSGetValue", [name], AT) == ("", "404")


@pytest.mark.parametrize("name", [n for n, a, _, _ in ELEMENTS if a == "r"])
def test_a_read_only_element_cannot_be_set(name):
    session = running()

    answer = session.call("LMSSetValue", [name, "x"], AT)

    assert answer == ("false", "403")
    assert session.data == {}


@pytest.mark.parametrize(("name", "value"), LEGAL, ids=short)
def test_a_legal_value_is_kept(name, value):
    session = running()

    answer = session.call("LMSSetValue", [name, value], AT)

    assert answer == ("true", "0")
    assert session.data[name] == value


@pytest.mark.parametrize(("name", "value"), ILLEGAL, ids=short)
def test_an_illegal_value_is_refused_and_changes_nothing(name, value):
    session = running()

    answer = session.call("LMSSetValue", [name, value], AT)

    assert answer == ("false", "405")
    assert session.data == {}


@pytest.mark.parametrize("name", [n for n, a, _, v in ELEMENTS if a == "rw" and v])
def test_what_was_set_is_what_is_read(name):
    session = running()
    value = next(values[0][0] for element, _, _, values in ELEMENTS if element == name)
    session.call("LMSSetValue", [name, value], AT)

    assert session.call("LMSGetValue", [name], AT) == (value, "0")


@pytest.mark.parametrize(("name", "expected"), KEYWORDS)
def test_a_keyword_describes_the_model(name, expected):
    assert running().call("LMSGetValue", [name], AT) == (expected, "0")


@pytest.mark.parametrize("name", [*dict(KEYWORDS), "cmi.core.student_id._children", "cmi.made_up._count"])
def test_a_keyword_cannot_be_set(name):
    assert running().call("LMSSetValue", [name, "x"], AT) == ("false", "402")


@pytest.mark.parametrize(("at", "name"), list(itertools.product((idle, finished), NAMES)))
def test_nothing_is_read_or_set_outside_a_session(at, name):
    assert at().call("LMSGetValue", [name], AT) == ("", "301")
    assert at().call("LMSSetValue", [name, "0"], AT) == ("false", "301")


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


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("0", "No error"),
        ("101", "General exception"),
        ("201", "Invalid argument error"),
        ("202", "Element cannot have children"),
        ("203", "Element not an array. Cannot have count"),
        ("301", "Not initialized"),
        ("401", "Not implemented error"),
        ("402", "Invalid set value, element is a keyword"),
        ("403", "Element is read only"),
        ("404", "Element is write only"),
        ("405", "Incorrect data type"),
        ("999", ""),
        ("", ""),
    ],
)
def test_every_error_code_has_the_text_of_the_standard(code, text):
    assert idle().call("LMSGetErrorString", [code], AT) == (text, "0")


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
