"""The pages of applicants and of what is transferred for them, and the stat & mand form of the worklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from engine.errors import Missing, NotDeclared, Refused
from engine.identifiers import new_id
from engine.letters import Subject
from engine.machine import Case
from engine.roles import directory
from engine.settings import Settings
from engine.text import clean
from engine.transaction import Engine, Transaction
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from workflows.competence import store as competence_store
from workflows.onboarding import applicant, pages, transfer
from workflows.onboarding.forms import NewApplicant, Said
from workflows.onboarding.records import Applicant, ApplicantState
from workflows.onboarding.words import BUTTONS, FIELDS, STATES, TRANSFERS
from workflows.people import pages as people_pages
from workflows.people import store as people
from workflows.people.offers import offers
from workflows.people.records import Person
from workflows.people.responsibilities import RECRUITER, STAT_AND_MAND
from workflows.people.tables import persons

_LONGEST_SEARCH: Final = 100
_COULD_BRING: Final = {"reason": "…", "checks_complete": True, "hire_on": "2000-01-01"}


def blueprint(engine: Engine, settings: Settings) -> Blueprint:  # noqa: ARG001
    """Return the pages of applicants and transfers."""
    onboarding = Blueprint("onboarding", __name__, template_folder="templates")
    desk = _Desk(engine)

    @onboarding.get("/applicants/")
    @requires(*pages.READERS)
    def index() -> str:
        """List the applicants for posts in the visitor's organisations."""
        return desk.index(visitor())

    @onboarding.route("/applicants/new", methods=["GET", "POST"])
    @requires(RECRUITER)
    def new() -> ResponseReturnValue:
        """Record a preferred applicant."""
        return desk.new(visitor())

    @onboarding.get("/applicants/<id>")
    @requires(*pages.READERS)
    def one(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show an applicant, what came for them, and why it is as it is."""
        return desk.one(visitor(), id)

    @onboarding.route("/applicants/<id>/step/<trigger>", methods=["GET", "POST"])
    @requires(RECRUITER)
    def step(id: str, trigger: str) -> ResponseReturnValue:  # noqa: A002
        """Ask what a step needs, and take it."""
        return desk.step(visitor(), id, trigger)

    @onboarding.get("/transfers/<id>")
    @requires(*pages.READERS)
    def show_transfer(id: str) -> str:  # noqa: A002
        """Show what came, and what was decided of each line."""
        return desk.transfer(visitor(), id)

    @onboarding.post("/transfers/<id>/reopen")
    @requires(STAT_AND_MAND)
    def reopen(id: str) -> ResponseReturnValue:  # noqa: A002
        """Ask once more about a transfer that lapsed."""
        return desk.reopen(visitor(), id)

    return onboarding


@dataclass(frozen=True, slots=True)
class Applications:
    """The part of a person's page that shows the posts they apply for (`people.web.Section`)."""

    engine: Engine
    template: ClassVar[str] = "onboarding/_applications.html"

    def context(self, connection: Connection, here: Visitor, person: Person) -> Mapping[str, Any]:
        """Return the applications of a person in the visitor's organisations."""
        places = directory.reach(connection, here.trust, here.actor, pages.READERS)
        query = pages.applicants_of(here.trust, places).where(persons.c.id == person.id)
        return {"applications": connection.execute(query).all(), "applicant_states": STATES}


class _Desk:
    """What the pages of onboarding do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def index(self, here: Visitor) -> str:
        words = clean(request.args.get("q", ""), _LONGEST_SEARCH)
        with self._engine.reading() as connection:
            places = directory.reach(connection, here.trust, here.actor, pages.READERS)
            page = pages.applicants_in(connection, here.trust, places, words, cursor=request.args.get("after"))
            names = people_pages.names(connection, here.trust)
        recruits = any(held == RECRUITER for held, _place in here.actor.grants)
        return render_template(
            "onboarding/applicants.html", page=page, q=words, places=names, states=STATES, recruits=recruits
        )

    def new(self, here: Visitor) -> ResponseReturnValue:
        form = NewApplicant()
        with self._engine.reading() as connection:
            names = people_pages.names(connection, here.trust)
            places = directory.reach(connection, here.trust, here.actor, [RECRUITER])
        form.organisation.choices = sorted(((place, names[place]) for place in places), key=lambda pair: pair[1])
        if request.method == "POST" and form.validate():
            with self._engine.transaction(here.actor) as tx:
                moved = tx.start(applicant.KIND, here.trust, applicant.Trigger.PREFER, _preferred(tx, here, form))
            flash(f"{form.name.data} is recorded as preferred applicant.")
            return redirect(url_for(".one", id=moved.subject.id), 303)
        page = render_template("onboarding/applicant_new.html", form=form)
        return make_response(page, 422 if request.method == "POST" else 200)

    def one(self, here: Visitor, identifier: str) -> str:
        with self._engine.reading() as connection:
            found = pages.applicant_of(self._engine, connection, here.trust, here.actor, identifier)
            today = self._engine.clock().date()
            return render_template(
                "onboarding/applicant.html",
                one=found,
                places=people_pages.names(connection, here.trust),
                offers=self._offers(here, found),
                stories=pages.stories_of(self._engine, connection, here.trust, identifier),
                profile=competence_store.profiles(connection, here.trust, [found.person], today)[found.person],
                today=today,
                states=STATES,
                transfers=TRANSFERS,
                buttons=BUTTONS,
            )

    def step(self, here: Visitor, identifier: str, named: str) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            found = pages.applicant_of(self._engine, connection, here.trust, here.actor, identifier)
        offer = next((one for one in self._offers(here, found) if _path(one.trigger) == named), None)
        if offer is None and named not in map(_path, BUTTONS):
            raise Missing("There is nothing at this address.")
        form = Said(data={"hire_on": found.hire_on})
        problems: list[str] = []
        if request.method == "POST" and form.validate():
            problems = self._fired(here, found, named, form)
            if not problems:
                flash(f"{found.applicant.name}: {self._state_of(here, identifier).lower()}.")
                return redirect(url_for(".one", id=identifier), 303)
        asked = FIELDS.get(offer.trigger, ()) if offer else ()
        page = render_template(
            "onboarding/applicant_step.html",
            one=found,
            offer=offer,
            title=BUTTONS[offer.trigger] if offer else "This step",
            fields=[form[name] for name in asked],
            form=form,
            problems=problems,
            states=STATES,
        )
        return make_response(page, 409 if problems else 422 if form.errors else 200)

    def transfer(self, here: Visitor, identifier: str, problem: str = "") -> str:
        with self._engine.reading() as connection:
            found = pages.transfer_of(self._engine, connection, here.trust, here.actor, identifier)
            (story,) = pages.stories(self._engine, connection, here.trust, [identifier])
        case = Case(record=found, facts={}, actor=here.actor, now=self._engine.clock())
        return render_template(
            "onboarding/transfer.html",
            story=story,
            one=found,
            transfers=TRANSFERS,
            offers=offers(transfer.WORKFLOW, case),
            problem=problem,
        )

    def reopen(self, here: Visitor, identifier: str) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            pages.transfer_of(self._engine, connection, here.trust, here.actor, identifier)
        try:
            with self._engine.transaction(here.actor) as tx:
                subject = Subject(kind=transfer.KIND, trust=here.trust, id=identifier)
                tx.fire(subject, transfer.Trigger.REOPEN)
        except (Refused, NotDeclared) as refusal:
            return make_response(self.transfer(here, identifier, _sentence(refusal)), 409)
        flash("It is asked again.")
        return redirect(url_for(".show_transfer", id=identifier), 303)

    def _offers(self, here: Visitor, found: Applicant) -> Any:
        case = Case(record=found, facts=_COULD_BRING, actor=here.actor, now=self._engine.clock())
        return offers(applicant.WORKFLOW, case)

    def _fired(self, here: Visitor, found: Applicant, named: str, form: Said) -> list[str]:
        """Take a step; return why it was refused."""
        trigger = next(one for one in BUTTONS if _path(one) == named)
        values = {name: form[name].data for name in FIELDS.get(trigger, ())}
        facts = {name: value.isoformat() if name == "hire_on" else value for name, value in values.items() if value}
        try:
            with self._engine.transaction(here.actor) as tx:
                tx.fire(Subject(kind=applicant.KIND, trust=here.trust, id=found.id), trigger, facts)
        except Refused as refusal:
            return list(refusal.reasons)
        except NotDeclared as refusal:
            return [refusal.sentence]
        return []

    def _state_of(self, here: Visitor, identifier: str) -> str:
        with self._engine.reading() as connection:
            found = pages.applicant_of(self._engine, connection, here.trust, here.actor, identifier)
        return STATES[found.state or ApplicantState.PREFERRED_APPLICANT][0]


def _preferred(tx: Transaction, here: Visitor, form: NewApplicant) -> dict[str, Any]:
    """Return the facts of a new applicant; who is not on a staff record yet is put on one."""
    known = select(persons.c.id).where(persons.c.trust == here.trust, persons.c.email == form.email.data)
    person = tx.connection.scalars(known.order_by(persons.c.id)).first()
    if person is None:
        person = new_id(tx.now)
        new = Person(
            trust=here.trust,
            id=person,
            name=form.name.data,
            email=form.email.data,
            organisation=form.organisation.data,
        )
        people.add_person(tx.connection, new)
    hire_on = form.hire_on.data.isoformat() if form.hire_on.data else None
    place = form.organisation.data
    return {"person": person, "organisation": place, "position": form.position.data, "hire_on": hire_on}


def _path(trigger: StrEnum) -> str:
    return str(trigger).lower().replace("_", "-")


def _sentence(refusal: Refused | NotDeclared) -> str:
    return " ".join(refusal.reasons) if isinstance(refusal, Refused) else refusal.sentence
