"""What an attempt has come to so far, and what its next session begins with. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from scorm.runtime.session import Session, State
from scorm.runtime.values import duration, elapsed, number, seconds, timespan

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
    """What an attempt came to; scores are the SCO's own numbers (1.2: 0 to 100; scaled: -1 to 1), times are seconds.

    `lesson_status` is completion and success in the one word of SCORM 1.2, also where the SCO has two.
    """

    completion: Completion
    success: Success
    score_raw: float | None
    score_min: float | None
    score_max: float | None
    total_seconds: float
    lesson_status: str
    exit: str
    finished: bool
    score_scaled: float | None = None
    progress: float | None = None

    @property
    def score(self) -> float | None:
        """The score as a percentage, or as the SCO counts where it says no more."""
        return self.score_raw if self.score_scaled is None else round(self.score_scaled * 100, 7)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standard:
    """Where one version of SCORM keeps what matters here, and how it writes and judges it."""

    status: str
    score: str
    exit: str
    session_time: str
    staying: frozenset[str]
    read: Callable[[str], float]
    write: Callable[[float], str]
    judge: Callable[[Session, float | None], str]
    scaled: str = ""
    progress: str = ""
    success: str = ""


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
_COMPLETIONS = ("unknown", "not attempted", "browsed", "incomplete", "completed")
_NO_MORE = frozenset({Completion.COMPLETED, Completion.UNKNOWN})


def outcome_of(session: Session, mastery: float | None) -> Outcome:
    """Say what the session has come to.

    `mastery` is the manifest's adlcp:masteryscore of SCORM 1.2, from 0 to 100; SCORM 2004 has the launch's thresholds.
    """
    standard = _STANDARDS[session.launch.model]
    completion, success, status = _judged(session, mastery)
    return Outcome(
        completion=completion,
        success=success,
        score_raw=number(session.value(f"{standard.score}.raw")),
        score_min=number(session.value(f"{standard.score}.min")),
        score_max=number(session.value(f"{standard.score}.max")),
        score_scaled=number(session.value(standard.scaled)) if standard.scaled else None,
        progress=number(session.value(standard.progress)) if standard.progress else None,
        total_seconds=_total_seconds(session),
        lesson_status=status,
        exit=session.value(standard.exit),
        finished=session.state is State.FINISHED,
    )


def best(earlier: Outcome, later: Outcome) -> Outcome:
    """Keep the better status with its scores, and the later times and exit: completed and passed never go back."""
    if _RANKS[later.lesson_status] >= _RANKS[earlier.lesson_status]:
        return _merged(later, earlier)
    kept = replace(earlier, total_seconds=later.total_seconds, exit=later.exit, finished=later.finished)
    return _merged(kept, later)


def resumption(session: Session, mastery: float | None) -> Resumption:
    """Say what the next session of the same attempt begins with (RTE 1.2 3.4.4, RTE 2004 4.2.7 and 4.2.25).

    Whether there is one, or a new attempt begins on nothing, is for the caller to say.
    """
    standard, data = _STANDARDS[session.launch.model], session.kept()
    if _ended(session):
        data[standard.status] = standard.judge(session, mastery)
    return Resumption(entry=_entry(session), total_time=standard.write(_total_seconds(session)), data=data)


def _judged(session: Session, mastery: float | None) -> tuple[Completion, Success, str]:
    standard = _STANDARDS[session.launch.model]
    status = standard.judge(session, mastery)
    if not standard.success:
        return *_MEANING[status], status
    completion, success = Completion(status), Success(session.value(standard.success))
    return completion, success, _word(completion, success)


def _merged(kept: Outcome, other: Outcome) -> Outcome:
    """Add the completion and the success of another outcome where they are better; a fail is never added."""
    completion = max(kept.completion, other.completion, key=_COMPLETIONS.index)
    success = Success.PASSED if Success.PASSED in (kept.success, other.success) else kept.success
    if (completion, success) == (kept.completion, kept.success):
        return kept
    return replace(kept, completion=completion, success=success, lesson_status=_word(completion, success))


def _word(completion: Completion, success: Success) -> str:
    """Put two answers in one word: who failed, or passed what is not complete, is not done."""
    if success is Success.FAILED:
        return "failed"
    if success is Success.PASSED and completion in _NO_MORE:
        return "passed"
    return "incomplete" if completion is Completion.UNKNOWN else str(completion)


def _lesson_status(session: Session, mastery: float | None) -> str:
    """Apply RTE 1.2 3.4.4, cmi.core.lesson_status: mastery first, then what the SCO said, then what the LMS may add."""
    said = session.data.get("cmi.core.lesson_status")
    raw = number(session.value("cmi.core.score.raw"))
    if raw is not None and mastery is not None and _counts(session):
        return _mastered(session, said, raw >= mastery)
    return said if said is not None else _unsaid(session)


def _completion_status(session: Session, _: float | None) -> str:
    """Apply RTE 2004 4.2.4.1, and SN UP.4 to an attempt that ended without a word on completion."""
    status = session.value("cmi.completion_status")
    if status != Completion.UNKNOWN:
        return status
    passed = session.value("cmi.success_status") == Success.PASSED and not _ended(session)
    return str(Completion.UNKNOWN) if passed else _unsaid(session)


def _unsaid(session: Session) -> str:
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
    return session.state is State.FINISHED and not _stays(session)


def _stays(session: Session) -> bool:
    standard = _STANDARDS[session.launch.model]
    return session.value(standard.exit) in standard.staying or session.data.get("adl.nav.request") == "suspendAll"


def _total_seconds(session: Session) -> float:
    standard = _STANDARDS[session.launch.model]
    here = min(standard.read(session.value(standard.session_time)), LONGEST_SESSION)
    return standard.read(session.launch.total_time) + here


def _entry(session: Session) -> str:
    if session.state is State.IDLE:
        return session.launch.entry
    return "" if _ended(session) else "resume"


_ONE_WORD = _Standard(
    status="cmi.core.lesson_status",
    score="cmi.core.score",
    exit="cmi.core.exit",
    session_time="cmi.core.session_time",
    staying=frozenset({"suspend"}),
    read=seconds,
    write=timespan,
    judge=_lesson_status,
)
_TWO_WORDS = _Standard(
    status="cmi.completion_status",
    score="cmi.score",
    exit="cmi.exit",
    session_time="cmi.session_time",
    # RTE 2004 4.2.8: who logs out comes back to the same attempt, as who suspends.
    staying=frozenset({"suspend", "logout"}),
    read=elapsed,
    write=duration,
    judge=_completion_status,
    scaled="cmi.score.scaled",
    progress="cmi.progress_measure",
    success="cmi.success_status",
)
_STANDARDS: Mapping[str, _Standard] = {"scorm12": _ONE_WORD, "aicc": _ONE_WORD, "scorm2004": _TWO_WORDS}
