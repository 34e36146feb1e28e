"""What the courses of W3 say: the same elements in every commit, as a real SCO of SCORM 2004 sets them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

LAST: Final = 19
"""The number of the commit that completes the course; the first is 0."""

_QUESTIONS: Final = 5
_SUSPENDED: Final = 1984


def elements(learner: int, commit: int) -> dict[str, str]:
    """Return the elements of one commit, in the order in which they are set; learners count from 1."""
    done = commit == LAST
    said = {
        "cmi.location": location(commit),
        "cmi.completion_status": "completed" if done else "incomplete",
        "cmi.success_status": "passed" if done else "unknown",
        "cmi.exit": "suspend",
        "cmi.progress_measure": f"{(commit + 1) / 20:.2f}",
        "cmi.score.scaled": f"{0.5 + commit / 40:.2f}",
        "cmi.score.raw": str(50 + 2 * commit),
        "cmi.score.min": "0",
        "cmi.score.max": "100",
        "cmi.session_time": f"PT{commit + 1}M{(learner * 7 + commit) % 60}S",
        "cmi.suspend_data": _noise(learner, commit),
    }
    for question in range(_QUESTIONS):
        said.update(_interaction(learner, commit, question))
    return said


def location(commit: int) -> str:
    """Return where the learner is after a commit."""
    return f"page-{commit + 1:02d}"


def _interaction(learner: int, commit: int, question: int) -> Iterator[tuple[str, str]]:
    right = bool((learner + commit + question) % 3)
    said = {
        "id": f"urn:q:{commit}:{question}",
        "type": "choice",
        "timestamp": f"2026-11-21T10:{commit:02d}:{question * 11:02d}Z",
        "weighting": "1",
        "learner_response": "a[,]c" if right else "b",
        "correct_responses.0.pattern": "a[,]c",
        "result": "correct" if right else "incorrect",
        "latency": f"PT{5 + question}S",
        "description": f"Which of these must be reported to the Information Governance lead? ({question})",
        "objectives.0.id": f"obj-{question}",
    }
    return ((f"cmi.interactions.{question}.{name}", value) for name, value in said.items())


def _noise(learner: int, commit: int) -> str:
    """Return suspend data that no compression makes smaller, the same in every run."""
    pieces = (hashlib.sha256(f"{learner}:{commit}:{piece}".encode()).hexdigest() for piece in range(31))
    return "".join(pieces)[:_SUSPENDED]
