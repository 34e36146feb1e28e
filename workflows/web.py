"""The pages of the workflows, put into the frame: blueprints, entries of the menu, and the forms of the worklist."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from engine import incident
from engine.settings import Settings
from engine.transaction import Engine
from engine.web import frame
from engine.web.incident_pages import Shown
from engine.web.presenting import Presenter
from engine.web.template_question import TextQuestion
from engine.wording import template_version
from workflows import wiring
from workflows.competence import web as competence
from workflows.foresight import web as foresight
from workflows.learning import enrolment, stuck
from workflows.learning import web as learning
from workflows.learning.requests import PlaceRequest
from workflows.learning.stuck_question import StuckQuestion
from workflows.onboarding import transfer
from workflows.onboarding import web as onboarding
from workflows.onboarding.stat_and_mand import StatAndMand
from workflows.people import data_pages
from workflows.people import web as people


def install(app: Flask, engine: Engine, settings: Settings) -> None:
    """Add the pages of every subject area, and their entries in the menu."""
    sections = (
        competence.Profile(engine),
        learning.Enrolments(engine, settings),
        onboarding.Applications(engine),
    )
    app.register_blueprint(people.blueprint(engine, settings, sections))
    app.register_blueprint(data_pages.blueprint(engine, wiring.REGISTER))
    app.register_blueprint(competence.blueprint(engine, settings))
    app.register_blueprint(learning.blueprint(engine, settings))
    app.register_blueprint(onboarding.blueprint(engine, settings))
    app.register_blueprint(foresight.blueprint(engine, settings))
    frame.menu(app, "My learning", "learning.home", 10)
    frame.menu(app, "Classes", "learning.classes.index", 30)
    frame.menu(app, "Courses", "learning.offerings.index", 35)
    frame.menu(app, "People", "people.index", 40)
    frame.menu(app, "Applicants", "onboarding.index", 45)
    frame.menu(app, "Competences", "competence.index", 60)
    frame.menu(app, "Forecast", "forecast.index", 65)


def presenters(engine: Engine) -> Mapping[str, Presenter]:
    """Return how the questions of the workflows are shown, by kind of subject."""
    return {
        enrolment.KIND: PlaceRequest(engine),
        incident.KIND: Shown(),
        stuck.KIND: StuckQuestion(),
        template_version.KIND: TextQuestion(),
        transfer.KIND: StatAndMand(engine),
    }
