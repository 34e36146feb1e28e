"""The log of messages: how each stands in plain words, what it said, why it went, and sending it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping, exists, select
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from engine import delivery, event_letters, messages, rehearsals, text, why
from engine.errors import EngineError, Missing
from engine.mail import Built, Composer
from engine.outgoing import arrivals, digests, withdrawals
from engine.outgoing.outbox import WAITING, WITH_A_LINK, Delivery
from engine.roles import directory
from engine.settings import Settings
from engine.tables import outbox as letters
from engine.transaction import Engine
from engine.web import enclosure, journal
from engine.web import why as why_pages
from engine.web.forms import Form
from engine.web.message_story import COLOURS, STATES, standing, timeline
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from engine.wording import notices
from engine.wording.templates import Shelf

READERS: Final = ("class-administrator", "learning-administrator", "system-administrator", "workflow-administrator")
TESTER: Final = "template-administrator"
"""Whoever writes templates sees the tests that they sent themselves, and nobody's letters."""
_LONGEST_REASON: Final = 400
_FILTERS: Final = ("state", "notice", "kind", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a message says, or the sentence why that cannot be shown."""

    opened: enclosure.Opened | None = None
    template: str = ""
    trouble: str = ""


class Withdrawal(Form):
    """Why a message is not to go."""

    reason = StringField(
        "Why it is not to go",
        [InputRequired("Say why it is not to go."), Length(max=_LONGEST_REASON)],
        description="It stands on this page, with your name.",
    )


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the pages of the log."""
    pages = Blueprint("messages", __name__, url_prefix="/messages")

    @pages.get("/")
    @requires(*READERS)
    def index() -> str:
        """List the messages of the organisations that the visitor answers for, the newest first."""
        here = visitor()
        wanted = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
        with engine.reading() as connection:
            page = messages.messages(
                connection,
                here.trust,
                wanted,
                request.args.get("after"),
                within=_reach(connection, here),
                recipient=request.args.get("recipient", "").strip(),
            )
            held_up = _held_up(connection, here.trust)
        listed = [(letter, standing(letter)) for letter in page.letters]
        return render_template("engine/messages.html", listed=listed, after=page.after, held_up=held_up, **_WORDS)

    @pages.get("/<id>")
    @requires(*READERS, TESTER)
    def message(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show how one message stands, what it says, and what led to it."""
        with engine.reading() as connection:
            return _page(engine, settings, connection, _letter(connection, visitor(), id), visitor(), Withdrawal())

    @pages.get("/<id>/html")
    @requires(*READERS, TESTER)
    def html(id: str) -> Response:  # noqa: A002
        """Give the HTML of a message to the frame that shows it."""
        with engine.reading() as connection:
            preview = _preview(connection, _letter(connection, visitor(), id), settings, engine.clock())
        if preview.opened is None:
            raise Missing(preview.trouble)
        return enclosure.enclosed(preview.opened.html)

    _install_acts(pages, engine, settings)
    return pages


def _install_acts(pages: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add what can be done about a message."""

    @pages.post("/<id>/resend")
    @requires(*READERS)
    def resend(id: str) -> AnyResponse:  # noqa: A002
        """Have a message sent again."""
        here = visitor()
        with engine.transaction(here.actor) as transaction:
            _letter(transaction.connection, here, id)
            again = messages.resend(transaction.connection, here.trust, id, transaction.now)
        flash("The message is queued again.")
        return redirect(url_for(".message", id=again), 303)

    @pages.post("/<id>/withdraw")
    @requires(*READERS)
    def withdraw(id: str) -> ResponseReturnValue:  # noqa: A002
        """Have a message that waits not go, with a reason."""
        here, form = visitor(), Withdrawal()
        if not form.validate_on_submit():
            with engine.reading() as connection:
                letter = _letter(connection, here, id)
                return _page(engine, settings, connection, letter, here, form), 422
        with engine.transaction(here.actor) as tx:
            _letter(tx.connection, here, id)
            said = text.clean(form.reason.data, _LONGEST_REASON)
            withdrawals.withdraw(tx.connection, here.trust, id, by=here.actor, reason=said, now=tx.now)
        flash("The message is withdrawn, and does not go.")
        return redirect(url_for(".message", id=id), 303)


_NOT_AGAIN: Final = (Delivery.QUEUED, Delivery.SENDING, Delivery.SUPPRESSED)


def _notice_title(name: str) -> str:
    try:
        return notices.notice(name).title
    except Missing:
        return name


_WORDS: Final[Mapping[str, Any]] = {
    "states": {str(state): words for state, words in STATES.items()},
    "colours": {str(state): colour for state, colour in COLOURS.items()},
    "notice_title": _notice_title,
    "notice_names": notices.names,
}


def _page(  # noqa: PLR0913, PLR0917 - what, for whom, and what was typed
    engine: Engine, settings: Settings, connection: Connection, letter: RowMapping, here: Visitor, form: Withdrawal
) -> str:
    within = journal.reach(connection, here.trust, here.actor)
    return render_template(
        "engine/message.html",
        letter=letter,
        **why_pages.shown(why.letter(engine, connection, letter["trust"], letter["id"], within)),
        preview=_preview(connection, letter, settings, engine.clock()),
        others=event_letters.others(engine, connection, letter, within),
        kind_known=letter["kind"] in engine.keeps,
        digest=digests.of(connection, letter["trust"], letter["id"]),
        items=digests.named(connection, letter["trust"], letter["id"]) if letter["notice"] == digests.NOTICE else (),
        standing=standing(letter),
        timeline=timeline(connection, letter),
        may_resend=letter["state"] not in _NOT_AGAIN or withdrawals.withdrawn(connection, letter),
        may_withdraw=letter["state"] in withdrawals.OPEN,
        form=form,
        **_WORDS,
    )


def _letter(connection: Connection, here: Visitor, identifier: str) -> RowMapping:
    """Return a message that the visitor may see. Raises `Missing`, also for others."""
    letter = messages.message(connection, here.trust, identifier)
    own_test = letter["kind"] == rehearsals.KIND and letter["account"] == here.actor.id
    if not own_test and letter["organisation"] not in _reach(connection, here):
        raise Missing("There is no such message.")
    return letter


def _reach(connection: Connection, here: Visitor) -> frozenset[str]:
    return directory.reach(connection, here.trust, here.actor, READERS)


def _held_up(connection: Connection, trust: str) -> bool:
    """Say whether messages wait because there is no mail server."""
    waiting = (letters.c.trust == trust, letters.c.state.in_(WAITING), letters.c.answer == delivery.UNREACHABLE)
    return bool(connection.execute(select(exists().where(*waiting))).scalar())


def _preview(connection: Connection, letter: RowMapping, settings: Settings, now: datetime) -> Preview:
    """Compose a message as it went, or would go now."""
    if letter["kind"] == WITH_A_LINK:
        return Preview(trouble="It has a link by which its reader signs in, so nobody else may see it.")
    try:
        built = _built(connection, letter, settings, now)
    except EngineError as error:
        return Preview(trouble=error.sentence)
    return Preview(opened=enclosure.opened(built.message), template=built.template)


def _built(connection: Connection, letter: RowMapping, settings: Settings, now: datetime) -> Built:
    composer = Composer(Shelf(), settings.mail_from)
    named = digests.named(connection, letter["trust"], letter["id"]) if letter["notice"] == digests.NOTICE else ()
    items = [dict(one) for one in named]
    composer.prepare(connection, [dict(letter), *items])
    row = composer.filled(dict(letter), items)
    unknown = arrivals.undelivered(connection, [letter]) if _cancels(letter) else set()
    known = (letter["trust"], letter["uid"]) not in unknown
    return composer.compose(row, letter["sent_at"] or now, with_invitation=known)


def _cancels(letter: RowMapping) -> bool:
    return bool(letter["invitation"]) and letter["invitation"]["method"] == "CANCEL"
