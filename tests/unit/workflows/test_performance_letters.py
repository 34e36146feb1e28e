"""What a learner is told who did not pass."""

from dataclasses import replace
from typing import Any

import pytest

from engine.machine import THE_SYSTEM, Case
from workflows.learning import performance
from workflows.learning.examples import EXAMPLES
from workflows.learning.performance_letters import FAILED

EXAMPLE: Any = EXAMPLES[performance.KIND].records[0]


@pytest.mark.parametrize(
    ("most", "attempts", "attempt", "left", "none_left"),
    [
        (None, 1, "attempt-1", None, False),  # not counted
        (3, 1, "attempt-1", 2, False),
        (3, 1, "attempt-2", 1, False),  # this one is new
        (2, 1, "attempt-2", None, True),
        (2, 5, "attempt-1", None, True),
    ],
)
def test_the_letter_says_how_many_attempts_are_left(most, attempts, attempt, left, none_left):
    record = replace(EXAMPLE, attempts=attempts, offering=replace(EXAMPLE.offering, max_attempts=most))
    facts = {"attempt": attempt, "score": 64.0}

    (letter,) = FAILED.letters(Case(record=record, facts=facts, actor=THE_SYSTEM, now=EXAMPLES[performance.KIND].now))

    assert (letter.context["attempts_left"], bool(letter.context["no_attempts_left"])) == (left, none_left)
    assert letter.context["score"] == "64%"
