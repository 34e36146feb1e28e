"""The page of forecasts: what will be sent if nothing changes, and what a change would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from engine.errors import Conflict, EngineError, Invalid, NotAllowed
from engine.settings import Settings
from engine.text import clean, clean_lines
from engine.transaction import Engine
from engine.web.journal import words
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from engine.wording.notices import ENGLISH
from workflows.foresight import asking
from workflows.foresight.changes import change_of
from workflows.foresight.forms import FORMS, Asked
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR
from workflows.people.tables import persons

_USUAL: Final = 30
_LONGEST_TEXT: Final = 200_000
_PREPARED: Final = ("competence", "organisation", "course_class", "account", "notice", "version", "starts_on")
"""What a link to the page may fill in."""


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the page."""
    page = Blueprint("forecast", __name__, template_folder="templates", url_prefix="/forecast")
    page.app_template_global("what_if")(what_if)
    desk = _Desk(engine, settings)

    @page.get("/")
    @requires(LEARNING_ADMINISTRATOR)
    def index() -> ResponseReturnValue:
        """Show the form, and how far the forecast is or what it found."""
        return desk.index(_allowed())

    @page.post("/")
    @requires(LEARNING_ADMINISTRATOR)
    def ask() -> ResponseReturnValue:
        """Begin a forecast."""
        return desk.ask(_allowed())

    @page.post("/text/<organisation>/<notice>")
    @requires(LEARNING_ADMINISTRATOR)
    def text(organisation: str, notice: str) -> ResponseReturnValue:
        """Begin a forecast of a text that is under the hand in the editor, and not saved."""
        said = {"subject": clean(request.form.get("subject", ""), _LONGEST_TEXT)}
        bodies = {name: clean_lines(request.form.get(name, ""), _LONGEST_TEXT) + "\n" for name in ("text", "html")}
        place = {"notice": notice, "organisation": organisation, "language": request.form.get("language", ENGLISH)}
        change = {"kind": "template", **place, **said, **bodies}
        desk.begin(_allowed(), _USUAL, change)
        return redirect(url_for(".index"), 303)

    @page.post("/stop")
    @requires(LEARNING_ADMINISTRATOR)
    def stop() -> ResponseReturnValue:
        """Stop the forecast that runs."""
        here = _allowed()
        asking.cancel(engine, here.trust, here.actor.id)
        return redirect(url_for(".index"), 303)

    return page


def what_if(kind: str, **said: Any) -> str | None:
    """Return the address at which a change can be tried; None for those who see no forecasts."""
    here = visitor()
    return url_for("forecast.index", kind=kind, **said) if _may(here) else None


class _Desk:
    """Where forecasts are asked for and shown."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def index(self, here: Visitor) -> ResponseReturnValue:
        prepared = {name: request.args[name] for name in _PREPARED if name in request.args}
        kind = request.args.get("kind", "")
        kind = kind if kind in FORMS else ""
        with self._engine.reading() as connection:
            form = FORMS[kind](request.args if prepared else None)
            form.offer(connection, here.trust, self._engine.clock())
        return self._page(here, kind, form, 200)

    def ask(self, here: Visitor) -> ResponseReturnValue:
        kind, now = request.form.get("kind", ""), self._engine.clock()
        if kind not in FORMS:
            raise Invalid("There is no such change.", field="kind")
        form = FORMS[kind]()
        with self._engine.reading() as connection:
            form.offer(connection, here.trust, now)
            said = form.change(connection, here.trust, now) if form.validate() else None
        if form.errors or (kind and said is None):
            return self._page(here, kind, form, 422)
        try:
            self.begin(here, form.days.data, {"kind": kind, **said} if said else None)
        except EngineError as trouble:
            form.form_errors.append(trouble.sentence)
            return self._page(here, kind, form, 409 if isinstance(trouble, Conflict) else 422)
        return redirect(url_for(".index"), 303)

    def begin(self, here: Visitor, days: int, change: Mapping[str, Any] | None) -> None:
        """Begin; raises `Invalid` for a change that cannot be, `Conflict` while another one runs."""
        if change is not None:
            change_of(here.trust, change, here.actor)
        account = here.actor.id
        asking.ask(self._engine, self._settings, trust=here.trust, account=account, days=days, change=change)

    def _page(self, here: Visitor, kind: str, form: Asked, status: int) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            asked = asking.latest(connection, here.trust, here.actor.id, self._engine.clock())
            names = _names(connection, here.trust, (asked or {}).get("result") or {})
        page = render_template(
            "foresight/forecast.html",
            form=form,
            kind=kind,
            kinds={key: one.title for key, one in FORMS.items()},
            asked=asked,
            running=asked is not None and asked["state"] == asking.State.RUNNING,
            names=names,
            titles={key: workflow.title for key, (workflow, _keep) in self._engine.keeps.items()},
            words=words,
        )
        return make_response(page, status)


def _may(here: Visitor) -> bool:
    return here.actor.may((LEARNING_ADMINISTRATOR,), (here.trust,))


def _allowed() -> Visitor:
    """Return who is here, if they look after the learning of the whole trust; a forecast shows all of it."""
    here = visitor()
    if not _may(here):
        raise NotAllowed("Only who looks after the learning of the whole trust sees its forecast.")
    return here


def _names(connection: Connection, trust: str, result: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the names of the people in a result, by id."""
    letters = [*result.get("letters", ()), *result.get("more", ()), *result.get("fewer", ())]
    moves = [one for some in result.get("moved", {}).values() for one in some]
    about = {one["person"] for one in (*letters, *moves) if one["person"]}
    found = select(persons.c.id, persons.c.name).where(persons.c.trust == trust, persons.c.id.in_(about))
    return {row.id: row.name for row in connection.execute(found)}
