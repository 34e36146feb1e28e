"""The pages on which those who run classes see and move them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import EmailField, RadioField
from wtforms.validators import Email, InputRequired, Length, Optional

from engine.errors import Missing, NotDeclared, Refused
from engine.letters import Subject
from engine.machine import Case
from engine.roles import directory
from engine.settings import Settings
from engine.text import clean, clean_lines
from engine.transaction import Engine
from engine.web import journal
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from workflows.learning import (
    catalogue,
    clashes,
    class_changes,
    class_forms,
    class_people,
    classes,
    effects,
    enrolment,
    notify_pages,
    pages,
    replies,
    requests,
    words,
)
from workflows.learning.class_seen import class_of
from workflows.learning.keeps import ZONE
from workflows.learning.pages import Wanted
from workflows.learning.records import Class, ClassState, Enrolment, EnrolmentState
from workflows.people.offers import Offer, offers
from workflows.people.records import Site
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

AT_ONCE: Final = (
    classes.Trigger.OPEN,
    enrolment.Trigger.APPROVE,
    enrolment.Trigger.PICK,
    enrolment.Trigger.ATTEND,
    enrolment.Trigger.DID_NOT_ATTEND,
    enrolment.Trigger.REPAIR,
)
"""Steps that a button takes by itself, unless they need a reason; all others ask first."""

_LONGEST_REASON: Final = 1000
_LONGEST_SEARCH: Final = 100
_PEOPLE: Final = 50
_T = TypeVar("_T", bound=StrEnum)


class Enrolling(Form):
    """Somebody to be enrolled, and where their messages go."""

    person = RadioField("Who?", [InputRequired("Choose a person.")], validate_choice=False)
    email = EmailField(
        "Send messages to another address (optional)",
        [Optional(), Length(max=254), Email("Enter an e-mail address, such as name@example.org.")],
        description="Without one they go to the address of the staff record.",
    )


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages of classes."""
    run = Blueprint("classes", __name__, url_prefix="/classes")
    desk = _Desk(engine, Site(origin=settings.app_origin, domain=settings.reply_domain))

    @run.get("/")
    @requires(*RUNS_CLASSES)
    def index() -> str:
        """List the classes of the visitor's organisations."""
        return desk.index(visitor())

    @run.route("/new", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def new() -> ResponseReturnValue:
        """Make a class of an offering."""
        return desk.new(visitor())

    @run.get("/<id>")
    @requires(*RUNS_CLASSES)
    def one(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show a class with everybody on it."""
        return desk.one(visitor(), id)

    @run.route("/<id>/enrol", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def enrol(id: str) -> ResponseReturnValue:  # noqa: A002
        """Find somebody and enrol them."""
        return desk.enrol(visitor(), id)

    @run.route("/<id>/step/<trigger>", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def step(id: str, trigger: str) -> ResponseReturnValue:  # noqa: A002
        """Ask whether a class is to be moved, and move it."""
        return desk.step(visitor(), id, _named(classes.Trigger, trigger))

    @run.route("/<id>/enrolments/<enrolled>/<trigger>", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def step_enrolment(id: str, enrolled: str, trigger: str) -> ResponseReturnValue:  # noqa: A002
        """Ask whether an enrolment is to be moved, and move it."""
        return desk.step_enrolment(visitor(), id, enrolled, _named(enrolment.Trigger, trigger))

    class_changes.install(run, engine)
    notify_pages.install(run, engine, desk.site)
    return run


class _Desk:
    """What the pages of classes do."""

    def __init__(self, engine: Engine, site: Site) -> None:
        self._engine = engine
        self.site = site

    def index(self, here: Visitor) -> str:
        state = request.args.get("state", "")
        wanted = Wanted(
            words=clean(request.args.get("q", ""), _LONGEST_SEARCH),
            state=state if state in set(ClassState) else None,
            cursor=request.args.get("after"),
        )
        with self._engine.reading() as connection:
            places = directory.reach(connection, here.trust, here.actor, RUNS_CLASSES)
            page = pages.run_classes(connection, here.trust, places, wanted)
        uploads = any(held == LEARNING_ADMINISTRATOR for held, _place in here.actor.grants)
        return render_template(
            "learning/classes.html", page=page, wanted=wanted, states=ClassState, said=words, uploads=uploads
        )

    def one(self, here: Visitor, identifier: str, problem: str = "") -> str:
        now, args = self._engine.clock(), request.args
        wanted = Wanted(words=clean(args.get("q", ""), _LONGEST_SEARCH), cursor=args.get("after"), limit=_PEOPLE)
        with self._engine.reading() as connection:
            found = class_of(connection, here, identifier)
            people = class_people.page(connection, here.trust, identifier, wanted, self.site)
            on_it = people.found
            places = directory.reach(connection, here.trust, here.actor, journal.READERS)
            answers = replies.answers(connection, here.trust, on_it)
            asked = requests.asked_about(connection, here.trust, here.actor, [each.id for each in on_it])
        open_to = {e.id: offers(enrolment.WORKFLOW, _case(e, here, now), answers=e.id not in asked) for e in on_it}
        return render_template(
            "learning/class.html",
            one=found,
            people=people,
            wanted=wanted,
            asked=asked,
            answers=answers,
            places=places,
            steps={key: [offer for offer in each if offer.possible] for key, each in open_to.items()},
            offers=[o for o in offers(classes.WORKFLOW, _case(found, here, now)) if o.trigger in words.CLASS_STEPS],
            changeable=classes.Trigger.CHANGE in classes.WORKFLOW.possible(_case(found, here, now)),
            at_once=_at_once,
            problem=problem,
            said=words,
        )

    def new(self, here: Visitor) -> ResponseReturnValue:
        form, meeting, refusals = class_forms.NewClass(), class_forms.MaybeMeeting(prefix="first-"), list[str]()
        with self._engine.reading() as connection:
            places = directory.reach(connection, here.trust, here.actor, RUNS_CLASSES)
            form.organisation.choices = [(p, directory.organisation(connection, here.trust, p).name) for p in places]
            known = catalogue.all_offerings(connection, here.trust)
        form.organisation.choices.sort(key=lambda choice: choice[1])
        form.offering.choices = [
            ("", "Choose a course"),
            *((one.id, words.called(one.course_title, one.title)) for one in known),
        ]
        change = class_forms.Change(details=form, sessions={}, more=meeting)
        if request.method == "POST" and change.valid(ZONE):
            try:
                with self._engine.transaction(here.actor) as tx:
                    moved = tx.start(
                        classes.KIND, here.trust, classes.Trigger.CREATE, class_forms.created(form, meeting, ZONE)
                    )
            except Refused as refusal:
                refusals = list(refusal.reasons)
            else:
                flash("The class is made. Learners cannot see it until you open it for enrolment.")
                return redirect(url_for(".one", id=moved.subject.id), 303)
        page = render_template("learning/class_new.html", form=form, meeting=meeting, change=change, refusals=refusals)
        return make_response(page, 422 if request.method == "POST" else 200)

    def enrol(self, here: Visitor, identifier: str) -> ResponseReturnValue:
        form, sought, problem = Enrolling(), clean(request.values.get("q", ""), _LONGEST_SEARCH), ""
        with self._engine.reading() as connection:
            found = class_of(connection, here, identifier)
            people = pages.candidates(connection, here.trust, identifier, sought) if sought else ()
            against = clashes.clashes(connection, here.trust, [found], [one.id for one in people])
        form.person.choices = [(one.id, clashes.beside(one, against.get((found.id, one.id), ()))) for one in people]
        if request.method == "POST" and form.validate():
            try:
                flash(self._enrolled(here, found, form))
            except Refused as refusal:
                problem = f"Nothing has changed. {' '.join(refusal.reasons)}"
            else:
                return redirect(url_for(".one", id=identifier), 303)
        page = render_template("learning/class_enrol.html", one=found, form=form, q=sought, problem=problem)
        return make_response(page, 422 if request.method == "POST" else 200)

    def step(self, here: Visitor, identifier: str, trigger: classes.Trigger) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            found = class_of(connection, here, identifier)
            counts = class_people.counts(connection, here.trust, identifier)
        offer = _offer(offers(classes.WORKFLOW, _case(found, here, self._engine.clock())), trigger)
        subject = Subject(kind=classes.KIND, trust=here.trust, id=identifier)
        problem = self._fired(here, subject, trigger) if request.method == "POST" else ""
        if problem is None:
            flash(words.CLASS_DONE[trigger].format(title=found.title))
            return redirect(url_for(".one", id=identifier), 303)
        return self._ask(found, words.CLASS_STEPS[trigger], offer, problem, name=found.title, counts=counts)

    def step_enrolment(
        self, here: Visitor, identifier: str, enrolled: str, trigger: enrolment.Trigger
    ) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            found = class_of(connection, here, identifier)
            one = self._enrolment(connection, here, found, enrolled)
        offer = _offer(offers(enrolment.WORKFLOW, _case(one, here, self._engine.clock()), answers=True), trigger)
        subject = Subject(kind=enrolment.KIND, trust=here.trust, id=enrolled)
        problem = self._fired(here, subject, trigger) if request.method == "POST" else ""
        if problem is None:
            with self._engine.reading() as connection:
                now = self._enrolment(connection, here, found, enrolled)
            flash(words.done(trigger, one.learner.name, now.state))
            return redirect(url_for(".one", id=identifier), 303)
        return self._ask(found, words.ENROLMENT_STEPS[trigger], offer, problem, name=one.learner.name, counts={})

    def _ask(self, found: Class, asked: words.Asked, offer: Offer | None, problem: str, **more: Any) -> Response:
        shown = problem or ("" if offer and offer.possible else " ".join(offer.refusals if offer else _NOT_NOW))
        page = render_template(
            "learning/class_step.html", one=found, asked=asked, offer=offer, problem=shown, said=words, **more
        )
        return make_response(page, 409 if problem else 200)

    def _fired(self, here: Visitor, subject: Subject, trigger: StrEnum) -> str | None:
        """Fire a step; return why it was refused, or None."""
        reason = clean_lines(request.form.get("reason", ""), _LONGEST_REASON)
        try:
            with self._engine.transaction(here.actor) as tx:
                requests.fire(tx, subject, trigger, {"reason": reason} if reason else {})
        except Refused as refusal:
            return " ".join(refusal.reasons)
        except NotDeclared:
            return _NOT_NOW[0]
        return None

    def _enrolled(self, here: Visitor, found: Class, form: Enrolling) -> str:
        """Enrol whoever was chosen; return what came of it."""
        said = {"email": form.email.data} if form.email.data else {}
        with self._engine.transaction(here.actor) as tx:
            moved = effects.enrol(tx, here.trust, found.id, form.person.data, said)
            position = pages.position_of(tx.connection, here.trust, moved.subject.id)
        text = words.ENROLLED[EnrolmentState(moved.target)]
        return text.format(title=found.title, position=position, who="they have")

    def _enrolment(self, connection: Connection, here: Visitor, found: Class, identifier: str) -> Enrolment:
        one = pages.enrolment(connection, here.trust, identifier, self.site)
        if one.course_class.id != found.id:
            raise Missing("There is no such enrolment on this class.")
        return one


_NOT_NOW: Final = ("This is not possible any more: look at how things stand now.",)


def _case(record: Any, here: Visitor, now: Any) -> Case[Any]:
    """Return what a form could bring: a reason."""
    return Case(record=record, facts={"reason": "…"}, actor=here.actor, now=now)


def _offer(found: tuple[Offer, ...], trigger: StrEnum) -> Offer | None:
    return next((offer for offer in found if offer.trigger is trigger), None)


def _at_once(offer: Offer) -> bool:
    return offer.trigger in AT_ONCE and not offer.needs_reason


def _named(triggers: type[_T], text: str) -> _T:
    """Return the trigger that a part of an address names; raises `Missing`."""
    known = words.CLASS_STEPS.keys() | words.ENROLMENT_STEPS.keys()
    for trigger in triggers:
        if trigger == text.upper().replace("-", "_") and trigger in known:
            return trigger
    raise Missing("There is nothing at this address.")
