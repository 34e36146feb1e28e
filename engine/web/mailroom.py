"""The mail that came: what became of it, and what waits for a person; shown as text only, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping
from werkzeug.wrappers import Response

from engine import text
from engine.errors import EngineError
from engine.mailroom import store
from engine.mailroom.records import Kind, State
from engine.roles import directory
from engine.transaction import Engine
from engine.web import asked
from engine.web.messages import READERS
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor

KINDS: Final[Mapping[str, str]] = {
    Kind.MEETING: "Answer to a meeting",
    Kind.ANSWER: "Answer to a question",
    Kind.ABSENCE: "Out of office",
    Kind.BOUNCE: "Not delivered",
    Kind.AUTOMATIC: "Automatic",
    Kind.OTHER: "Other",
}
STATES: Final[Mapping[str, tuple[str, str]]] = {
    State.WAITING: ("Not read yet", "blue"),
    State.DONE: ("Dealt with by itself", "green"),
    State.PERSON: ("Waits for somebody", "yellow"),
    State.HANDLED: ("Dealt with", "grey"),
    State.DELETED: ("Deleted", "grey"),
}
_WAITING: Final = (State.PERSON, State.WAITING)
_LONGEST_SOURCE: Final = 50_000
_LONGEST_NOTE: Final = 500
_PLACE: Final = re.compile(r"(?:/(?P<page>classes|worklist)/)(?P<id>[A-Za-z0-9-]{1,40})")
_PAGES: Final[Mapping[str, str]] = {"classes": "class", "worklist": "approval"}
_NO_PLACE: Final = "Enter the address of the page of a class or of a question, as your browser shows it."
_NOT_YOURS: Final = "There is no such class or question, or you do not look after it."
_STALE: Final = "Somebody else dealt with this mail meanwhile."


def blueprint(engine: Engine) -> Blueprint:
    """Return the pages of mail that came."""
    pages = Blueprint("mailroom", __name__, url_prefix="/mail")
    desk = _Desk(engine)

    @pages.get("/")
    @requires(*READERS)
    def index() -> str:
        """List the mail of the organisations that the visitor answers for, the newest first."""
        return desk.index(visitor())

    @pages.get("/<id>")
    @requires(*READERS)
    def mail(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show one mail as text."""
        return desk.page(visitor(), id)

    @pages.post("/<id>/handled")
    @requires(*READERS)
    def handled(id: str) -> ResponseReturnValue:  # noqa: A002
        """Note that somebody dealt with it."""
        note = text.clean(request.form.get("note", ""), _LONGEST_NOTE)
        return desk.settled(visitor(), id, f"Dealt with. {note}".strip(), state=State.HANDLED)

    @pages.post("/<id>/assign")
    @requires(*READERS)
    def assign(id: str) -> ResponseReturnValue:  # noqa: A002
        """Note what it belongs to."""
        return desk.assign(visitor(), id, request.form.get("place", ""))

    @pages.route("/<id>/delete", methods=["GET", "POST"])
    @requires(*READERS)
    def delete(id: str) -> ResponseReturnValue:  # noqa: A002
        """Ask whether its contents are to be deleted, and delete them."""
        if request.method == "GET":
            return desk.page(visitor(), id, template="engine/mailroom_delete.html")
        return desk.settled(visitor(), id, "Its contents were deleted.", state=State.DELETED, **store.EMPTIED)

    return pages


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def index(self, here: Visitor) -> str:
        shown = request.args.get("show", "")
        states = tuple(State) if shown == "all" else _WAITING
        about = (request.args.get("kind", ""), request.args.get("subject", ""))
        with self._engine.reading() as connection:
            rows, after = store.listed(
                connection,
                here.trust,
                _reach(connection, here),
                tuple(State) if all(about) else states,
                about=about if all(about) else None,
                cursor=request.args.get("after"),
            )
        return render_template("engine/mailroom.html", rows=rows, after=after, shown=shown, about=all(about), **_WORDS)

    def page(
        self, here: Visitor, identifier: str, problem: str = "", *, template: str = "engine/mailroom_one.html"
    ) -> str:
        with self._engine.reading() as connection:
            row = self._one(connection, here, identifier)
        found = row["found"] or {}
        return render_template(
            template,
            row=row,
            parts=found.get("parts", ()),
            doubts=found.get("doubts", ()),
            source=text.clean_lines(row["raw"][:_LONGEST_SOURCE].decode("latin-1"), _LONGEST_SOURCE),
            cut=len(row["raw"]) > _LONGEST_SOURCE,
            problem=problem,
            place=request.form.get("place", ""),
            may_act=row["state"] in {State.PERSON, State.DONE, State.HANDLED},
            **_WORDS,
        )

    def settled(self, here: Visitor, identifier: str, outcome: str, **said: Any) -> Response:
        """Write down what somebody did, beside what had become of it before."""
        with self._engine.transaction(here.actor) as tx:
            row = self._one(tx.connection, here, identifier)
            told = f"{row['outcome']} {here.actor.name}: {outcome}".strip()
            done = row["state"] not in {State.WAITING, State.DELETED}
            done = done and store.handled(tx.connection, row, here.actor, tx.now, outcome=told, **said)
        flash(outcome if done else _STALE)
        return redirect(url_for(".index") if done else url_for(".mail", id=identifier), 303)

    def assign(self, here: Visitor, identifier: str, place: str) -> ResponseReturnValue:
        named = _PLACE.search(place)
        if named is None:
            return self.page(here, identifier, _NO_PLACE), 422
        kind, subject = _PAGES[named["page"]], named["id"]
        with self._engine.reading() as connection:
            organisation = self._organisation(connection, here, kind, subject)
        if organisation is None:
            return self.page(here, identifier, _NOT_YOURS), 422
        said = {"about_kind": kind, "about": subject, "organisation": organisation}
        return self.settled(here, identifier, f"It belongs to this {kind}.", state=State.HANDLED, **said)

    def _organisation(self, connection: Connection, here: Visitor, kind: str, subject: str) -> str | None:
        """Return where something is that the visitor looks after; None for anything else."""
        try:
            if kind == "approval":
                asked.one_of(connection, here.trust, here.actor, subject)
            _workflow, keep = self._engine.kept(kind)
        except EngineError:
            return None
        table = keep.table
        mine = (table.c.trust == here.trust, table.c.id == subject)
        found: str | None = connection.execute(
            table.select().with_only_columns(table.c.organisation).where(*mine)
        ).scalar_one_or_none()
        return found if found in _reach(connection, here) else None

    def _one(self, connection: Connection, here: Visitor, identifier: str) -> RowMapping:
        return store.one(connection, here.trust, _reach(connection, here), identifier)


_WORDS: Final[Mapping[str, Any]] = {
    "kinds": {str(kind): words for kind, words in KINDS.items()},
    "states": {str(state): words for state, words in STATES.items()},
}


def _reach(connection: Connection, here: Visitor) -> Collection[str]:
    return directory.reach(connection, here.trust, here.actor, READERS)
