"""A learner's calendar: a feed to subscribe to, made and switched off here, and a meeting that is sent again."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import Missing, NotDeclared, Refused
from engine.letters import Subject
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from engine.web import rates
from engine.web.mishaps import RateLimited
from engine.web.permissions import by_bearer, signed_in
from engine.web.visitors import Visitor, visitor
from workflows.learning import enrolment, feeds, pages
from workflows.people.records import Site

_MOST_AGAIN: Final = 5
_MOST_FETCHES: Final = 60
_SPAN: Final = timedelta(minutes=15)
_MOST_KNOWN: Final = 10_000


class Throttle:
    """How often each feed was fetched of late, in this process: a GET writes nothing."""

    def __init__(self, most: int = _MOST_FETCHES, span: timedelta = _SPAN) -> None:
        """Allow so many fetches in a span of time."""
        self._most, self._span = most, span
        self._began: datetime | None = None
        self._counts: dict[str, int] = {}

    def admits(self, key: str, now: datetime) -> bool:
        """Count one more, and say whether it is still allowed; every span begins anew."""
        if self._began is None or now - self._began >= self._span or len(self._counts) >= _MOST_KNOWN:
            self._began, self._counts = now, {}
        self._counts[key] = self._counts.get(key, 0) + 1
        return self._counts[key] <= self._most


def install(learning: Blueprint, engine: Engine, settings: Settings, site: Site) -> None:
    """Add the pages to those of learning."""
    key, throttle = secret_for(settings), Throttle()

    @learning.get("/calendar")
    @signed_in
    def feed() -> str:
        """Show whether the visitor has a feed."""
        return _page(engine, visitor())

    @learning.post("/calendar")
    @signed_in
    def feed_made() -> ResponseReturnValue:
        """Give the visitor an address; it is shown now and never again, for only its hash is kept.

        A page that is sent again (by reloading, or from another tab) ends no address that was made since it was opened.
        """
        here, seen = visitor(), request.form.get("seen")
        with engine.transaction(here.actor) as tx:
            since = feeds.made_at(tx.connection, here.trust, _person(here))
            if seen not in {None, since.isoformat() if since else ""}:
                flash("Nothing has changed: an address was made or switched off since that page was opened.")
                return redirect(url_for(".feed"), 303)
            token = feeds.make(tx.connection, key, here.trust, _person(here), tx.now)
        return _page(engine, here, f"{settings.app_origin}{feeds.PATH}{token}.ics")

    @learning.post("/calendar/off")
    @signed_in
    def feed_off() -> ResponseReturnValue:
        """Switch the visitor's feed off."""
        here = visitor()
        with engine.transaction(here.actor) as tx:
            gone = feeds.revoke(tx.connection, here.trust, _person(here))
        flash("The feed is switched off: its address leads nowhere any more." if gone else "There was no feed.")
        return redirect(url_for(".feed"), 303)

    @learning.get(f"{feeds.PATH}<token>.ics")
    @by_bearer
    def feed_read(token: str) -> Response:
        """Give a calendar program what stands at an address; whoever has the address reads it."""
        now = engine.clock()
        if not throttle.admits(hashlib.sha256(token.encode()).hexdigest(), now):
            raise RateLimited
        with engine.reading() as connection:
            return _answer(feeds.read(connection, key, token, site, now))

    @learning.post("/learning/meetings/<id>/again")
    @signed_in
    def again(id: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Send the visitor a meeting again, as it stands."""
        return _again(engine, visitor(), id, site)


def _page(engine: Engine, here: Visitor, address: str = "") -> str:
    with engine.reading() as connection:
        since = feeds.made_at(connection, here.trust, here.actor.person) if here.actor.person else None
    return render_template("learning/calendar.html", since=since, address=address, person=here.actor.person)


def _answer(found: feeds.Feed) -> Response:
    answer = Response(found.text, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = "inline; filename=classes.ics"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(hashlib.sha256(found.text).hexdigest())
    answer.last_modified = found.changed_at
    answer.make_conditional(request)
    return answer


def _again(engine: Engine, here: Visitor, identifier: str, site: Site) -> ResponseReturnValue:
    subject = Subject(kind=enrolment.KIND, trust=here.trust, id=identifier)
    with engine.reading() as connection:
        mine = pages.enrolment(connection, here.trust, identifier, site)
    if mine.person != here.actor.person:
        raise Missing("There is no such enrolment of yours.")
    try:
        with engine.transaction(here.actor) as tx:
            if rates.hit(tx.connection, rates.bucket("meeting-again", here.actor.id), tx.now) > _MOST_AGAIN:
                raise RateLimited
            tx.fire(subject, enrolment.Trigger.REPAIR)
    except (Refused, NotDeclared) as refusal:
        flash(f"Nothing is sent. {refusal.sentence}")
    else:
        flash(f"{mine.course_class.title} is sent to you again, as it stands now.")
    return redirect(url_for(".home"), 303)


def _person(here: Visitor) -> str:
    if here.actor.person is None:
        raise Missing("Your account is not linked to a staff record, so there is no calendar of yours.")
    return here.actor.person
