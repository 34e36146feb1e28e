"""The pages on which people take everything that is kept about them, and administrators give or erase it."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from engine import text
from engine.errors import Missing, NotAllowed, Refused
from engine.machine import Actor
from engine.privacy import subject_access
from engine.privacy.personal import Register
from engine.privacy.subject_access import NoPdf
from engine.transaction import Engine, Transaction
from engine.web import rates
from engine.web.mishaps import RateLimited
from engine.web.permissions import requires, signed_in
from engine.web.visitors import visitor
from engine.wording.notices import LANGUAGES
from workflows.people import pages, requests, store
from workflows.people.records import Person
from workflows.people.requests import Trigger
from workflows.people.responsibilities import SYSTEM_ADMINISTRATOR

_WRITERS: Final = {
    "json": (subject_access.as_json, "application/json"),
    "pdf": (subject_access.as_pdf, "application/pdf"),
}
_LONGEST_REASON: Final = 500
_MOST_COPIES: Final = 20


def blueprint(engine: Engine, register: Register) -> Blueprint:
    """Return the pages; every copy that is given, and every erasure, is recorded first."""
    data = Blueprint("data", __name__, template_folder="templates")
    _speaking(data, engine)

    @data.get("/my-data")
    @signed_in
    def mine() -> str:
        """Offer people their own data."""
        with engine.reading() as connection:
            return _page(connection, _own(connection, visitor().trust, visitor().actor), own=True)

    @data.post("/my-data")
    @signed_in
    def give_mine() -> AnyResponse:
        """Give people their own data."""
        with engine.reading() as connection:
            person = _own(connection, visitor().trust, visitor().actor)
        return _given(engine, register, person, own=True)

    @data.get("/people/<id>/data")
    @requires(SYSTEM_ADMINISTRATOR)
    def theirs(id: str) -> str:  # noqa: A002 - it is the address's name
        """Offer to give what is kept of somebody, or to erase it."""
        with engine.reading() as connection:
            return _page(connection, pages.within_reach(connection, visitor().trust, visitor().actor, id), own=False)

    @data.post("/people/<id>/data")
    @requires(SYSTEM_ADMINISTRATOR)
    def give_theirs(id: str) -> AnyResponse:  # noqa: A002
        """Give what is kept of somebody."""
        with engine.reading() as connection:
            person = pages.within_reach(connection, visitor().trust, visitor().actor, id)
        return _given(engine, register, person, own=False)

    @data.post("/people/<id>/erase")
    @requires(SYSTEM_ADMINISTRATOR)
    def erase(id: str) -> AnyResponse:  # noqa: A002
        """Erase what names somebody, once it is confirmed and a reason is given."""
        with engine.reading() as connection:
            person = pages.within_reach(connection, visitor().trust, visitor().actor, id)
        return _erased(engine, person)

    return data


def _speaking(data: Blueprint, engine: Engine) -> None:
    """Add the form in which people choose the language of their letters."""

    @data.post("/my-data/language")
    @signed_in
    def speak() -> AnyResponse:
        """Have the visitor's own letters written in another language."""
        language = request.form.get("language", "")
        with engine.transaction(visitor().actor) as tx:
            person = _own(tx.connection, visitor().trust, visitor().actor)
            if language in LANGUAGES:
                store.set_language(tx.connection, person.trust, person.id, language)
        if language not in LANGUAGES:
            return _again(engine, person, own=True, wrong={"language": "Choose a language."})
        flash(f"Your e-mails are in {LANGUAGES[language]} from now on, where they have been written in it.")
        return redirect(url_for(".mine"), 303)


def _own(connection: Connection, trust: str, actor: Actor) -> Person:
    """Return the visitor's own record; raises `Missing` for an account that is nobody's."""
    if actor.person is None:
        raise Missing("This account belongs to no person, so nothing is kept about anybody under it.")
    return store.person(connection, trust, actor.person)


def _page(connection: Connection, person: Person, *, own: bool, **context: Any) -> str:
    posts = store.assignments_of(connection, person.trust, [person.id]).get(person.id, ())
    return render_template(
        "people/data.html",
        prints=subject_access.prints(),
        person=person,
        own=own,
        posts=posts,
        languages=LANGUAGES,
        wrong=context.get("wrong", {}),
        typed=request.form,
    )


def _given(engine: Engine, register: Register, person: Person, *, own: bool) -> AnyResponse:
    form = request.form.get("form", "")
    if form not in _WRITERS:
        return _again(engine, person, own=own, wrong={"form": "Choose how you want it."})
    write, kind = _WRITERS[form]
    try:
        with engine.transaction(visitor().actor) as tx:
            _count(tx)
            tx.start(requests.KIND, person.trust, Trigger.GIVE, {"person": person.id, "form": form})
            made = write(person.name, register.collect(tx.connection, person.trust, person.id), tx.now)
    except NoPdf as trouble:
        return _again(engine, person, own=own, wrong={"form": trouble.sentence})
    named = f"attachment; filename=what-is-kept-{engine.clock():%Y-%m-%d}.{form}"
    return Response(made, content_type=kind, headers={"Content-Disposition": named, "Cache-Control": "no-store"})


def _count(tx: Transaction) -> None:
    """Count a copy, for each costs seconds of a processor; raises `RateLimited` where they are too many."""
    if rates.hit(tx.connection, rates.bucket("data", visitor().actor.id), tx.now) > _MOST_COPIES:
        raise RateLimited


def _erased(engine: Engine, person: Person) -> AnyResponse:
    reason = text.clean_lines(request.form.get("reason", ""), _LONGEST_REASON)
    wrong = {} if reason else {"reason": "Enter why this is erased."}
    if request.form.get("sure") != "yes":
        wrong["sure"] = "Confirm that you want to erase this: it cannot be undone."
    if wrong:
        return _again(engine, person, own=False, wrong=wrong)
    try:
        with engine.transaction(visitor().actor) as tx:
            tx.start(requests.KIND, person.trust, Trigger.ERASE, {"person": person.id, "reason": reason})
    except (Refused, NotAllowed) as refusal:
        return _again(engine, person, own=False, wrong={"": refusal.sentence})
    flash("What named this person is erased. The bare records stay, without a name.")
    return redirect(url_for("people.index"), 303)


def _again(engine: Engine, person: Person, *, own: bool, wrong: dict[str, str]) -> Response:
    with engine.reading() as connection:
        return Response(_page(connection, person, own=own, wrong=wrong), 422)
