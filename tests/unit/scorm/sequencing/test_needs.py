"""Why something cannot be opened yet, by the names of what must come first."""

from dataclasses import replace
from typing import Any

import pytest

from scorm.sequencing import phrases
from scorm.sequencing.definition import Action, Aspect, Circumstance, Node, Rule
from scorm.sequencing.needs import USED_UP, said
from scorm.sequencing.prerequisites import parsed
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, objective, rule, sco, when

GENERIC = "This is not available now."


def why(walk: Walk, identifier: str) -> str:
    survey, index = walk.survey(), walk.tree.numbers[identifier]
    return said(survey.after, index, survey.choices[index])


def begun(*children: Node) -> Walk:
    walk = Walk(cluster("root", *children))
    walk.start()
    return walk


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("A", "finished “A”"),
        ("A & B", "finished “A” and “B”"),
        ("A | B", "finished either “A” or “B”"),
        ('A="passed" & B', "passed “A” and finished “B”"),
        ('A="c"', "completed “A”"),
        ("C & A", "finished “A”"),
        ("D & (A | B)", "finished “D” and finished either “A” or “B”"),
        ("2*{A, B, D}", "finished 2 of “A”, “B” and “D”"),
        ("2*{A, B, C}", "finished either “A” or “B”"),
        ("2*{A, B='p', D}", ""),
        ("A & B & D & E & F", "finished “A”, “B” and 3 more"),
        ("~C", ""),
        ("A & ~C", ""),
        ("A | ~C", "finished “A”"),
        ("A='failed'", ""),
        ("A & nobody", ""),
    ],
)
def test_a_prerequisite_says_what_it_lacks(script: str, words: str) -> None:
    def status(name: str) -> str:
        return "passed" if name == "C" else "incomplete"

    def title(name: str) -> str:
        return phrases.quoted("" if name == "nobody" else name)

    assert parsed(script).lacking(status, title) == words


def speaking(identifier: str, **more: Any) -> Node:
    """Make a SCO that is not done until it says so."""
    return sco(identifier, completion_by_content=True, objective_by_content=True, **more)


def test_nothing_stands_in_the_way_of_what_is_open() -> None:
    assert why(begun(sco("a"), sco("b")), "b") == ""


def test_what_is_locked_names_its_prerequisite() -> None:
    assert why(begun(speaking("a"), sco("b", prerequisites="a")), "b") == "Open after you have finished “a”."


@pytest.mark.parametrize(
    ("disabled", "words"),
    [
        (when(Circumstance.SATISFIED, objective="o", negated=True), "Open after you have passed “a”."),
        (
            when(Circumstance.MEASURE_LESS, objective="o", threshold=0.5),
            "Open after you have reached a higher score in “a”.",
        ),
        (when(Circumstance.SATISFIED, objective="o"), GENERIC),
        (when(Circumstance.ALWAYS), GENERIC),
    ],
)
def test_a_rule_on_a_shared_objective_names_who_writes_it(disabled, words: str) -> None:
    walk = begun(
        sco("a", primary=objective("p", writes="shared")),
        sco("b", objectives=(objective("o", reads="shared"),), rules=(rule(Action.DISABLED, disabled),)),
    )
    walk.report(measure=0.2, satisfied=disabled.circumstance is Circumstance.SATISFIED and not disabled.negated)

    assert why(walk, "b") == words


def unfinished(*more: Rule) -> tuple[Rule, ...]:
    return (rule(Action.STOP_FORWARD_TRAVERSAL, when(Circumstance.COMPLETED, negated=True)), *more)


def test_what_stops_forward_traversal_is_named() -> None:
    walk = begun(speaking("a", rules=unfinished()), sco("b"))
    walk.report(completed=False)

    assert why(walk, "b") == "Open after you have finished “a”."


def test_all_rules_that_hold_have_to_end() -> None:
    second = rule(Action.STOP_FORWARD_TRAVERSAL, when(Circumstance.SATISFIED, negated=True))
    walk = begun(speaking("a", rules=unfinished(second)), sco("b"))
    walk.report(completed=False, satisfied=False)

    assert why(walk, "b") == "Open after you have finished “a” and passed “a”."


def test_of_the_conditions_of_a_rule_one_has_to_end() -> None:
    both = rule(
        Action.STOP_FORWARD_TRAVERSAL,
        when(Circumstance.COMPLETED, negated=True),
        when(Circumstance.SATISFIED, negated=True),
    )
    walk = begun(speaking("a", rules=(both,)), sco("b"))
    walk.report(completed=False, satisfied=False)

    assert why(walk, "b") == "Open after you have either finished “a” or passed “a”."


def test_what_is_hidden_from_the_learner_is_not_named() -> None:
    hidden = replace(speaking("a"), visible=False)

    assert why(begun(hidden, sco("b", prerequisites="a")), "b") == GENERIC


def test_attempts_that_are_used_up_are_said() -> None:
    walk = begun(sco("a", attempt_limit=1), sco("b"))
    walk.forward()

    assert why(walk, "a") == USED_UP


def test_what_comes_next_is_called_so() -> None:
    walk = begun(speaking("a"), sco("b", prerequisites="a='passed'"))

    result = walk.ask(Request.CONTINUE)

    assert said(walk.state, None, result.refusal) == "What comes next opens after you have passed “a”."


def test_a_cluster_in_which_nothing_can_be_opened_says_what_its_first_part_waits_for() -> None:
    walk = begun(speaking("a"), cluster("m", sco("b", prerequisites="a='passed'")))

    assert why(walk, "m") == "Open after you have passed “a”."


def test_another_reason_keeps_its_sentence() -> None:
    walk = begun(cluster("m", sco("a"), sco("b"), choice=False), sco("c"))

    assert why(walk, "b") == "This cannot be chosen directly: the course leads you to it."


def test_a_measure_that_is_derived_is_named_by_who_writes_it() -> None:
    reader = objective("o", reads="shared", minimum=0.8, aspects=(Aspect.MEASURE,))
    walk = begun(
        sco("a", primary=objective("p", writes="shared", aspects=(Aspect.MEASURE,))),
        sco(
            "b",
            objectives=(reader,),
            rules=(rule(Action.DISABLED, when(Circumstance.SATISFIED, objective="o", negated=True)),),
        ),
    )
    walk.report(measure=0.5)

    assert why(walk, "b") == "Open after you have passed “a”."
