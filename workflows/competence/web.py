"""The page of competences, and the part of a person's page that shows which they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, render_template, url_for
from sqlalchemy import Connection

from engine.settings import Settings
from engine.transaction import Engine
from engine.web import dates, journal
from engine.web import why as why_pages
from engine.web.permissions import requires, signed_in
from engine.web.visitors import Visitor, visitor
from engine.why import Evidence
from workflows.competence import pages, reasons, store
from workflows.people import pages as people_pages
from workflows.people.records import Person


def blueprint(engine: Engine, settings: Settings) -> Blueprint:  # noqa: ARG001
    """Return the page of competences."""
    competences = Blueprint("competence", __name__, template_folder="templates", url_prefix="/competences")

    @competences.get("/")
    @requires(*journal.READERS)
    def index() -> str:
        """List what people must know, for how long it is valid, and where it is required."""
        here = visitor()
        with engine.reading() as connection:
            return render_template(
                "competence/competences.html",
                competences=store.catalogue(connection, here.trust),
                required=pages.required_where(connection, here.trust),
                places=people_pages.names(connection, here.trust),
            )

    @competences.get("/<competence>/why")
    @signed_in
    def my_why(competence: str) -> str:
        """Say why a competence has its colour for the visitor."""
        here = visitor()
        with engine.reading() as connection:
            said = reasons.colour(connection, here.trust, here.actor.person or "", competence, today_of(engine))
        return render_template("competence/why.html", said=said, address=_own_address, back=None)

    @competences.get("/<competence>/why/<person>")
    @requires(*journal.READERS)
    def why(competence: str, person: str) -> str:
        """Say why a competence has its colour for somebody whom the visitor looks after."""
        here = visitor()
        with engine.reading() as connection:
            them = people_pages.within_reach(connection, here.trust, here.actor, person)
            said = reasons.colour(connection, here.trust, them.id, competence, today_of(engine))
        return render_template("competence/why.html", said=said, address=why_pages.address, back=them)

    return competences


def today_of(engine: Engine) -> date:
    """Return the day that it is where the trust is."""
    return engine.clock().astimezone(ZoneInfo(dates.ZONE)).date()


def _own_address(evidence: Evidence | None) -> str | None:
    """Return the learner's own page of a record, where this application has it."""
    if evidence is None or "learning.why" not in current_app.view_functions:
        return None
    return url_for("learning.why", kind=evidence.kind, id=evidence.id)


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of a person's page that shows their competences (`people.web.Section`)."""

    engine: Engine
    template: ClassVar[str] = "competence/_person.html"

    def context(self, connection: Connection, here: Visitor, person: Person) -> Mapping[str, Any]:
        """Return what a person must hold and does hold."""
        today = today_of(self.engine)
        return {
            "profile": store.profiles(connection, here.trust, [person.id], today)[person.id],
            "past": pages.past_of(connection, here.trust, person.id),
            "today": today,
        }
