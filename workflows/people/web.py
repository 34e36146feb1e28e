"""The pages of people: a list, and for each person what every part of the house knows of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flask import Blueprint, render_template, request
from sqlalchemy import Connection

from engine.roles import directory
from engine.settings import Settings
from engine.text import clean
from engine.transaction import Engine
from engine.web import journal
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from workflows.people import pages, store
from workflows.people.records import Person
from workflows.people.responsibilities import SYSTEM_ADMINISTRATOR

_LONGEST_SEARCH = 100


class Section(Protocol):
    """One part of a person's page, by the package whose data it shows."""

    @property
    def template(self) -> str:
        """Return the template of the part; it sees `person` and its own context."""
        ...

    def context(self, connection: Connection, here: Visitor, person: Person) -> Mapping[str, Any]:
        """Return what the template shows; its names must be its own."""
        ...


def blueprint(engine: Engine, settings: Settings, sections: Sequence[Section] = ()) -> Blueprint:  # noqa: ARG001
    """Return the pages of people; each section adds a part to the page of a person."""
    people = Blueprint("people", __name__, template_folder="templates", url_prefix="/people")

    @people.get("/")
    @requires(*journal.READERS)
    def index() -> str:
        """List the people of the visitor's organisations."""
        here, words = visitor(), clean(request.args.get("q", ""), _LONGEST_SEARCH)
        with engine.reading() as connection:
            places = directory.reach(connection, here.trust, here.actor, journal.READERS)
            page = pages.people_in(connection, here.trust, places, words, cursor=request.args.get("after"))
        return render_template("people/people.html", page=page, q=words)

    @people.get("/<id>")
    @requires(*journal.READERS)
    def one(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show a person whom the visitor looks after."""
        here = visitor()
        with engine.reading() as connection:
            person = pages.within_reach(connection, here.trust, here.actor, id)
            context: dict[str, Any] = {}
            for section in sections:
                context |= section.context(connection, here, person)
            return render_template(
                "people/person.html",
                **context,
                person=person,
                assignments=store.assignments_of(connection, here.trust, [id]).get(id, ()),
                places=pages.names(connection, here.trust),
                sections=sections,
                may_give=any(held == SYSTEM_ADMINISTRATOR for held, _place in here.actor.grants),
            )

    return people
