"""What a learner is told who did not pass."""

from typing import Any

import pytest

from engine.machine import THE_SYSTEM, Case
from workflows.learning import performance
from workflows.learning.examples import EXAMPLES
from workflows.learning.performance_letters import FAILED

EXAMPLE: Any = EXAMPLES[performance.KIND].records[0]


@pytest.mark.parametrize(
    ("counted", "left", "none_left"),
    [
        (None, None, False),  # not counted
        (2, 2, False),
        (0, None, True),
    ],
)
def test_the_letter_says_how_many_attempts_are_left(counted, left, none_left):
    facts = {"attempt": "attempt-1", "score": 64.0, "attempts_left": counted}

    (letter,) = FAILED.letters(Case(record=EXAMPLE, facts=facts, actor=THE_SYSTEM, now=EXAMPLES[performance.KIND].now))

    assert (letter.context["attempts_left"], bool(letter.context["no_attempts_left"])) == (left, none_left)
    assert letter.context["score"] == "64%"
