"""The rules of attempts as pages, for the trust, a package or an offering: what holds, where from, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, and_, select
from wtforms import SelectChoice, SelectField, StringField

from engine.errors import Invalid, Missing, NotAllowed
from engine.machine import Actor
from engine.roles import amendments, directory
from engine.roles.amendments import Amended
from engine.transaction import Engine, Transaction
from engine.web import paging
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from scorm import library
from workflows.learning import catalogue, words
from workflows.learning.attempts import store
from workflows.learning.attempts.pages import SOURCES
from workflows.learning.attempts.rules import CHOICES, NAMES, TITLES, Change, Resolved, Said, Scope, resolved
from workflows.learning.records import Offering
from workflows.learning.tables import courses, offerings
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

_SHOWN: Final = 20
_NO_LIMIT: Final = "Leave it empty to set nothing here; 0 is no limit."
_TEXTS: Final = {"titles": TITLES, "sources": SOURCES, "called": words.called}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """Something for which rules can be set: how it is called, what it sets itself, and what would hold without that."""

    scope: Scope
    key: str
    title: str
    may_change: bool
    own: Said
    wider: tuple[Resolved, ...]
    found: tuple[Resolved, ...]
    offering: Offering | None = None


def ruled(conn: Connection, trust: str, actor: Actor, scope: Scope, key: str) -> Ruled:
    """Return how the rules of something stand; raises `Missing`."""
    offering = catalogue.offering(conn, trust, key) if scope is Scope.OFFERING else None
    own = store.said(conn, trust, scope, key)
    wider = _wider(conn, trust, scope, offering)
    places = directory.reach(conn, trust, actor, [LEARNING_ADMINISTRATOR])
    return Ruled(
        scope=scope,
        key=key,
        title=_title(conn, trust, key, offering) if scope is not Scope.SYSTEM else "",
        may_change=_place(conn, trust, offering) in places,
        own=own,
        wider=resolved(*wider),
        found=resolved(*wider, (scope, own)),
        offering=offering,
    )


def change(tx: Transaction, here: Ruled, trust: str, said: Mapping[str, str | None]) -> None:
    """Set or take back rules, and note each change; raises `Invalid` and `NotAllowed`."""
    if not here.may_change:
        raise NotAllowed("You do not look after the learning of all whom this concerns.")
    changes = list(Change.between(here.own, said))
    store.change(tx.connection, trust, here.scope, here.key, changes, by=tx.actor, now=tx.now)


def blueprint(engine: Engine) -> Blueprint:
    """Return the pages."""
    shown = Blueprint("attempt_rules", __name__, url_prefix="/attempt-rules")
    desk = _Desk(engine)

    @shown.get("/")
    @requires(*RUNS_CLASSES)
    def index() -> str:
        """List what rules can be set for."""
        return desk.index(visitor())

    @shown.route("/trust", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def trust() -> ResponseReturnValue:
        """Show or set the rules of the whole trust."""
        return desk.one(visitor(), Scope.SYSTEM, store.EVERYWHERE)

    @shown.route("/packages/<key>", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def package(key: str) -> ResponseReturnValue:
        """Show or set the rules of a package."""
        return desk.one(visitor(), Scope.PACKAGE, key)

    @shown.route("/offerings/<key>", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def offering(key: str) -> ResponseReturnValue:
        """Show or set the rules of an offering."""
        return desk.one(visitor(), Scope.OFFERING, key)

    return shown


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def index(self, here: Visitor) -> str:
        query = (
            select(offerings.c.id, offerings.c.title.label("offering"), offerings.c.package, courses.c.title)
            .join(courses, and_(courses.c.trust == offerings.c.trust, courses.c.id == offerings.c.course))
            .where(offerings.c.trust == here.trust, offerings.c.package.is_not(None))
        )
        keys, cursor = [courses.c.title, offerings.c.id], request.args.get("after")
        with self._engine.reading() as connection:
            page = paging.page(connection, query, keys, cursor=cursor, limit=_SHOWN)
            stands = ruled(connection, here.trust, here.actor, Scope.SYSTEM, store.EVERYWHERE)
        return render_template("learning/attempt_rules.html", page=page, stands=stands, cursor=cursor, **_TEXTS)

    def one(self, here: Visitor, scope: Scope, key: str) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            stands = ruled(connection, here.trust, here.actor, scope, key)
            noted = amendments.of(connection, here.trust, Amended.ATTEMPTS, store.amended_as(scope, key))
        form = form_of(stands)
        if request.method == "POST" and self._set(here, stands, form):
            flash("The rules are saved. They hold from now on.")
            return redirect(request.path, 303)
        page = render_template("learning/attempt_rule.html", one=stands, form=form, changes=noted, **_TEXTS)
        return make_response(page, 422 if request.method == "POST" else 200)

    def _set(self, here: Visitor, stands: Ruled, form: Form) -> bool:
        said = {name: form[name].data.strip() or None for name in NAMES}
        if not form.validate():
            return False
        try:
            with self._engine.transaction(here.actor) as tx:
                change(tx, stands, here.trust, said)
        except Invalid as wrong:
            form[wrong.facts["field"]].errors = [wrong.sentence]
            return False
        return True


def form_of(stands: Ruled) -> Form:
    """Make the form of all rules; leaving one to what is wider is its first choice."""
    fields: dict[str, Any] = {}
    for name, without in zip(NAMES, stands.wider, strict=True):
        inherited = f"{without.words} ({SOURCES[without.source]})"
        if name == "most":
            hint = f"Without a number here: {inherited}. {_NO_LIMIT}"
            fields[name] = StringField(TITLES[name], default=stands.own.get(name, ""), description=hint)
            continue
        choices = [
            SelectChoice("", f"Not set here: {inherited}"),
            *(SelectChoice(*one) for one in CHOICES[name].items()),
        ]
        fields[name] = SelectField(TITLES[name], choices=choices, default=stands.own.get(name, ""))
    form: Form = type("RulesForm", (Form,), fields)()
    return form


def _wider(conn: Connection, trust: str, scope: Scope, offering: Offering | None) -> tuple[tuple[Scope, Said], ...]:
    if scope is Scope.SYSTEM:
        return ()
    system = (Scope.SYSTEM, store.said(conn, trust, Scope.SYSTEM, store.EVERYWHERE))
    if offering is None:
        return (system,)
    return (system, (Scope.PACKAGE, store.said(conn, trust, Scope.PACKAGE, offering.package or "")))


def _title(conn: Connection, trust: str, key: str, offering: Offering | None) -> str:
    if offering is not None:
        return words.called(offering.course_title, offering.title)
    package = library.package_of(conn, trust, key)
    if package is None:
        raise Missing("There is no such package in this trust.")
    return package.title


def _place(conn: Connection, trust: str, offering: Offering | None) -> str | None:
    """Return the organisation whose learning administrators set the rules: of what is everybody's, the trust itself."""
    if offering is None:
        return trust
    return conn.scalar(select(courses.c.organisation).where(courses.c.trust == trust, courses.c.id == offering.course))
