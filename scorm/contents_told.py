"""What the player is told of a course: its table of contents and its controls, as plain data. Pure."""

from __future__ import annotations

from typing import Any

from scorm.course import Course
from scorm.courses import Conducted
from scorm.sequencing import contents
from scorm.sequencing.contents import Entry
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request

_CONTROLS = (Request.PREVIOUS, Request.CONTINUE, Request.EXIT_ALL)


def told(found: Conducted) -> dict[str, Any]:
    """Say {playing, over, said, contents: [{id, title, depth, leaf, current, status, why}], controls: {name: why}}.

    `why` is "" for what is possible; a control that the content hides is not there.
    """
    course = found.course
    controls = course.controls()
    return {
        "playing": course.delivered or "",
        "over": found.over,
        "said": found.said,
        "contents": [line(entry) for entry in course.contents() if entry.visible],
        "controls": {str(one): _why(controls[one]) for one in _CONTROLS if one in controls},
    }


def lines(course: Course) -> tuple[Entry, ...]:
    """Return every activity of a course in the order of this learner, also where one is all there is."""
    return contents.entries(course.state, course.survey())


def line(entry: Entry) -> dict[str, Any]:
    """Say how one line of the contents looks."""
    return {
        "id": entry.identifier,
        "title": entry.title or entry.identifier,
        "depth": entry.depth,
        "leaf": entry.leaf,
        "current": entry.current,
        "status": _status(entry),
        "why": entry.said,
    }


def _status(entry: Entry) -> str:
    if entry.satisfied is False:
        return "Not passed" if entry.completed else "Not passed yet"
    if entry.completed:
        return "Completed"
    if entry.satisfied:
        return "Passed"
    return "Started" if entry.attempted else "Not started"


def _why(refusal: Refusal | None) -> str:
    return str(refusal) if refusal else ""
