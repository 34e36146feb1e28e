"""How the mail of an organisation looks, and the hours in which it goes: set by those who administer it there."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from wtforms import StringField
from wtforms.validators import Length

from engine import text
from engine.errors import Invalid, Missing
from engine.mail import Composer
from engine.roles import directory
from engine.settings import Settings
from engine.transaction import Engine
from engine.web import enclosure
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from engine.wording import notices, styles
from engine.wording.styles import Style
from engine.wording.templates import Shelf

WRITERS: Final = ("system-administrator", "template-administrator")
_PAGE: Final = 50
SAMPLE: Final = "LRN-17-course-completed"
_LONGEST: Final = {"name": 200, "colour": 7, "contact": 300, "hours": 40}


class Look(Form):
    """What the mail of an organisation bears; what is left empty is as it is above."""

    name = StringField(
        "Name",
        [Length(max=_LONGEST["name"])],
        description="The name that stands above and below the text. Empty: the trust's.",
    )
    colour = StringField(
        "Colour",
        [Length(max=_LONGEST["colour"])],
        description="The line below the name, as in #005eb8. It must be dark enough to be seen on white.",
    )
    contact = StringField(
        "Whom to ask",
        [Length(max=_LONGEST["contact"])],
        description="One line at the foot, as in: Learning team, learning@trust.example, 01234 567890.",
    )
    hours = StringField(
        "Hours in which mail goes",
        [Length(max=_LONGEST["hours"])],
        description="As in 07:00-21:00 or 07:00-21:00 mon-fri, where the reader is; “always” for any time.",
    )


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("mail_styles", __name__, url_prefix="/mail-style")

    @pages.get("/")
    @requires(*WRITERS)
    def index() -> str:
        """List the organisations whose mail somebody may change, and what each says itself."""
        here, number = visitor(), max(1, request.args.get("page", 1, type=int))
        with engine.reading() as connection:
            reached = _reach(connection, here)
            found = styles.listed(connection, here.trust, reached, skip=(number - 1) * _PAGE, limit=_PAGE + 1)
        return render_template("engine/mail_styles.html", listed=found[:_PAGE], number=number, more=len(found) > _PAGE)

    @pages.route("/<organisation>", methods=["GET", "POST"])
    @requires(*WRITERS)
    def edit(organisation: str) -> ResponseReturnValue:
        """Show and change how the mail of one organisation looks."""
        return _edit(engine, visitor(), organisation)

    @pages.get("/<organisation>/sample")
    @requires(*WRITERS)
    def sample(organisation: str) -> Response:
        """Give a sample message of the organisation to the frame that shows it."""
        with engine.reading() as connection:
            _require(connection, visitor(), organisation)
            return enclosure.enclosed(_sample(engine, connection, settings, visitor().trust, organisation))

    return pages


def _edit(engine: Engine, here: Visitor, organisation: str) -> ResponseReturnValue:
    with engine.reading() as connection:
        _require(connection, here, organisation)
        title = directory.organisation(connection, here.trust, organisation).name
        form = Look(obj=styles.own(connection, here.trust, organisation))
    if form.validate_on_submit() and _saved(engine, here, organisation, form):
        flash("The look of this organisation's mail is saved.")
        return redirect(url_for(".edit", organisation=organisation), 303)
    page = render_template("engine/mail_style.html", form=form, title=title, organisation=organisation)
    return page, 422 if request.method == "POST" else 200


def _saved(engine: Engine, here: Visitor, organisation: str, form: Look) -> bool:
    """Save what was typed, or put what is wrong beside its field."""
    said = {name: text.clean(form[name].data or "", longest) for name, longest in _LONGEST.items()}
    style = Style(organisation=organisation, **{**said, "colour": said["colour"].lower()})
    try:
        with engine.transaction(here.actor) as tx:
            styles.put(tx.connection, here.trust, style, author=here.actor.id, now=tx.now)
    except Invalid as error:
        field = form[error.facts["field"]]
        field.errors = [*field.errors, error.sentence]
        return False
    return True


def _sample(engine: Engine, connection: Connection, settings: Settings, trust: str, organisation: str) -> str:
    said = notices.notice(SAMPLE).samples[notices.USUAL]
    own = ("trust_name", "brand_colour", "contact_line", "choices_link")
    row = {
        "trust": trust,
        "organisation": organisation,
        "notice": SAMPLE,
        "kind": "sample",
        "subject": "sample",
        "name": said["recipient_name"],
        "email": "reader@trust.example",
        "language": notices.ENGLISH,
        "reason": said["reason"],
        "context": {name: value for name, value in said.items() if name not in own},
        "invitation": None,
        "message_id": "<sample@preceptor.example>",
    }
    composer = Composer(Shelf(), settings.mail_from)
    composer.prepare(connection, [row])
    return enclosure.opened(composer.compose(row, engine.clock()).message).html


def _reach(connection: Connection, here: Visitor) -> frozenset[str]:
    return directory.reach(connection, here.trust, here.actor, WRITERS)


def _require(connection: Connection, here: Visitor, organisation: str) -> None:
    if organisation not in _reach(connection, here):
        raise Missing("There is no such organisation.")
