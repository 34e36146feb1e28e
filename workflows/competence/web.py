"""The page of competences, and the part of a person's page that shows which they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from sqlalchemy import Connection

from engine.settings import Settings
from engine.transaction import Engine
from engine.web import dates, journal
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from workflows.competence import pages, store
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

    return competences


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of a person's page that shows their competences (`people.web.Section`)."""

    engine: Engine
    template: ClassVar[str] = "competence/_person.html"

    def context(self, connection: Connection, here: Visitor, person: Person) -> Mapping[str, Any]:
        """Return what a person must hold and does hold."""
        today = self.engine.clock().astimezone(ZoneInfo(dates.ZONE)).date()
        return {
            "profile": store.profiles(connection, here.trust, [person.id], today)[person.id],
            "past": pages.past_of(connection, here.trust, person.id),
            "today": today,
        }
