"""The pages of saved views and of the keyboard: save, rename, open with, delete; single keys on or off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from engine.errors import Invalid
from engine.transaction import Engine, Transaction
from engine.web import saved_views, worklist_filters
from engine.web.permissions import signed_in
from engine.web.visitors import visitor

_Act = Callable[[Transaction, str, str, str], str]


def add(pages: Blueprint, engine: Engine) -> None:
    """Add the pages to the worklist's."""

    @pages.route("/views", methods=["GET", "POST"])
    @signed_in
    def views() -> ResponseReturnValue:
        """Show an account's views, or save the list that it was looking at under a name."""
        return _saved(engine) if request.method == "POST" else _shown(engine, {})

    @pages.post("/views/<id>/<act>")
    @signed_in
    def view(id: str, act: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Rename a view, open the worklist with it or no longer, or delete it."""
        return _changed(engine, id, act)

    @pages.route("/keys", methods=["GET", "POST"])
    @signed_in
    def keys() -> ResponseReturnValue:
        """Show what each key does, and switch single keys on or off."""
        return _switched(engine) if request.method == "POST" else _keys(engine)


def _shown(engine: Engine, wrong: Mapping[str, str]) -> str:
    here = visitor()
    with engine.reading() as connection:
        views = saved_views.of(connection, here.trust, here.actor.id)
    known = {"views": views, "wrong": wrong, "typed": request.form, "longest": saved_views.LONGEST_NAME}
    return render_template("engine/worklist_views.html", **known)


def _saved(engine: Engine) -> ResponseReturnValue:
    """Save what the form says was looked at; only filters of ours are kept of it."""
    here, query = visitor(), worklist_filters.read(request.form).written()
    try:
        with engine.transaction(here.actor) as tx:
            who = (tx.connection, here.trust, here.actor.id)
            made = saved_views.save(*who, request.form.get("name", ""), query, tx.now)
            if "usual" in request.form:
                saved_views.choose(*who, made.id)
    except Invalid as error:
        return _shown(engine, {"name": error.sentence}), 422
    flash(f"The view “{made.name}” is saved.")
    return redirect(f"{url_for('.index')}?{query}", 303)


def _changed(engine: Engine, identifier: str, act: str) -> ResponseReturnValue:
    here = visitor()
    try:
        with engine.transaction(here.actor) as tx:
            done = _ACTS.get(act, _unknown)(tx, here.trust, here.actor.id, identifier)
    except Invalid as error:
        return _shown(engine, {f"name-{identifier}": error.sentence}), 422
    flash(done)
    return redirect(url_for(".views"), 303)


def _renamed(tx: Transaction, trust: str, account: str, view: str) -> str:
    saved_views.rename(tx.connection, trust, account, view, request.form.get(f"name-{view}", ""))
    return "The view has its new name."


def _chosen(tx: Transaction, trust: str, account: str, view: str) -> str:
    saved_views.choose(tx.connection, trust, account, view)
    return "The worklist opens with this view from now on."


def _unchosen(tx: Transaction, trust: str, account: str, _view: str) -> str:
    saved_views.choose(tx.connection, trust, account, None)
    return "The worklist opens with all that you have to do."


def _deleted(tx: Transaction, trust: str, account: str, view: str) -> str:
    saved_views.forget(tx.connection, trust, account, view)
    return "The view is deleted. What it listed is still there."


def _unknown(_tx: Transaction, _trust: str, _account: str, _view: str) -> str:
    raise Invalid("Choose what to do with the view.")


_ACTS: Final[Mapping[str, _Act]] = {
    "rename": _renamed,
    "usual": _chosen,
    "not-usual": _unchosen,
    "delete": _deleted,
}


def _keys(engine: Engine) -> str:
    here = visitor()
    with engine.reading() as connection:
        on = saved_views.shortcuts(connection, here.trust, here.actor.id)
    return render_template("engine/worklist_keys.html", shortcuts=on)


def _switched(engine: Engine) -> AnyResponse:
    here, on = visitor(), request.form.get("shortcuts") == "on"
    with engine.transaction(here.actor) as tx:
        saved_views.set_shortcuts(tx.connection, here.trust, here.actor.id, on=on)
    flash("Single keys are shortcuts now." if on else "Single keys do nothing any more.")
    return redirect(url_for(".keys"), 303)
