"""Each fault that the model checks look for, planted in a small sound bundle and seen by name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from engine.checking.correspondence import correspondence
from engine.checking.findings import Finding, Severity
from engine.checking.soundness import check
from engine.effects import Ask, Close, Effect, Fire, Schedule, Start
from engine.letters import Letter, Recipient
from engine.machine import Case, Guard, Notice, nothing
from engine.timing import timers
from engine.wording import notices
from tests.loans import (
    LOAN,
    QUESTION,
    STEPS,
    THANKS,
    Loan,
    Turn,
    bundle,
    found,
    letter,
    opened,
    subject,
    told,
    with_step,
)


def test_nothing_is_found_in_a_sound_bundle():
    assert found(bundle()) == {}
    assert found(bundle(), Severity.WARNING) == {}
    assert found(bundle(), Severity.NOTE) == {"(table)": "Subjects may rest in: back, refused."}


def test_a_dead_end_is_named():
    wrong = replace(LOAN, finals=(Loan.BACK,))

    assert found(bundle(wrong)) == {"refused": "A dead end: nothing leads out of it, and it is not final."}


def test_a_trap_is_named():
    steps = (replace(STEPS["refuse"], target=Loan.LENT), replace(STEPS["return"], target=Loan.ASKED))
    looped = replace(LOAN, steps=(STEPS["ask"], STEPS["lend"], STEPS["remind"], *steps))

    assert found(bundle(looped)) == {
        "asked": "A trap: no final state can be reached from it.",
        "lent": "A trap: no final state can be reached from it.",
        "back": "Nothing leads to this state.",
        "refused": "Nothing leads to this state.",
    }


def test_a_table_without_a_final_state_is_named():
    assert found(bundle(replace(LOAN, finals=())))["(table)"] == "No state is declared as one to rest in."


def test_a_state_that_nothing_leads_to_is_named():
    wrong = with_step("refuse", target=Loan.BACK)

    assert found(bundle(wrong)) == {"refused": "Nothing leads to this state."}


def test_a_step_of_the_system_that_nothing_fires_is_named():
    wrong = with_step("refuse", by=(), answer=False)

    assert found(bundle(wrong)) == {
        "refuse": "Only the system may take it, and nothing ever fires “refuse”.",
        "refused": "Nothing leads to this state.",
    }


def test_scheduled_work_counts_as_what_fires_a_step():
    def nightly() -> Turn:
        return Turn.REFUSE

    wrong = with_step("refuse", by=(), answer=False)

    assert found(bundle(wrong, roots=(nightly,))) == {}


def test_a_name_given_twice_and_a_trigger_of_no_step_are_named():
    wrong = with_step("refuse", id="lend", trigger=Turn.LEND)

    assert found(bundle(wrong)) == {
        "lend": "Several steps bear this name.",
        "refuse": "No step has this trigger.",
    }


def test_a_question_without_answers_is_named():
    steps = tuple(replace(step, answer=False) for step in LOAN.steps)

    assert found(bundle(replace(LOAN, steps=steps))) == {"asked": "It asks a question that has no answers."}


def test_an_answer_without_a_question_is_named():
    assert found(bundle(replace(LOAN, questions={}))) == {"asked": "It has answers, but asks no question."}


def test_a_question_that_ends_by_an_undeclared_step_is_named():
    wrong = replace(LOAN, questions={Loan.ASKED: replace(QUESTION, lapse=Turn.RETURN)})

    assert found(bundle(wrong)) == {"asked": "Its question ends by “return”, which no step declares."}


def test_an_effect_without_a_handler_is_named():
    wrong = bundle(handlers={Schedule: timers.schedule, Ask: opened, Close: opened})

    assert found(wrong) == {"return": "It asks for Unschedule, which has no handler."}


@pytest.mark.parametrize(
    "effect",
    [
        lambda case: [Fire(subject=subject(case), trigger="BURN")],
        lambda _case: [Start(kind="loan", trust="trust", trigger="BURN")],
    ],
)
def test_a_trigger_that_no_workflow_declares_is_named(effect):
    wrong = with_step("refuse", effects=effect)

    assert found(bundle(wrong)) == {"refuse": "It fires “BURN” of “loan”, which no workflow declares."}


def test_a_timer_that_outlives_its_reason_is_named():
    wrong = with_step("return", effects=nothing)

    assert found(bundle(wrong)) == {
        "return": "The timer for “remind” is still set in back, where nothing is declared for it."
    }


def test_a_notice_without_a_template_is_named():
    nameless = Notice(
        "LRN-99-nothing", lambda case: [letter(case, Recipient(name="A", email="a@b.example"), "LRN-99-nothing")]
    )
    wrong = with_step("return", notices=(nameless,))

    assert found(bundle(wrong)) == {"LRN-99-nothing": "There is no folder of templates for this notice."}


def test_a_notice_that_reaches_nobody_is_named():
    nobody = Notice(THANKS.name, lambda _case: ())
    nowhere = Notice(THANKS.name, lambda case: [letter(case, Recipient(name="Lin Chen", email=""))])

    assert found(bundle(with_step("return", notices=(nobody,)))) == {
        "return": "LRN-17-course-completed is never sent to anybody."
    }
    assert found(bundle(with_step("return", notices=(nowhere,)))) == {
        "LRN-17-course-completed": "It is addressed to nobody who can be reached."
    }


def test_a_letter_without_a_required_token_is_named():
    def short(case: Case[Any]) -> Iterator[Letter]:
        yield replace(next(told(case)), context={"course": "A book", "learning_link": "https://a.example/"})

    wrong = with_step("return", notices=(Notice(THANKS.name, short),))

    assert found(bundle(wrong)) == {"LRN-17-course-completed": "The token completed_at is required and has no value."}


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """A copy of the shipped templates in which one notice says a token that it does not declare."""
    for file in notices.folder().rglob("*"):
        if file.is_file() and file.parent.name in {"_base", THANKS.name}:
            target = tmp_path / file.parent.name / file.name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes())
    subject_line = tmp_path / THANKS.name / "subject.txt"
    subject_line.write_text("{{ course }} and {{ colour }}")
    monkeypatch.setattr(notices, "folder", lambda: tmp_path)
    notices.notice.cache_clear()
    yield
    notices.notice.cache_clear()


def test_an_undeclared_token_is_named(templates):
    wrong = list(correspondence(with_step("return", id="other"), ()))

    assert wrong == [
        Finding(
            workflow="loan",
            place=THANKS.name,
            sentence="subject: There is no token named colour in this notice.",
        )
    ]


def test_a_guard_that_never_holds_is_warned_of():
    wrong = with_step("refuse", when=(Guard(test=lambda _case: False, sentence="Never."),))

    assert found(bundle(wrong), Severity.WARNING) == {"refuse": "In no example this guard holds: Never."}


def test_an_effect_that_fails_is_named():
    def broken(case: Case[Any]) -> Iterator[Effect]:
        yield case.facts["absent"]

    assert found(bundle(with_step("refuse", effects=broken))) == {
        "asked, refuse": "With an example it fails with KeyError: 'absent'."
    }


def test_a_workflow_without_examples_and_one_with_too_many_are_warned_of():
    without = found(bundle(examples={}), Severity.WARNING)

    assert without == {"(table)": "It has no examples, so its guards, effects and letters were not tried."}


def test_an_effect_that_nobody_serves_is_named_wherever_it_is_declared():
    @dataclass(frozen=True, slots=True)
    class Burn(Effect):
        """Burn the book."""

    Burn.__module__ = "engine.burning"

    try:
        findings = check(bundle()).errors
    finally:
        Burn.__module__ = __name__

    assert Finding(workflow="(effects)", place="Burn", sentence="This effect has no handler.") in findings
