"""E-mails that somebody gets: the page where they choose, and the links of mails by which one kind is stopped.

Opening a link changes nothing, and nothing is chosen beforehand, for scanners press buttons (SECURITY 14). Only the
POST that a mail program makes by itself acts at once (RFC 8058), and that is undone on the page of the same link.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from wtforms import RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from engine.errors import Missing
from engine.outgoing import choices, mail_links
from engine.outgoing.mail_links import Unsubscription
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from engine.web.forms import Form
from engine.web.permissions import for_machines, public, signed_in
from engine.web.visitors import visitor
from engine.wording import notices, terms
from engine.wording.terms import Pace

_WORDS: Final = {Pace.EACH: "Each as it comes", Pace.DIGEST: "Once a day, in one e-mail", Pace.NONE: "Not at all"}
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
_ZONE: Final = "zone"


class OneKind(Form):
    """How one kind of message comes."""

    pace = RadioField("How do you want to get it?", validators=[InputRequired("Choose how you want to get it.")])


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages of a person's own choices, and those of the links."""
    pages = Blueprint("mail_choices", __name__, url_prefix="/e-mails")

    @pages.route("/", methods=["GET", "POST"])
    @signed_in
    def index() -> ResponseReturnValue:
        """Show and change of every kind of message how it comes."""
        return _own(engine)

    _install_links(pages, engine, secret_for(settings))
    return pages


def _install_links(pages: Blueprint, engine: Engine, key: str) -> None:
    @pages.get("/stop/<secret>")
    @public
    def stop(secret: str) -> ResponseReturnValue:
        """Ask how somebody wants to get this kind of message; nothing happens."""
        return _asked(engine, key, secret)

    @pages.post("/stop/<secret>/choose")
    @public
    def choose(secret: str) -> ResponseReturnValue:
        """Change how this kind of message comes."""
        return _asked(engine, key, secret)

    @pages.post("/stop/<secret>")
    @for_machines
    def at_once(secret: str) -> ResponseReturnValue:
        """Stop this kind of message, as a mail program asks it (RFC 8058 3.2); twice is once."""
        if request.form.get(_ONE_CLICK[0]) != _ONE_CLICK[1]:
            return _plain("This address takes List-Unsubscribe=One-Click and nothing else.", 400)
        try:
            with engine.transaction() as tx:
                found = mail_links.read(tx.connection, key, secret)
                choices.choose(tx.connection, found.trust, found.person, {found.notice: Pace.NONE}, tx.now)
        except Missing as error:
            return _plain(error.sentence, 404)
        return _plain("You get no more e-mails of this kind.", 200)


def _plain(said: str, status: int) -> ResponseReturnValue:
    return said, status, {"Content-Type": "text/plain; charset=utf-8"}


def _own(engine: Engine) -> ResponseReturnValue:
    here = visitor()
    person = here.actor.person
    if person is None:
        return render_template("engine/mail_choices.html", form=None, fixed=_fixed())
    with engine.reading() as connection:
        form = _form(connection, here.trust, person)
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("engine/mail_choices.html", form=form, fixed=_fixed()), status
    with engine.transaction(here.actor) as tx:
        paces = {name: Pace(form[name].data) for name in terms.choosable()}
        choices.choose(tx.connection, here.trust, person, paces, tx.now)
        choices.set_zone(tx.connection, here.trust, person, form[_ZONE].data)
    flash("Your choices are saved.")
    return redirect(url_for(".index"), 303)


def _form(connection: Connection, trust: str, person: str) -> Form:
    """Return a form with a field for each notice of which there is a choice, and one for the time zone."""
    now = choices.chosen(connection, trust, person)
    fields: dict[str, Any] = {name: _field(name, pace) for name, pace in now.items()}
    fields[_ZONE] = SelectField(
        "Your time zone",
        choices=[SelectChoice(name, name.replace("_", " ")) for name in choices.zones()],
        default=choices.zone(connection, trust, person),
        description="Digests, and hours in which mail goes, are by the time there.",
    )
    made: Form = type("Choices", (Form,), fields)()
    return made


def _field(name: str, pace: Pace) -> SelectField:
    allowed = terms.of(name)
    because = f" {allowed.because}" if allowed.because else ""
    return SelectField(
        notices.notice(name).title,
        choices=[SelectChoice(str(one), _WORDS[one]) for one in allowed.choices],
        default=str(pace),
        description=f"{notices.notice(name).about}{because}",
    )


def _fixed() -> list[tuple[str, str]]:
    """Return what always comes, and why."""
    every = ((notices.notice(name).title, terms.of(name)) for name in notices.names())
    return [(title, one.because) for title, one in every if one.least is Pace.EACH]


def _asked(engine: Engine, key: str, secret: str) -> ResponseReturnValue:
    try:
        with engine.reading() as connection:
            found = mail_links.read(connection, key, secret)
            now = choices.chosen(connection, found.trust, found.person)[found.notice]
    except Missing:
        return render_template("engine/mail_stop.html", found=None), 404
    form = OneKind()
    form.pace.choices = [SelectChoice(str(one), _WORDS[one]) for one in terms.of(found.notice).choices]
    if form.validate_on_submit():
        return _changed(engine, found, secret, Pace(form.pace.data))
    title = notices.notice(found.notice).title
    page = render_template(
        "engine/mail_stop.html", form=form, found=found, secret=secret, title=title, now=_WORDS[now].lower()
    )
    return make_response(page, 422 if form.errors else 200)


def _changed(engine: Engine, found: Unsubscription, secret: str, pace: Pace) -> ResponseReturnValue:
    with engine.transaction() as tx:
        choices.choose(tx.connection, found.trust, found.person, {found.notice: pace}, tx.now)
    flash("Your choice is saved. You can change it again here.")
    return redirect(url_for(".stop", secret=secret), 303)
