"""The learner's attempts at an e-learning: which there were, which count and how, and what can be opened."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from engine.errors import Missing, Refused
from engine.settings import Settings
from engine.transaction import Engine
from engine.web.permissions import requires, signed_in
from engine.web.visitors import Visitor, visitor
from workflows.learning import pages as shown_pages
from workflows.learning import words
from workflows.learning.attempts import opening, store
from workflows.learning.attempts.grading import NOTHING, Grade, Played, explained, grade
from workflows.learning.attempts.rules import Scope
from workflows.learning.attempts.store import Course
from workflows.learning.records import PLACED, PerformanceState
from workflows.people.records import Site
from workflows.people.responsibilities import RUNS_CLASSES

SOURCES: Final = {
    None: "the system's default",
    Scope.SYSTEM: "set for the whole trust",
    Scope.PACKAGE: "from the package",
    Scope.OFFERING: "set for this offering",
}
"""Where a rule comes from, in words."""

_RESULTS: Final = {
    NOTHING: PerformanceState.NOT_ATTEMPTED,
    "incomplete": PerformanceState.INCOMPLETE,
    "browsed": PerformanceState.BROWSED,
    "completed": PerformanceState.COMPLETED,
    "passed": PerformanceState.PASSED,
    "failed": PerformanceState.FAILED,
}


def install(learning: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add the pages to those of learning."""
    site = Site(origin=settings.app_origin, domain=settings.reply_domain)

    @learning.get("/learning/attempts/<id>")
    @signed_in
    def attempts(id: str) -> str:  # noqa: A002 - it is the address's name
        """Say which attempts at an e-learning the visitor has made, and which count."""
        return _mine(engine, site, visitor(), id)

    @learning.post("/learning/attempts/<id>/review")
    @signed_in
    def review(id: str) -> ResponseReturnValue:  # noqa: A002
        """Open an attempt that is over, to be read."""
        here, chosen = visitor(), request.form.get("attempt", "")
        try:
            with engine.reading() as connection:
                opened = opening.review(connection, settings, here.actor, here.trust, chosen, engine.clock())
        except Refused as refusal:
            return make_response(_mine(engine, site, here, id, problem=" ".join(refusal.reasons)), 409)
        return redirect(opened.url, 303)

    @learning.post("/learning/browse")
    @signed_in
    def browse() -> ResponseReturnValue:
        """Look into the e-learning of a class without a place."""
        here, chosen = visitor(), request.form.get("class", "")
        with engine.reading() as connection:
            opened = opening.browse(connection, settings, here.actor, here.trust, chosen, engine.clock())
        return redirect(opened.url, 303)

    @learning.post("/learning/preview")
    @requires(*RUNS_CLASSES)
    def preview() -> ResponseReturnValue:
        """Look into a package of the trust."""
        here, chosen = visitor(), request.form.get("package", "")
        with engine.reading() as connection:
            opened = opening.preview(connection, settings, here.trust, chosen, engine.clock())
        return redirect(opened.url, 303)


def told(course: Course) -> dict[str, Any]:
    """Return what pages say of the attempts of a course: the grade, how it comes about, and each attempt's part."""
    graded = grade(course.played, course.rules)
    return {
        "course": course,
        "grade": graded,
        "explained": explained(course.played, course.rules),
        "counts": {one.id: counted(one, graded) for one in course.played},
        "result_of": result_of,
        "score_of": lambda one: one.score(course.rules.within),
    }


def counted(one: Played, graded: Grade) -> str:
    """Say in what way an attempt counts."""
    parts = [
        what for what, holds in (("its score", one.id in graded.counted), ("its status", one.id == graded.by)) if holds
    ]
    if parts:
        return f"Counts: {' and '.join(parts)}"
    return "Does not count: it was reset" if one.reset and not one.done else "Does not count"


def result_of(one: Played) -> PerformanceState:
    """Return what an attempt came to, as a state that has words."""
    return _RESULTS[one.status]


def _mine(engine: Engine, site: Site, here: Visitor, identifier: str, problem: str = "") -> str:
    with engine.reading() as connection:
        mine = own(connection, here, identifier, site)
        course = store.courses(connection, here.trust, [identifier])[identifier]
    return render_template(
        "learning/my_attempts.html",
        one=mine,
        stands=course.standing(engine.clock()),
        playable=mine.enrolment.state in PLACED,
        problem=problem,
        said=words,
        **told(course),
    )


def own(connection: Connection, here: Visitor, identifier: str, site: Site) -> shown_pages.Learning:
    """Return an e-learning of the visitor's; raises `Missing` for anybody else's, or where it is none."""
    enrolled = shown_pages.enrolment(connection, here.trust, identifier, site)
    found = shown_pages.learning_of(connection, here.trust, [enrolled])
    if enrolled.person != here.actor.person or not found:
        raise Missing("There is no such e-learning of yours.")
    return found[0]
