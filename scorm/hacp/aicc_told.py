"""What GetParam is told of a session: `aicc_data` in its groups (CMI001 6.4.2). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scorm.hacp import aicc_values
from scorm.runtime.session import Session, State

PREFERENCES: Final = ("audio", "language", "speed", "text")
SCORES: Final = ("raw", "max", "min")


def told(session: Session) -> str:
    """Write what GetParam is answered, without a line break at its end."""
    groups = {
        "Core": _core(session),
        "Core_Lesson": [session.value("cmi.suspend_data")],
        "Core_Vendor": [session.launch.launch_data],
        "Student_Data": _pairs(
            Mastery_Score=session.launch.mastery_score,
            Max_Time_Allowed=session.launch.max_time_allowed,
            Time_Limit_Action=session.launch.time_limit_action,
        ),
        "Student_Preferences": _pairs(
            **{name.capitalize(): session.value(f"cmi.student_preference.{name}") for name in PREFERENCES}
        ),
        "Objectives_Status": list(objectives(session)),
        "Comments": [session.launch.comments_from_lms],
    }
    return "\r\n".join(line for name, lines in groups.items() for line in (f"[{name}]", *lines))


def entries(session: Session, array: str) -> list[Mapping[str, str]]:
    """Return the entries of an array in order, each as values by the rest of the name."""
    found: dict[int, dict[str, str]] = {}
    for name, value in session.data.items():
        if name.startswith(f"{array}."):
            index, _, rest = name.removeprefix(f"{array}.").partition(".")
            found.setdefault(int(index), {})[rest] = value
    return [found.get(at, {}) for at in range(max(found, default=-1) + 1)]


def _core(session: Session) -> list[str]:
    score = ",".join(session.value(f"cmi.core.score.{part}") for part in SCORES).rstrip(",")
    status, entry = session.value("cmi.core.lesson_status"), _entry(session)
    return _pairs(
        Student_ID=session.launch.student_id,
        Student_Name=session.launch.student_name,
        Lesson_Location=session.value("cmi.core.lesson_location"),
        Credit=session.launch.credit,
        Lesson_Status=f"{status}, {entry}" if entry else status,
        Score=score,
        Time=aicc_values.hours(session.launch.total_time),
        Lesson_Mode=session.launch.lesson_mode,
    )


def _entry(session: Session) -> str:
    """Say how content begins; what has left and asks again goes on, if it meant to."""
    if session.state is not State.FINISHED:
        return session.launch.entry
    return "resume" if session.value("cmi.core.exit") == "suspend" else ""


def objectives(session: Session) -> Iterator[str]:
    """Write the objectives as lines `J_ID.1=…`."""
    for number, said in enumerate(entries(session, "cmi.objectives"), 1):
        score = ",".join(said.get(f"score.{part}", "") for part in SCORES).rstrip(",")
        named = {"ID": said.get("id", ""), "Score": score, "Status": said.get("status", "")}
        yield from _pairs(**{f"J_{name}.{number}": value for name, value in named.items()})


def _pairs(**said: str) -> list[str]:
    return [f"{key}={' '.join(value.split())}" for key, value in said.items()]
