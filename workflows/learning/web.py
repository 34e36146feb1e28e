"""The learner's pages: my learning, finding a class, withdrawing, and why something stands as it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from engine.errors import Missing, NotDeclared, Refused
from engine.letters import Subject
from engine.machine import Case
from engine.roles import directory
from engine.settings import Settings
from engine.text import clean, clean_lines
from engine.transaction import Engine
from engine.web import dates, journal
from engine.web.permissions import signed_in
from engine.web.visitors import Visitor, visitor
from scorm import addresses
from scorm import store as runtime
from workflows.competence import store as competence_store
from workflows.learning import (
    calendar_pages,
    clashes,
    class_pages,
    decide_pages,
    effects,
    enrolment,
    move_pages,
    offering_pages,
    package_pages,
    pages,
    recorder_pages,
    replies,
    version_pages,
    withdraw_pages,
    words,
)
from workflows.learning.attempts import opening, rules_pages
from workflows.learning.attempts import pages as attempt_pages
from workflows.learning.attempts import store as attempt_store
from workflows.learning.pages import Wanted
from workflows.learning.records import Delivery, Enrolment, EnrolmentState
from workflows.people.offers import offers
from workflows.people.records import Person, site_of
from workflows.people.responsibilities import RUNS_CLASSES

OVER: Final = (EnrolmentState.WITHDRAWN, EnrolmentState.CANCELLED)
_OWN: Final = {"award": "competence", "enrolment": "enrolment", "performance": "e-learning"}
_LONGEST_REASON: Final = 1000
_LONGEST_SEARCH: Final = 100


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages of learning, those of administrators (`classes`, `packages`) nested in them."""
    learning = Blueprint("learning", __name__, template_folder="templates")
    desk = _Desk(engine, settings)

    @learning.get("/")
    @signed_in
    def home() -> str:
        """Show what the visitor learns, has booked and holds."""
        return desk.home(visitor())

    @learning.post("/launch")
    @signed_in
    def launch() -> ResponseReturnValue:
        """Go on with the attempt of an enrolment, or begin one, and hand over to the player."""
        return desk.launch(visitor(), request.form.get("enrolment", ""), anew=request.form.get("new") == "yes")

    _add_finding(learning, desk)

    @learning.get("/learning/withdraw/<id>")
    @signed_in
    def withdraw(id: str) -> str:  # noqa: A002 - it is the address's name
        """Ask whether the visitor means to withdraw."""
        with engine.reading() as connection:
            mine = desk.mine(connection, visitor(), id)
        return render_template("learning/withdraw.html", one=mine, barred=desk.barred(visitor(), mine), said=words)

    @learning.post("/learning/withdraw/<id>")
    @signed_in
    def withdrawn(id: str) -> ResponseReturnValue:  # noqa: A002
        """Withdraw the visitor."""
        return desk.withdraw(visitor(), id)

    @learning.get("/learning/why/<kind>/<id>")
    @signed_in
    def why(kind: str, id: str) -> str:  # noqa: A002
        """Show what happened to something of the visitor's own."""
        return desk.why(visitor(), kind, id)

    withdraw_pages.install(learning, engine, settings)
    calendar_pages.install(learning, engine, settings, site_of(settings))
    attempt_pages.install(learning, engine, settings)
    _add_administration(learning, engine, settings)
    return learning


def _add_administration(learning: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add the pages of those who look after learning."""
    learning.register_blueprint(rules_pages.blueprint(engine))
    learning.register_blueprint(offering_pages.blueprint(engine))
    learning.register_blueprint(class_pages.blueprint(engine, settings))
    packages = package_pages.blueprint(engine, settings)
    version_pages.install(packages, engine, settings)
    move_pages.install(packages, engine)
    learning.register_blueprint(packages)
    recorder = recorder_pages.blueprint(engine, settings)
    decide_pages.install(recorder, engine, settings)
    learning.register_blueprint(recorder)


def _add_finding(learning: Blueprint, desk: _Desk) -> None:
    """Add the pages on which a class is found and a place is taken or asked for."""

    @learning.get("/learning/find")
    @signed_in
    def find() -> str:
        """Look for a class to enrol on."""
        return desk.find(visitor())

    @learning.post("/learning/find")
    @signed_in
    def enrol() -> ResponseReturnValue:
        """Enrol the visitor, and say what came of it."""
        return desk.enrol(visitor(), request.form.get("class", ""))

    @learning.get("/learning/find/<id>")
    @signed_in
    def ask(id: str) -> str:  # noqa: A002 - it is the address's name
        """Let the visitor say why they need a place that somebody has to approve."""
        return desk.ask(visitor(), id)


@dataclass(frozen=True, slots=True)
class Enrolments:
    """The part of a person's page that shows what they are enrolled on (`people.web.Section`)."""

    engine: Engine
    settings: Settings
    template: ClassVar[str] = "learning/_enrolments.html"

    def context(self, connection: Connection, here: Visitor, person: Person) -> Mapping[str, Any]:
        """Return the enrolments of a person, the latest class first."""
        found = pages.enrolments_of(connection, here.trust, person.id, site_of(self.settings))
        results = {one.enrolment.id: one for one in pages.learning_of(connection, here.trust, found)}
        places = directory.reach(connection, here.trust, here.actor, RUNS_CLASSES)
        return {
            "enrolments": found,
            "results": results,
            "answers": replies.answers(connection, here.trust, found),
            "said": words,
            "may_open": lambda one: one.organisation in places,
        }


class _Desk:
    """What the pages of a learner do."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def home(self, here: Visitor) -> str:
        now = self._engine.clock()
        with self._engine.reading() as connection:
            person = here.actor.person
            found = self._mine(connection, here) if person else ()
            current = [one for one in found if one.state not in OVER]
            courses = pages.learning_of(connection, here.trust, current)
            answers = replies.answers(connection, here.trust, current)
            ruled = attempt_store.courses(connection, here.trust, [one.enrolment.id for one in courses])
            unsaved = runtime.running_of(connection, here.trust, person) if person else []
            today = now.astimezone(ZoneInfo(dates.ZONE)).date()
            profile = competence_store.profiles(connection, here.trust, [person], today)[person] if person else ()
        return render_template(
            "learning/home.html",
            courses=courses,
            answers=answers,
            standings={key: course.standing(now) for key, course in ruled.items()},
            booked=[one for one in current if one.course_class.offering.delivery is Delivery.CLASSROOM],
            over=[one for one in found if one.state in OVER],
            barred={one.id: self.barred(here, one) for one in current},
            again={one.id for one in found if enrolment.Trigger.REPAIR in self._possible(here, one)},
            finish={one.id: addresses.finish_saving_url(self._settings, one, now) for one in unsaved},
            profile=profile,
            today=today,
            said=words,
        )

    def launch(self, here: Visitor, identifier: str, *, anew: bool) -> ResponseReturnValue:
        """Hand over to the player, which plays or shows."""
        with self._engine.transaction(here.actor) as tx:
            self.mine(tx.connection, here, identifier)
            opened = opening.play(tx, self._settings, here.trust, identifier, anew=anew)
        return redirect(opened.url, 303)

    def find(self, here: Visitor, problem: str = "") -> str:
        wanted = Wanted(words=clean(request.values.get("q", ""), _LONGEST_SEARCH), cursor=request.args.get("after"))
        with self._engine.reading() as connection:
            page = pages.open_classes(connection, here.trust, here.actor.person or "", self._engine.clock(), wanted)
            inside = opening.browsable(connection, here.trust, page.found)
            against = clashes.clashes(connection, here.trust, page.found, [here.actor.person or ""])
        mine = {course_class: found for (course_class, _person), found in against.items()}
        return render_template(
            "learning/find.html", page=page, wanted=wanted, problem=problem, said=words, inside=inside, clashes=mine
        )

    def ask(self, here: Visitor, identifier: str) -> str:
        with self._engine.reading() as connection:
            person = here.actor.person or ""
            wanted = pages.open_class(connection, here.trust, person, self._engine.clock(), identifier)
            against = clashes.clashes(connection, here.trust, [wanted], [person]).get((wanted.id, person), ())
        return render_template("learning/ask.html", one=wanted, longest=_LONGEST_REASON, clashes=against)

    def enrol(self, here: Visitor, course_class: str) -> ResponseReturnValue:
        if here.actor.person is None:
            return make_response(self.find(here, "Your account is not linked to anybody who could learn."), 409)
        reason = clean_lines(request.form.get("reason", ""), _LONGEST_REASON)
        facts = {"reason": reason} if reason else None
        try:
            with self._engine.transaction(here.actor) as tx:
                moved = effects.enrol(tx, here.trust, course_class, here.actor.person, facts)
                on = pages.course_class(tx.connection, here.trust, course_class)
                position = pages.position_of(tx.connection, here.trust, moved.subject.id)
        except Refused as refusal:
            return make_response(self.find(here, f"Nothing has changed. {' '.join(refusal.reasons)}"), 409)
        said = words.ENROLLED[EnrolmentState(moved.target)]
        flash(said.format(title=on.title, position=position, who="you have"))
        return redirect(url_for(".home"), 303)

    def withdraw(self, here: Visitor, identifier: str) -> ResponseReturnValue:
        reason = clean_lines(request.form.get("reason", ""), _LONGEST_REASON)
        with self._engine.reading() as connection:
            mine = self.mine(connection, here, identifier)
        subject = Subject(kind=enrolment.KIND, trust=here.trust, id=identifier)
        try:
            with self._engine.transaction(here.actor) as tx:
                tx.fire(subject, enrolment.Trigger.WITHDRAW, {"reason": reason} if reason else {})
        except Refused as refusal:
            barred = " ".join(refusal.reasons)
            return render_template("learning/withdraw.html", one=mine, barred=barred, said=words), 409
        except NotDeclared:
            with self._engine.reading() as connection:
                mine = self.mine(connection, here, identifier)
            return render_template("learning/withdraw.html", one=mine, barred=None, said=words), 409
        flash(f"You have withdrawn from {mine.course_class.title}.")
        return redirect(url_for(".home"), 303)

    def why(self, here: Visitor, kind: str, identifier: str) -> str:
        """Write the history of a record of the visitor's own; anybody else's is not there."""
        if kind not in _OWN or here.actor.person is None:
            raise Missing("There is no such record of yours.")
        table = self._engine.kept(kind)[1].table
        with self._engine.reading() as connection:
            own = select(table.c.person).where(table.c.trust == here.trust, table.c.id == identifier)
            if connection.execute(own).scalar_one_or_none() != here.actor.person:
                raise Missing("There is no such record of yours.")
            moves = journal.history(self._engine, connection, Subject(kind=kind, trust=here.trust, id=identifier))
        return render_template("learning/why.html", title=_OWN[kind], moves=moves)

    def mine(self, connection: Connection, here: Visitor, identifier: str) -> Enrolment:
        """Return an enrolment of the visitor's; raises `Missing` for anybody else's."""
        found = pages.enrolment(connection, here.trust, identifier, site_of(self._settings))
        if found.person != here.actor.person:
            raise Missing("There is no such enrolment of yours.")
        return found

    def barred(self, here: Visitor, one: Enrolment) -> str | None:
        """Say why the visitor cannot withdraw; "" where they can, None where there is nothing to withdraw from."""
        case = Case(record=one, facts={}, actor=here.actor, now=self._engine.clock())
        offer = next((o for o in offers(enrolment.WORKFLOW, case) if o.trigger is enrolment.Trigger.WITHDRAW), None)
        return None if offer is None else " ".join(offer.refusals)

    def _possible(self, here: Visitor, one: Enrolment) -> tuple[StrEnum, ...]:
        case = Case(record=one, facts={}, actor=here.actor, now=self._engine.clock())
        return enrolment.WORKFLOW.possible(case)

    def _mine(self, connection: Connection, here: Visitor) -> tuple[Enrolment, ...]:
        return pages.enrolments_of(connection, here.trust, here.actor.person or "", site_of(self._settings))
