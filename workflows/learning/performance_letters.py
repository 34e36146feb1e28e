"""What learners are told about the result of an e-learning. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.letters import Letter, Relevant, Subject
from engine.machine import Case, Notice
from workflows.learning.records import Performance, PerformanceState

_NONE_LEFT: Final = "There are no attempts left. Please ask your learning team what to do now."


def _failed(case: Case[Performance]) -> Iterator[Letter]:
    record = case.record
    score, left = case.facts.get("score"), case.facts.get("attempts_left")
    yield Letter(
        notice=FAILED.name,
        to=record.learner.recipient(),
        subject=Subject(kind="performance", trust=record.trust, id=record.id),
        organisation=record.organisation,
        reason="You get this message because you took the assessment of this e-learning.",
        context={
            "course": record.offering.course_title,
            "score": f"{score:g}%" if score is not None else None,
            "attempts_left": left or None,
            "no_attempts_left": _NONE_LEFT if left == 0 else None,
            "learning_link": f"{record.site.origin}/",
        },
        relevant=Relevant(name="still_in", facts={"states": [str(PerformanceState.FAILED)]}),
    )


FAILED: Final = Notice("LRN-20-assessment-failed", _failed)
