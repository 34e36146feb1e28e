"""What an attempt has come to so far, and what its next session begins with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from scorm.elements import Place
from scorm.session import Session, State
from scorm.values import number, seconds, timespan

LONGEST_SESSION = 36_000 - 1
"""Seconds that one session may add: a window left open overnight is not learning (catalogue A6-T04)."""


class Completion(StrEnum):
    """How far the learner got; stored with the attempt."""

    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not attempted"
    INCOMPLETE = "incomplete"
    BROWSED = "browsed"
    COMPLETED = "completed"


class Success(StrEnum):
    """Whether the learner mastered it; stored with the attempt."""

    UNKNOWN = "unknown"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to; scores are the SCO's own numbers (0 to 100), times are seconds."""

    completion: Completion
    success: Success
    score_raw: float | None
    score_min: float | None
    score_max: float | None
    total_seconds: float
    lesson_status: str
    exit: str
    finished: bool

    @property
    def final(self) -> bool:
        """Is the learner done with this?"""
        return self.lesson_status in ("completed", "passed")

    def as_dict(self) -> dict[str, Any]:
        """Give every field by name, ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What the next session of an attempt begins with: fields of its launch, and the data it opens on."""

    entry: str
    total_time: str
    data: Mapping[str, str]


_MEANING = {
    "not attempted": (Completion.NOT_ATTEMPTED, Success.UNKNOWN),
    "browsed": (Completion.BROWSED, Success.UNKNOWN),
    "incomplete": (Completion.INCOMPLETE, Success.UNKNOWN),
    # RTE 1.2 has one status for two questions; a learner who failed has not completed what an enrolment asks.
    "failed": (Completion.INCOMPLETE, Success.FAILED),
    "completed": (Completion.COMPLETED, Success.UNKNOWN),
    "passed": (Completion.COMPLETED, Success.PASSED),
}
_RANKS = {status: rank for rank, status in enumerate(_MEANING)}


def outcome_of(session: Session, mastery: float | None) -> Outcome:
    """Say what the session has come to; `mastery` is the manifest's adlcp:masteryscore, from 0 to 100."""
    status = _lesson_status(session, mastery)
    completion, success = _MEANING[status]
    return Outcome(
        completion=completion,
        success=success,
        score_raw=number(session.value("cmi.core.score.raw")),
        score_min=number(session.value("cmi.core.score.min")),
        score_max=number(session.value("cmi.core.score.max")),
        total_seconds=_total_seconds(session),
        lesson_status=status,
        exit=session.value("cmi.core.exit"),
        finished=session.state is State.FINISHED,
    )


def best(earlier: Outcome, later: Outcome) -> Outcome:
    """Keep the better status with its scores, and the later times and exit: completion never goes back."""
    if _RANKS[later.lesson_status] >= _RANKS[earlier.lesson_status]:
        return later
    return replace(earlier, total_seconds=later.total_seconds, exit=later.exit, finished=later.finished)


def resumption(session: Session, mastery: float | None) -> Resumption:
    """Say what the next session of the same attempt begins with (RTE 1.2 3.4.4, cmi.core.entry and total_time)."""
    elements = session.model.elements
    data = {name: value for name, value in session.data.items() if elements[Place.named(name).pattern].kept}
    if _ended(session):
        data["cmi.core.lesson_status"] = _lesson_status(session, mastery)
    return Resumption(entry=_entry(session), total_time=timespan(_total_seconds(session)), data=data)


def _lesson_status(session: Session, mastery: float | None) -> str:
    """Apply RTE 1.2 3.4.4, cmi.core.lesson_status: mastery first, then what the SCO said, then what the LMS may add."""
    said = session.data.get("cmi.core.lesson_status")
    raw = number(session.value("cmi.core.score.raw"))
    if raw is not None and mastery is not None and _counts(session):
        return _mastered(session, said, raw >= mastery)
    if said is not None:
        return said
    if session.state is State.IDLE:
        return "not attempted"
    if not _ended(session):
        return "incomplete"
    return "browsed" if session.launch.lesson_mode == "browse" else session.model.silent


def _mastered(session: Session, said: str | None, enough: bool) -> str:  # noqa: FBT001 - a comparison, not a switch
    if enough:
        return "passed"
    # The score may still rise: a fail waits for the end, and a success claimed below the mastery score is none.
    if _ended(session) or said == "failed":
        return "failed"
    return "incomplete" if said in (None, "completed", "passed") else said


def _counts(session: Session) -> bool:
    return session.launch.credit == "credit" and session.launch.lesson_mode == "normal"


def _ended(session: Session) -> bool:
    # RTE 1.2 would have the LMS complete a silent SCO even when it suspends; but who means to
    # come back is not done.
    return session.state is State.FINISHED and session.value("cmi.core.exit") != "suspend"


def _total_seconds(session: Session) -> float:
    here = min(seconds(session.value("cmi.core.session_time")), LONGEST_SESSION)
    return seconds(session.launch.total_time) + here


def _entry(session: Session) -> str:
    if session.state is State.IDLE:
        return session.launch.entry
    return "" if _ended(session) else "resume"
