"""The page of forecasts: what will be sent if nothing changes, and what a change would make of it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from engine.errors import Conflict, Invalid, NotAllowed
from engine.settings import Settings
from engine.transaction import Engine
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from workflows.competence import store
from workflows.foresight import asking
from workflows.foresight.changes import change_of
from workflows.people import pages as people_pages
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

_LONGEST: Final = 92
_PREPARED: Final = ("kind", "competence", "organisation", "course_class", "account")
"""What a link to the page may fill in."""


class Asked(Form):
    """How far to look, and a change to be tried."""

    days = IntegerField(
        "How many days to look ahead",
        [InputRequired("Enter a number of days."), NumberRange(1, _LONGEST, f"Enter a number from 1 to {_LONGEST}.")],
        default=30,
    )
    kind = SelectField(
        "A change to try (optional)",
        choices=[
            SelectChoice("", "None: what will be sent if nothing changes"),
            SelectChoice("requirement-added", "A competence is required in an organisation"),
            SelectChoice("requirement-removed", "A competence is no longer required in an organisation"),
            SelectChoice("validity", "A competence is valid for so many months"),
            SelectChoice("class-moved", "A class is moved by so many days"),
            SelectChoice("absence", "Somebody who holds roles is away"),
        ],
    )
    competence = SelectField("Competence", validate_choice=False)
    organisation = SelectField("Organisation", validate_choice=False)
    months = IntegerField("Months of validity", [Optional()])
    by = IntegerField("Days by which the class moves (less than 0 for earlier)", [Optional()])
    course_class = StringField("Class, by the number in its address", [Optional(), Length(max=40)])
    account = StringField("Account of whoever is away", [Optional(), Length(max=40)])

    def change(self) -> dict[str, Any] | None:
        """Return the change as it is tried; None where there is none."""
        if not self.kind.data:
            return None
        said = {"competence": self.competence.data, "organisation": self.organisation.data}
        named = {"class": self.course_class.data, "account": self.account.data}
        return {"kind": self.kind.data, "months": self.months.data, "days": self.by.data, **said, **named}


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the page."""
    page = Blueprint("forecast", __name__, template_folder="templates", url_prefix="/forecast")

    @page.get("/")
    @requires(LEARNING_ADMINISTRATOR)
    def index() -> ResponseReturnValue:
        """Show the form, and how far the forecast is or what it found."""
        prepared = {name: request.args[name] for name in _PREPARED if name in request.args}
        return _page(engine, _allowed(), Asked(data=prepared), 200)

    @page.post("/")
    @requires(LEARNING_ADMINISTRATOR)
    def ask() -> ResponseReturnValue:
        """Begin a forecast."""
        here, form = _allowed(), Asked()
        if not form.validate():
            return _page(engine, here, form, 422)
        try:
            if (change := form.change()) is not None:
                change_of(here.trust, change, here.actor)
            account = here.actor.id
            asking.ask(engine, settings, trust=here.trust, account=account, days=form.days.data, change=form.change())
        except (Invalid, Conflict) as trouble:
            form.form_errors.append(trouble.sentence)
            return _page(engine, here, form, 409 if isinstance(trouble, Conflict) else 422)
        return redirect(url_for(".index"), 303)

    @page.post("/stop")
    @requires(LEARNING_ADMINISTRATOR)
    def stop() -> ResponseReturnValue:
        """Stop the forecast that runs."""
        here = _allowed()
        asking.cancel(engine, here.trust, here.actor.id)
        return redirect(url_for(".index"), 303)

    return page


def _allowed() -> Visitor:
    """Return who is here, if they look after the learning of the whole trust; a forecast shows all of it."""
    here = visitor()
    if not here.actor.may((LEARNING_ADMINISTRATOR,), (here.trust,)):
        raise NotAllowed("Only who looks after the learning of the whole trust sees its forecast.")
    return here


def _page(engine: Engine, here: Visitor, form: Asked, status: int) -> ResponseReturnValue:
    with engine.reading() as connection:
        form.competence.choices = [SelectChoice(one.id, one.name) for one in store.catalogue(connection, here.trust)]
        places = sorted(people_pages.names(connection, here.trust).items(), key=lambda one: one[1])
        form.organisation.choices = [SelectChoice(*place) for place in places]
        asked = asking.latest(connection, here.trust, here.actor.id, engine.clock())
    running = asked is not None and asked["state"] == asking.State.RUNNING
    return make_response(render_template("foresight/forecast.html", form=form, asked=asked, running=running), status)
