"""Why an attempt came to what it came to: one row a case, judged from the calls that a course made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from scorm.runtime import elements
from scorm.runtime.outcome import best, outcome_of
from scorm.runtime.session import Call, Launch, Session
from scorm.runtime.story import Evidence, Story, Window, full
from scorm.runtime.values import number
from scorm.runtime.verdict import Kind, judge
from scorm.runtime.vocabulary import VOCABULARIES

STATUS, RAW, EXIT = "cmi.core.lesson_status", "cmi.core.score.raw", "cmi.core.exit"
BEGIN, END = ("LMSInitialize", ""), ("LMSFinish", "")
OPENED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def put(element: str, value: str) -> tuple[str, str, str]:
    return ("LMSSetValue", element, value)


def at(seq: int) -> str:
    return f"2026-11-22T09:{seq:02}:00.000Z"


@dataclass
class Played:
    """A window as a course played it, call by call."""

    calls: tuple[tuple[str, ...], ...] = ()
    mastery: str = ""
    mode: str = "normal"
    opening: dict[str, str] = field(default_factory=dict)

    def window(self, place: int) -> Window:
        launch = Launch(
            model="scorm12", student_id="ngozi", student_name="N", mastery_score=self.mastery, lesson_mode=self.mode
        )
        session = Session.open(launch, self.opening)
        said = []
        for seq, (fn, *args) in enumerate(self.calls, 1):
            answer, error = session.call(fn, args, at(seq))
            said.append(Call(seq=seq, at=at(seq), fn=fn, args=tuple(args), answer=answer, error=error))
        return Window(number=place, opened_at=OPENED, session=session, seq=len(said), calls=tuple(said))


def told(*played: Played) -> Story:
    windows = [one.window(place) for place, one in enumerate(played, 1)]
    outcome = None
    for one in windows:
        if one.seq:
            now = outcome_of(one.session, number(one.session.launch.mastery_score))
            outcome = best(outcome, now) if outcome else now
    return Story(windows=windows, outcome=outcome)


def playing(*calls: tuple[str, ...], mastery: str = "", mode: str = "normal", **opening: str) -> Played:
    named = {"status": STATUS, "raw": RAW}
    return Played(calls, mastery, mode, {named[key]: value for key, value in opening.items()})


@pytest.mark.parametrize(
    ("kind", "answer", "windows"),
    [
        (Kind.NEVER_OPENED, "has not been opened yet", []),
        (Kind.SILENT, "nothing that it said has arrived", [playing()]),
        (Kind.NEVER_INITIALISED, "never called LMSInitialize", [playing(put(STATUS, "completed"), END)]),
        (Kind.NOT_FOR_CREDIT, "the mode “review”", [playing(BEGIN, put(STATUS, "incomplete"), END, mode="review")]),
        (Kind.NOT_FOR_CREDIT, "the mode “browse”", [playing(BEGIN, END, mode="browse")]),
        (Kind.OPEN, "closed before its last calls arrived", [playing(BEGIN)]),
        (Kind.OPEN, "Finish saving", [playing(BEGIN, put(STATUS, "incomplete"), put(EXIT, "suspend"))]),
        (
            Kind.BELOW_PASS_MARK,
            "The score is 60 and the pass mark is 80.",
            [playing(BEGIN, put(RAW, "60"), put(STATUS, "failed"), END, mastery="80")],
        ),
        (
            Kind.BELOW_PASS_MARK,
            "The score is 60 and the pass mark is 80.",
            [playing(BEGIN, put(RAW, "60"), put(STATUS, "completed"), mastery="80")],
        ),
        (Kind.FAILED, "reported “failed”", [playing(BEGIN, put(STATUS, "failed"), END)]),
        (
            Kind.REFUSED,
            "SCORM 1.2 does not have",
            [playing(BEGIN, put(STATUS, "Complete"), put(EXIT, "suspend"), END)],
        ),
        (
            Kind.SUSPENDED_SILENT,
            "(cmi.core.exit=suspend), and it never set a status",
            [playing(BEGIN, put(EXIT, "suspend"), END)],
        ),
        (
            Kind.SUSPENDED,
            "the status is “incomplete”",
            [playing(BEGIN, put(STATUS, "incomplete"), put(EXIT, "suspend"), END)],
        ),
        (
            Kind.SUSPENDED,
            "the status is “incomplete”",
            [playing(BEGIN, put(EXIT, "suspend"), put(RAW, "60"), END, mastery="80", status="incomplete")],
        ),
        (Kind.ENDED, "ended, and the status is “incomplete”", [playing(BEGIN, put(STATUS, "incomplete"), END)]),
        (Kind.ENDED, "the status is “browsed”", [playing(BEGIN, put(STATUS, "browsed"), END)]),
        (Kind.FINAL, "“completed” in call 2 of window 1", [playing(BEGIN, put(STATUS, "completed"))]),
        (Kind.FINAL, "“completed” in call 2 of window 1", [playing(BEGIN, END)]),
        (
            Kind.FINAL,
            "“passed” in call 3 of window 2",
            [
                playing(BEGIN, put(RAW, "60"), put(EXIT, "suspend"), END, mastery="80"),
                playing(BEGIN, put(STATUS, "incomplete"), put(RAW, "85"), put(RAW, "90"), mastery="80"),
                playing(),
            ],
        ),
        (
            Kind.SUSPENDED,
            "suspend",
            [playing(BEGIN, put(STATUS, "incomplete"), put(EXIT, "suspend"), END), playing()],
        ),
    ],
)
def test_each_case_has_its_answer_and_says_what_can_be_done(kind, answer, windows):
    verdict = judge(told(*windows))

    assert verdict.kind is kind
    assert answer in verdict.answer
    assert verdict.learner
    assert verdict.support


def test_the_facts_say_what_was_set_with_the_call_that_did_it():
    calls = [BEGIN, put(STATUS, "incomplete"), put(STATUS, "Done"), put(RAW, "60"), put(EXIT, "suspend"), END]

    facts = judge(told(playing(*calls, mastery="80"))).facts

    assert [(one.sentence, one.evidence[0].call) for one in facts] == [
        ("The course began.", 1),
        ("The status that it set last is “incomplete”.", 2),
        ("It tried to set cmi.core.lesson_status to “Done”, and was refused (error 405).", 3),
        ("The score is 60, and the pass mark is 80.", 4),
        ("How it left: cmi.core.exit=suspend.", 5),
        ("It ended properly (LMSFinish).", 6),
    ]


def test_a_window_after_the_last_one_that_was_heard_is_a_fact_of_its_own():
    facts = judge(told(playing(BEGIN, END, status="incomplete"), playing())).facts

    assert facts[-1].evidence == (Evidence(window=2, call=0, at=OPENED.isoformat()),)
    assert "LMSInitialize was never called" in facts[-1].sentence


@pytest.mark.parametrize(
    ("played", "sentence"),
    [
        (playing(BEGIN, END, status="incomplete"), "It set no status this time; “incomplete” stands from before."),
        (playing(BEGIN), "It never set a status."),
        (playing(BEGIN), "It has not ended: LMSFinish was not called, or that call has not arrived."),
        (playing(BEGIN, mastery="80"), "The pass mark is 80, and no score was set."),
        (playing(BEGIN, put(RAW, "60")), "The score is 60; the package names no pass mark."),
        (playing(BEGIN, put(EXIT, "")), "How it left: cmi.core.exit=(empty)."),
    ],
)
def test_what_is_missing_is_said_too(played, sentence):
    assert sentence in [one.sentence for one in judge(told(played)).facts]


def test_where_the_calls_are_forgotten_the_answer_stands_without_them():
    window = playing(BEGIN, put(STATUS, "completed")).window(1)
    bare = Window(number=1, opened_at=OPENED, session=window.session, seq=window.seq, calls=())

    verdict = judge(Story(windows=[bare], outcome=outcome_of(window.session, None)))

    assert verdict.answer.startswith("The course came to “completed”, and")


def test_what_a_browser_lies_about_is_never_taken_for_a_number():
    window = playing(BEGIN, put(STATUS, "passed"), mastery="80").window(1)
    lie = Call(seq=1, at=at(1), fn="LMSSetValue", args=(RAW, "plenty"), answer="true", error="0")
    said = Window(number=1, opened_at=OPENED, session=window.session, seq=2, calls=(lie, *window.calls))

    verdict = judge(Story(windows=[said], outcome=outcome_of(playing(BEGIN, END).window(1).session, None)))

    assert verdict.kind is Kind.FINAL


@pytest.mark.parametrize(("raw", "most", "reached"), [("100", "", True), ("99", "", False), ("20", "20", True)])
def test_a_full_score_is_the_highest_that_the_course_names_else_a_hundred(raw, most, reached):
    highest = [put("cmi.core.score.max", most)] if most else []

    assert full(playing(BEGIN, *highest, put(RAW, raw)).window(1)) is reached


def test_no_score_is_no_full_score():
    assert not full(playing(BEGIN).window(1))


@pytest.mark.parametrize("model", elements.MODELS)
def test_the_vocabulary_names_elements_that_the_model_has(model):
    words, table = VOCABULARIES[model], elements.model(model)

    named = {*words.telling, *words.done.values(), words.failed[0], words.pass_mark, words.most or words.score}
    assert named <= set(table.elements)
    assert {words.function(verb) for verb in ("initialise", "finish", "set")} <= set(table.functions)


def test_a_verdict_is_ready_for_json():
    assert judge(told(playing(BEGIN))).as_dict()["facts"][0] == {
        "sentence": "The course began.",
        "evidence": ({"window": 1, "call": 1, "at": at(1)},),
    }


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        (Kind.SUSPENDED_SILENT, "(cmi.exit=suspend), and it never set a status", {"cmi.exit": "suspend"}),
        (
            Kind.SUSPENDED,
            "the status is “incomplete and unknown”",
            {"cmi.completion_status": "incomplete", "cmi.success_status": "unknown", "cmi.exit": "suspend"},
        ),
        (Kind.BELOW_PASS_MARK, "The score is 0.6 and the pass mark is 0.8.", {"cmi.score.scaled": "0.6"}),
        (Kind.FAILED, "reported “failed”", {"cmi.success_status": "failed"}),
    ],
)
def test_scorm_2004_is_judged_by_its_own_names(kind, answer, said):
    mark = "0.8" if kind is Kind.BELOW_PASS_MARK else ""
    launch = Launch(model="scorm2004", student_id="n", student_name="N", scaled_passing_score=mark)
    session = Session.open(launch, {})
    calls = [("Initialize", ""), *(("SetValue", *one) for one in said.items()), ("Terminate", "")]
    made = []
    for seq, (fn, *args) in enumerate(calls, 1):
        answered, error = session.call(fn, args, at(seq))
        made.append(Call(seq=seq, at=at(seq), fn=fn, args=tuple(args), answer=answered, error=error))
    window = Window(number=1, opened_at=OPENED, session=session, seq=len(made), calls=made)

    verdict = judge(Story(windows=[window], outcome=None))

    assert verdict.kind is kind
    assert answer in verdict.answer
    assert "It ended properly (Terminate)." in [one.sentence for one in verdict.facts]
