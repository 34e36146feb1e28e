"""The content-server adapter's words: what a remote system says of a learner, and what is reported to it. Pure.

A report is the whole state of an attempt, so that one that is sent twice, or instead of ten, says the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from engine.text import clean
from scorm.hacp import aicc_tables, aicc_told, aicc_values
from scorm.runtime.launch import Launch
from scorm.runtime.outcome import Outcome, outcome_of
from scorm.runtime.session import Session, State
from scorm.runtime.values import seconds, timespan

AGAIN: Final = tuple(map(timedelta, (0, 0, 0, 0, 0), (5, 15, 60, 300, 900)))
"""How long is waited after each failure; after the last one always that long."""

GIVEN_UP: Final = timedelta(days=30)
"""How long after it was last heard of an attempt is still reported."""

AT_ONCE: Final = timedelta()
PAUSE: Final = timedelta(minutes=1)
"""How long after a report it is looked whether the learner has left, where they are between two parts of a course."""

SILENCE: Final = timedelta(minutes=30)
"""How long nothing is heard of a window before it is taken to be left (catalogue P29)."""

_PACKED: Final = "~pct~"
_FLAGS: Final[Mapping[str, str]] = {"time-out": "T", "suspend": "S", "logout": "L", "": ""}
_LONGEST_ID: Final = 40
_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the remote system says: who learns, and what an earlier session left (`data` by element; empty at first)."""

    student_id: str
    student_name: str
    data: Mapping[str, str]
    total_seconds: float

    @property
    def learner(self) -> str:
        """Return the learner's id as far as there is room for it, else its hash."""
        fits = self.student_id.isprintable() and 0 < len(self.student_id) <= _LONGEST_ID
        return self.student_id if fits else hashlib.sha256(self.student_id.encode()).hexdigest()[:_LONGEST_ID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a learner leaves behind: `lesson` is for [Core_Lesson], `flag` how it ends, `ended` that it has ended."""

    location: str
    lesson: str
    flag: str
    ended: bool
    objectives: tuple[str, ...] = ()


def told(data: str) -> Told:
    """Read the `aicc_data` of GetParam."""
    groups = aicc_tables.groups(data)
    core = aicc_tables.keys(groups.get("core", ""))
    status, _, flag = core.get("lesson_status", "").partition(",")
    raw, most, least = aicc_values.score(core.get("score", ""))
    said = {
        "cmi.core.lesson_location": unpacked(core.get("lesson_location", "")),
        "cmi.core.lesson_status": aicc_values.status(status.strip()).replace("not attempted", ""),
        "cmi.core.score.raw": raw,
        "cmi.core.score.max": most,
        "cmi.core.score.min": least,
        "cmi.suspend_data": unpacked(groups.get("core_lesson", "")),
    }
    first = flag.strip().lower().startswith("a")
    return Told(
        student_id=core.get("student_id", ""),
        student_name=clean(core.get("student_name", ""), _LONGEST_NAME),
        data={} if first else {name: value for name, value in said.items() if value},
        total_seconds=seconds(aicc_values.timespan(core.get("time", ""))),
    )


def earlier(model: str, told: Told) -> Session:
    """Return the session that an attempt resumes from, as the remote system remembers it."""
    total = timespan(told.total_seconds)
    launch = Launch(model=model, student_id=told.student_id, student_name=told.student_name, total_time=total)
    data = {**told.data, "cmi.core.exit": "suspend"}
    return Session.restore(launch, {"state": "finished", "error": "0", "began": "", "last": "", "data": data})


def earlier_outcome(model: str, told: Told) -> Outcome | None:
    """Return what the remote system says that an earlier session came to, None where it says no status."""
    return outcome_of(earlier(model, told), None) if "cmi.core.lesson_status" in told.data else None


def in_session(session: Session, *, running: bool) -> Left:
    """Return what a learner leaves behind in a course of one SCO, which may be `running` still."""
    return Left(
        location=session.value("cmi.core.lesson_location"),
        lesson=session.value("cmi.suspend_data"),
        flag=_FLAGS.get(session.value("cmi.core.exit"), "") if session.state is State.FINISHED else "S",
        ended=not running,
        objectives=tuple(aicc_told.objectives(session)),
    )


def report(outcome: Outcome | None, left: Left, before: float) -> str:
    """Write the `aicc_data` of a PutParam; `before` are the seconds that the remote system knew when it began."""
    status = outcome.lesson_status if outcome else "not attempted"
    took = max((outcome.total_seconds if outcome else before) - before, 0)
    core = {
        "Lesson_Location": packed(left.location),
        "Lesson_Status": f"{status}, {left.flag}" if left.flag else status,
        "Score": _score(outcome),
        "Time": aicc_values.hours(timespan(took)),
    }
    lines = ["[Core]", *(f"{key}={value}" for key, value in core.items() if value or key != "Score")]
    lines += ["[Core_Lesson]", packed(left.lesson)]
    return "\r\n".join([*lines, *(["[Objectives_Status]", *left.objectives] if left.objectives else []), ""])


def packed(value: str) -> str:
    """Write a value so that every system gives it back: what a line of text cannot bear is percent-encoded."""
    plain = value.isprintable() and value == value.strip() and not value.startswith(("[", ";", _PACKED))
    return value if plain else _PACKED + quote(value.encode("utf-8", "surrogatepass"), safe="{}[]:,\"'()/")


def unpacked(value: str) -> str:
    """Read what `packed` wrote, or what another adapter left."""
    if not value.startswith(_PACKED):
        return value
    return unquote_to_bytes(value.removeprefix(_PACKED)).decode("utf-8", "surrogatepass")


def _score(outcome: Outcome | None) -> str:
    """Write a score; one that is only known as a share is told on a scale of 100, which has no less than 0."""
    if outcome is None or outcome.score is None:
        return ""
    if outcome.score_raw is None:
        return f"{max(outcome.score, 0):.7g},100,0"
    parts = (outcome.score_raw, outcome.score_max, outcome.score_min)
    return ",".join("" if one is None else f"{one:.7g}" for one in parts).rstrip(",")
