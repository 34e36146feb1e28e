"""Pages of offerings: what each tells its learners, and the way to texts of messages for one offering or one class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, and_, or_, select, update
from wtforms import SelectField, TextAreaField, URLField
from wtforms.validators import Length, Optional, Regexp

from engine.errors import Missing, NotAllowed
from engine.roles import directory
from engine.text import clean, clean_lines
from engine.transaction import Engine
from engine.web import paging
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from engine.wording import places
from engine.wording.places import PlaceKind, TextPlace
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR
from workflows.learning import alarms, catalogue, words
from workflows.learning.meeting_schemas import LINK, LONGEST_LINK
from workflows.learning.records import Offering
from workflows.learning.tables import classes, courses, offerings
from workflows.people.pages import escaped
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

_READERS: Final = (*RUNS_CLASSES, TEMPLATE_ADMINISTRATOR)
_LINES: Final = 4000
_LONGEST_SEARCH: Final = 100


class Terms(Form):
    """What an offering says to the learners of all its classes."""

    joining_text = TextAreaField(
        "What learners need to know before they come",
        [Length(max=_LINES)],
        filters=[lambda text: clean_lines(text or "", _LINES)],
        description="It stands in the joining instructions and in the calendar. A class may say something else.",
    )
    conference = URLField(
        "Link to join online",
        [Optional(), Length(max=LONGEST_LINK), Regexp(f"{LINK}$", message="Enter an address such as https://….")],
        filters=[lambda text: (text or "").strip() or None],
        description="For its classes that have no link of their own.",
    )
    alarm_minutes = SelectField("Reminder in their calendar", coerce=alarms.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An offering, the organisation that its course belongs to, and what the visitor may do with it."""

    offering: Offering
    organisation: str
    may_change: bool
    may_write: bool

    @property
    def title(self) -> str:
        """Return its name beside that of its course."""
        return words.called(self.offering.course_title, self.offering.title)

    def place(self) -> TextPlace:
        """Return it as a place where texts of messages may stand."""
        one = self.offering
        return TextPlace(
            trust=one.trust,
            id=one.id,
            kind=PlaceKind.OFFERING,
            title=clean(self.title, 200),
            organisation=self.organisation,
        )


def blueprint(engine: Engine) -> Blueprint:
    """Return the pages."""
    offered = Blueprint("offerings", __name__, url_prefix="/offerings")
    desk = _Desk(engine)

    @offered.get("/")
    @requires(*_READERS)
    def index() -> str:
        """List the offerings of the trust."""
        return desk.index(visitor())

    @offered.route("/<key>", methods=["GET", "POST"])
    @requires(*_READERS)
    def one(key: str) -> ResponseReturnValue:
        """Show what an offering tells its learners, and change it."""
        return desk.one(visitor(), key)

    @offered.post("/<key>/texts")
    @requires(TEMPLATE_ADMINISTRATOR)
    def texts(key: str) -> ResponseReturnValue:
        """Lead to the texts of messages about an offering."""
        return desk.write(visitor(), key)

    @offered.post("/<key>/classes/<id>/texts")
    @requires(TEMPLATE_ADMINISTRATOR)
    def texts_of_class(key: str, id: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Lead to the texts of messages about one of its classes."""
        return desk.write_class(visitor(), key, id)

    return offered


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def index(self, here: Visitor) -> str:
        sought, cursor = clean(request.args.get("q", ""), _LONGEST_SEARCH), request.args.get("after")
        like = f"%{escaped(sought)}%"
        query = (
            select(offerings.c.id, offerings.c.title.label("offering"), courses.c.title)
            .join(courses, and_(courses.c.trust == offerings.c.trust, courses.c.id == offerings.c.course))
            .where(offerings.c.trust == here.trust)
            .where(or_(courses.c.title.ilike(like, escape="\\"), offerings.c.title.ilike(like, escape="\\")))
        )
        with self._engine.reading() as connection:
            page = paging.page(connection, query, [courses.c.title, offerings.c.id], cursor=cursor)
        return render_template("learning/offerings.html", page=page, sought=sought, cursor=cursor)

    def one(self, here: Visitor, key: str) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            shown = _shown(connection, here, key)
            page = _classes(connection, here, key)
        form = Terms(obj=shown.offering)
        form.alarm_minutes.choices = alarms.choices(shown.offering.alarm_minutes)
        if request.method == "POST" and self._changed(here, shown, form):
            flash("Saved. Messages from now on say so; what was sent stays as it is.")
            return redirect(request.path, 303)
        answer = render_template("learning/offering.html", one=shown, form=form, page=page, alarms=alarms)
        return make_response(answer, 422 if request.method == "POST" else 200)

    def write(self, here: Visitor, key: str) -> ResponseReturnValue:
        with self._engine.transaction(here.actor) as tx:
            places.put(tx.connection, _writable(_shown(tx.connection, here, key)).place())
        return redirect(url_for("templates.index", organisation=key), 303)

    def write_class(self, here: Visitor, key: str, identifier: str) -> ResponseReturnValue:
        with self._engine.transaction(here.actor) as tx:
            offered = _shown(tx.connection, here, key)
            its = select(classes.c.title, classes.c.organisation).where(
                classes.c.trust == here.trust, classes.c.id == identifier, classes.c.offering == key
            )
            found = tx.connection.execute(its).one_or_none()
            if found is None or found.organisation not in _reach(tx.connection, here, TEMPLATE_ADMINISTRATOR):
                raise Missing("There is no such class, or its messages are not yours to write.")
            said = {"kind": PlaceKind.CLASS, "title": found.title, "organisation": found.organisation, "above": key}
            places.put(tx.connection, offered.place())
            places.put(tx.connection, TextPlace(trust=here.trust, id=identifier, **said))
        return redirect(url_for("templates.index", organisation=identifier), 303)

    def _changed(self, here: Visitor, shown: Shown, form: Terms) -> bool:
        if not shown.may_change:
            raise NotAllowed("You do not look after the learning of this organisation.")
        if not form.validate():
            return False
        said = {name: form[name].data for name in ("joining_text", "conference", "alarm_minutes")}
        mine = (offerings.c.trust == here.trust, offerings.c.id == shown.offering.id)
        with self._engine.transaction(here.actor) as tx:
            tx.connection.execute(update(offerings).where(*mine).values(**said))
        return True


def _shown(connection: Connection, here: Visitor, key: str) -> Shown:
    one = catalogue.offering(connection, here.trust, key)
    its = select(courses.c.organisation).where(courses.c.trust == here.trust, courses.c.id == one.course)
    organisation = connection.execute(its).scalar_one()
    return Shown(
        offering=one,
        organisation=organisation,
        may_change=organisation in _reach(connection, here, LEARNING_ADMINISTRATOR),
        may_write=organisation in _reach(connection, here, TEMPLATE_ADMINISTRATOR),
    )


def _classes(connection: Connection, here: Visitor, key: str) -> paging.Page:
    """Return a page of the offering's classes whose messages the visitor may write, the newest first."""
    query = select(classes.c.id, classes.c.title).where(
        classes.c.trust == here.trust,
        classes.c.offering == key,
        classes.c.organisation.in_(_reach(connection, here, TEMPLATE_ADMINISTRATOR)),
    )
    return paging.page(connection, query, [classes.c.id], cursor=request.args.get("after"), newest_first=True)


def _writable(shown: Shown) -> Shown:
    if not shown.may_write:
        raise Missing("There is no such offering, or its messages are not yours to write.")
    return shown


def _reach(connection: Connection, here: Visitor, held: str) -> frozenset[str]:
    return directory.reach(connection, here.trust, here.actor, (held,))
