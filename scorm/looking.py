"""Looking at a course without taking it: a review of an attempt that is over, or a browse before there is one.

Nothing is kept of either: each window is made anew from what its address says and what the attempt came to, and what
the content says in it reaches no table. Every part may be opened, in any order: nothing has to be earned again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from scorm import contents_told, coupling, courses, library, playing, store
from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.errors import AttemptMissing, PackageMissing
from scorm.library import StoredPackage
from scorm.packaging import items
from scorm.packaging.manifest import AU, Item
from scorm.runtime import outcome
from scorm.runtime.launch import Launch
from scorm.runtime.values import number
from scorm.sequencing.contents import Entry
from scorm.sequencing.definition import Organisation
from scorm.sequencing.requests import Request
from scorm.store import Attempt, Epoch
from scorm.tokens import Look, Mode

NOBODY: Final = Learner(identifier="visitor", name="Visitor", credit="no-credit", mode="browse")
"""Who browses, as content is told: nobody takes the course, so nobody is named to it."""

FIRST: Final = "This is the first part."
LAST: Final = "This is the last part."
HEADING: Final = "A heading."
_ENTRIES: Final = {Mode.REVIEW: "", Mode.BROWSE: "ab-initio"}
"""What cmi.entry says (RTE 1.2 3.4.4, RTE 2004 4.2.11): a review neither begins nor resumes."""
_STEPS: Final = {Request.CONTINUE: 1, Request.PREVIOUS: -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A window to look at: what plays and is told, and the way through the course, None where it has one part alone.

    Without `item` nothing plays: the content asked to end.
    """

    title: str
    playing: str
    item: Item | None
    launch: Launch | None
    data: Mapping[str, str]
    course: Mapping[str, Any] | None


def look(connection: Connection, chosen: Look, at: str) -> Looked:
    """Show the part that is named, else the first; `at` is the server's time. Raises `PackageMissing`."""
    package = library.package_of(connection, chosen.trust, chosen.package)
    if package is None:
        raise PackageMissing
    attempt = _attempt(connection, chosen)
    played = items.course(package.manifest)
    if played is None:
        return _alone(connection, chosen, package, attempt, at)
    course = _course(connection, chosen, attempt, played)
    return _part(connection, chosen, package, attempt, course, at)


def moved(connection: Connection, chosen: Look, click: Click | None, at: str) -> tuple[Look, Looked]:
    """Go where the learner or the content asked to; a way out ends the look, what is not there changes nothing."""
    shown = look(connection, chosen, at)
    if click is None or shown.course is None:
        return chosen, shown
    leaves = [line["id"] for line in shown.course["contents"] if line["leaf"]] or [shown.playing]
    wanted = _wanted(leaves, shown.playing, click)
    if wanted is None:
        over = {**shown.course, "over": True, "playing": ""}
        return chosen, replace(shown, item=None, playing="", course=over)
    going = replace(chosen, part=wanted)
    return going, look(connection, going, at)


def asked(name: str, value: str) -> Click | None:
    """Read what content asked for with adl.nav.request (RTE 4.4.1); None where that is nothing."""
    target, brace, way = value.removeprefix("{target=").rpartition("}")
    request = way if brace else value
    known = name == "adl.nav.request" and request in list(Request)
    return Click(Request(request), target) if known else None


def _wanted(leaves: Sequence[str], playing_now: str, click: Click) -> str | None:
    """Return the part that a request leads to, None where it leads out."""
    if click.request in _STEPS:
        here = leaves.index(playing_now) if playing_now in leaves else 0
        return leaves[min(max(here + _STEPS[click.request], 0), len(leaves) - 1)]
    if click.request in (Request.CHOICE, Request.JUMP):
        return click.target if click.target in leaves else playing_now
    return None


def _attempt(connection: Connection, chosen: Look) -> Attempt | None:
    if chosen.mode is Mode.BROWSE:
        return None
    found = store.attempt(connection, chosen.trust, chosen.attempt)
    if found is None or found.package != chosen.package:
        raise AttemptMissing
    return found


def _learner(attempt: Attempt | None) -> Learner:
    if attempt is None:
        return NOBODY
    return Learner(identifier=attempt.learner, name=attempt.learner_name, credit="no-credit", mode="review")


def _alone(connection: Connection, chosen: Look, package: StoredPackage, attempt: Attempt | None, at: str) -> Looked:
    """Show a package of one part."""
    item = package.manifest.scos[0]
    learner = _learner(attempt)
    told = Launch(
        model=playing.MODEL_OF_UNITS if item.kind == AU else playing.MODEL,
        student_id=learner.identifier,
        student_name=learner.name,
        credit=learner.credit,
        lesson_mode=learner.mode,
        entry=_ENTRIES[chosen.mode],
        launch_data=item.launch_data,
        mastery_score=item.mastery_score,
        max_time_allowed=item.max_time_allowed,
        time_limit_action=item.time_limit_action,
        server_time=at,
    )
    last = store.epoch(connection, chosen.trust, attempt.id, attempt.epoch) if attempt else None
    told, data = _resumed(told, last)
    return Looked(title=package.title, playing=item.identifier, item=item, launch=told, data=data, course=None)


def _course(connection: Connection, chosen: Look, attempt: Attempt | None, played: Organisation) -> Course:
    if attempt is None:
        return Course.begin(played, NOBODY, seed=chosen.package, shared=Shared())
    course = courses.conducted(connection, attempt).course
    course.learner = _learner(attempt)
    return course


def _part(  # noqa: PLR0913, PLR0917 - all that a window is made of
    connection: Connection, chosen: Look, package: StoredPackage, attempt: Attempt | None, course: Course, at: str
) -> Looked:
    entries = contents_told.lines(course)
    leaves = [one for one in entries if one.leaf and one.activity.node.resource]
    entry = next((one for one in leaves if one.identifier == chosen.part), leaves[0] if leaves else None)
    if entry is None:
        raise PackageMissing
    told = coupling.launch(
        course.state,
        entry.activity,
        course.learner,
        coupling.NOTHING_KEPT,
        entry=_ENTRIES[chosen.mode],
        survey=course.survey(),
        stores=course.snapshot()["stores"],
        server_time=at,
    )
    last = store.last_epoch_of(connection, attempt, entry.identifier) if attempt else None
    told, data = _resumed(replace(told, given=_given(told, leaves, entry)), last)
    return Looked(
        title=package.title,
        playing=entry.identifier,
        item=next(one for one in package.manifest.scos if one.identifier == entry.identifier),
        launch=told,
        data={name: value for name, value in data.items() if name not in told.given},
        course=_way(entries, leaves, entry),
    )


def _resumed(told: Launch, last: Epoch | None) -> tuple[Launch, dict[str, str]]:
    """Return what a window opens on: what the last one of the attempt ended with, so that results can be read."""
    if last is None or last.launch.model != told.model:
        return told, {}
    kept = outcome.resumption(last.session, number(last.launch.mastery_score))
    return replace(told, total_time=kept.total_time), dict(kept.data)


def _given(told: Launch, leaves: Sequence[Entry], entry: Entry) -> dict[str, str]:
    """Answer adl.nav.request_valid by what a look allows (RTE 4.4.2)."""
    valid = "adl.nav.request_valid"
    given = {name: value for name, value in told.given.items() if not name.startswith(valid)}
    if told.model != "scorm2004":
        return given
    at = leaves.index(entry)
    given |= {f"{valid}.continue": _truth(at + 1 < len(leaves)), f"{valid}.previous": _truth(at > 0)}
    for way in ("choice", "jump"):
        given[f"{valid}.{way}.{{target=}}"] = "false"
        given |= {f"{valid}.{way}.{{target={one.identifier}}}": "true" for one in leaves}
    return given


def _way(entries: Sequence[Entry], leaves: Sequence[Entry], entry: Entry) -> dict[str, Any]:
    """Say what the player shows of the course: every part can be chosen, headings cannot."""
    several = len(leaves) > 1
    shown = [contents_told.line(one) for one in entries if one.visible or one.leaf] if several else []
    here = leaves.index(entry)
    controls = {
        str(Request.PREVIOUS): "" if here else FIRST,
        str(Request.CONTINUE): "" if here + 1 < len(leaves) else LAST,
    }
    return {
        "playing": entry.identifier,
        "over": False,
        "said": "",
        "contents": [
            {**line, "current": line["id"] == entry.identifier, "why": "" if line["leaf"] else HEADING}
            for line in shown
        ],
        "controls": controls if several else {},
    }


def _truth(holds: bool) -> str:  # noqa: FBT001 - a comparison, not a switch
    return "true" if holds else "false"
