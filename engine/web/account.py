"""Signing in and out, the user name that was forgotten, the password that was forgotten.

What a page answers never tells whether an account exists. Opening a link changes nothing: mail scanners open them all
(SECURITY 14, 23).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.wrappers import Response
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from engine import accounts
from engine.errors import Missing
from engine.letters import Letter
from engine.settings import Settings
from engine.transaction import Engine
from engine.web import rates, visitors
from engine.web.addresses import local
from engine.web.forms import Form
from engine.web.mishaps import RateLimited
from engine.web.permissions import public

_Links = Callable[[Connection, str, str, datetime], Sequence[Letter]]
_MOST_FAILURES = 10
_MOST_FROM_ONE_PLACE = 200
_MOST_MAILS = 5
_SHORTEST, _LONGEST = accounts.SHORTEST_PASSWORD, accounts.LONGEST_PASSWORD
_LENGTH = f"The password must have {_SHORTEST} to {_LONGEST} characters."
_WRONG = "The user name or the password is not right."


class SignIn(Form):
    """A user name and a password."""

    username = StringField("User name", [InputRequired("Enter your user name."), Length(max=80)])
    password = PasswordField("Password", [InputRequired("Enter your password."), Length(max=256)])


class Lookup(Form):
    """The address at which somebody gets mail."""

    email = EmailField(
        "E-mail address",
        [InputRequired("Enter your e-mail address."), Length(max=254)],
        description="The one that your trust has for you.",
    )


class Forgotten(Form):
    """A user name."""

    username = StringField("User name", [InputRequired("Enter your user name."), Length(max=80)])


class NewPassword(Form):
    """A new password, twice."""

    password = PasswordField(
        "New password",
        [
            InputRequired("Enter a new password."),
            Length(_SHORTEST, _LONGEST, _LENGTH),
        ],
        description=f"At least {_SHORTEST} characters. Three words that have nothing in common will do.",
    )
    again = PasswordField(
        "New password again",
        [InputRequired("Enter the new password again."), EqualTo("password", "The two passwords differ.")],
    )


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages by which people get in."""
    pages = Blueprint("account", __name__)

    @pages.route("/sign-in", methods=["GET", "POST"])
    @public
    def sign_in() -> ResponseReturnValue:
        """Ask for a user name and a password; the right ones start a new session."""
        return _sign_in(engine, SignIn(), by_provider=settings.oidc is not None)

    @pages.post("/sign-out")
    @public
    def sign_out() -> ResponseReturnValue:
        """End every session of the account: a copy of the cookie, on a shared computer say, must not outlive it."""
        return _sign_out(engine)

    @pages.route("/forgotten/user-name", methods=["GET", "POST"])
    @public
    def user_name() -> ResponseReturnValue:
        """Send the user name to an address; the answer is the same for one that nobody has (SYS-01)."""
        form = Lookup()
        whom = form.email.data if form.validate_on_submit() else None
        return _send(engine, settings, accounts.links_for_email, whom) or render_template(
            "engine/user_name.html", form=form
        )

    @pages.route("/forgotten/password", methods=["GET", "POST"])
    @public
    def password() -> ResponseReturnValue:
        """Send a link for a new password; the answer is the same for an unknown user name (SYS-02)."""
        form = Forgotten()
        whom = form.username.data if form.validate_on_submit() else None
        return _send(engine, settings, accounts.links_for_username, whom) or render_template(
            "engine/password.html", form=form
        )

    @pages.get("/forgotten/sent")
    @public
    def sent() -> ResponseReturnValue:
        """Say what to expect."""
        return render_template("engine/sent.html")

    @pages.route("/reset/<secret>", methods=["GET", "POST"])
    @public
    def reset(secret: str) -> ResponseReturnValue:
        """Set a password by a link; only sending the form uses the link up."""
        return _reset(engine, secret, NewPassword())

    return pages


def _sign_in(engine: Engine, form: SignIn, *, by_provider: bool) -> ResponseReturnValue:
    if form.validate_on_submit():
        if _admitted(engine, form.username.data, form.password.data):
            return redirect(local(request.args.get("next", "/")), 303)
        form.form_errors.append(_WRONG)
    return render_template("engine/sign_in.html", form=form, by_provider=by_provider)


def _sign_out(engine: Engine) -> Response:
    here = visitors.visitor_or_none()
    if here is not None:
        with engine.transaction(here.actor) as tx:
            accounts.end_sessions(tx.connection, here.trust, here.actor.id)
    there_too = visitors.came_by_provider()
    visitors.dismiss()
    flash("You have signed out.")
    return redirect(url_for("provider.leave" if there_too else "account.sign_in"), 303)


def _admitted(engine: Engine, username: str, password: str) -> bool:
    """Say whether they may come in, and start their session; a failure is counted, and too many end it here."""
    mine, place = rates.bucket("sign-in", username), rates.bucket("sign-in-from", request.remote_addr or "")
    now = engine.clock()
    with engine.reading() as conn:
        row = accounts.find(conn, username)
        tried, from_here = rates.hits(conn, mine, now), rates.hits(conn, place, now)
    if tried >= _MOST_FAILURES or from_here >= _MOST_FROM_ONE_PLACE:
        raise RateLimited
    right = accounts.is_right(row, password)  # first, for an unknown user name must take as long
    if row is None or not right:
        with engine.transaction() as transaction:
            rates.hit(transaction.connection, mine, now)
            rates.hit(transaction.connection, place, now)
        return False
    visitors.admit(row["trust"], row["id"], row["session"], now)
    return True


def _send(engine: Engine, settings: Settings, links: _Links, whom: str | None) -> Response | None:
    """Queue the letters, unless this was asked too often: nobody can tell the difference."""
    if whom is None:
        return None
    mine, place = rates.bucket("link", whom), rates.bucket("link-from", request.remote_addr or "")
    with engine.transaction() as transaction:
        conn, now = transaction.connection, transaction.now
        few = rates.hit(conn, mine, now) <= _MOST_MAILS, rates.hit(conn, place, now) <= _MOST_FROM_ONE_PLACE
        letters = links(conn, whom, settings.app_origin, now) if all(few) else ()
        if letters:
            transaction.post(letters)
    return redirect(url_for("account.sent"), 303)


def _reset(engine: Engine, secret: str, form: NewPassword) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            with engine.transaction() as transaction:
                accounts.use_link(transaction.connection, secret, form.password.data, transaction.now)
        except Missing:
            return render_template("engine/link_spent.html"), 410
        visitors.dismiss()
        flash("Your new password is set. Sign in with it.")
        return redirect(url_for("account.sign_in"), 303)
    with engine.reading() as conn:
        if accounts.link_stands(conn, secret, engine.clock()):
            return render_template("engine/reset.html", form=form)
    return render_template("engine/link_spent.html"), 410
