"""The log of messages: how each stands in plain words, what it said, why it went, and sending it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping, exists, select
from werkzeug.wrappers import Response as AnyResponse

from engine import delivery, directory, messages, notices, outbox, rehearsals, why
from engine.errors import EngineError, Missing
from engine.mail import Built, Composer
from engine.mailroom_tables import inbound_mail as mail
from engine.outbox import WAITING, WITH_A_LINK, Delivery
from engine.settings import Settings
from engine.tables import outbox as letters
from engine.templates import Shelf
from engine.transaction import Engine
from engine.web import enclosure, journal
from engine.web import why as why_pages
from engine.web.dates import moment
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor

READERS: Final = ("class-administrator", "learning-administrator", "system-administrator", "workflow-administrator")
TESTER: Final = "template-administrator"
"""Whoever writes templates sees the tests that they sent themselves, and nobody's letters."""
STATES: Final[Mapping[Delivery, str]] = {
    Delivery.QUEUED: "Queued",
    Delivery.SENDING: "Being sent",
    Delivery.RETRY: "Queued again",
    Delivery.SENT: "Sent",
    Delivery.DEAD: "Given up",
    Delivery.SUPPRESSED: "Not sent",
    Delivery.PARKED: "Set aside",
}
COLOURS: Final[Mapping[Delivery, str]] = {
    Delivery.SENT: "green",
    Delivery.DEAD: "red",
    Delivery.PARKED: "orange",
    Delivery.SUPPRESSED: "grey",
}
_MOST_CAME_BACK: Final = 20
_FILTERS: Final = ("state", "notice", "kind", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a message says, or the sentence why that cannot be shown."""

    opened: enclosure.Opened | None = None
    template: str = ""
    trouble: str = ""


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
            return _page(engine, settings, connection, _letter(connection, visitor(), id), visitor())

    @pages.get("/<id>/html")
    @requires(*READERS, TESTER)
    def html(id: str) -> Response:  # noqa: A002
        """Give the HTML of a message to the frame that shows it."""
        with engine.reading() as connection:
            preview = _preview(connection, _letter(connection, visitor(), id), settings, engine.clock())
        if preview.opened is None:
            raise Missing(preview.trouble)
        return enclosure.enclosed(preview.opened.html)

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

    return pages


def standing(letter: RowMapping) -> str:
    """Say in one or two sentences how a message stands, and what will happen next."""
    return _STANDINGS[Delivery(letter["state"])].format(
        due=moment(letter["due_at"]), sent=moment(letter["sent_at"]), answer=_answer(letter)
    )


_NOT_AGAIN: Final = (Delivery.QUEUED, Delivery.SENDING, Delivery.SUPPRESSED)
_STANDINGS: Final[Mapping[Delivery, str]] = {
    Delivery.QUEUED: "Queued: waiting to be sent. {answer}Nothing is lost; it goes by itself.",
    Delivery.SENDING: "Being handed to the mail server now.",
    Delivery.RETRY: "Queued: waiting for the next try, on {due}. {answer}Nothing is lost; it goes by itself.",
    Delivery.SENT: "Sent on {sent}.",
    Delivery.DEAD: "Given up, so it was not delivered. {answer}",
    Delivery.SUPPRESSED: "Not sent, because it was no longer true. {answer}",
    Delivery.PARKED: "Set aside: somebody has to look at it and decide. {answer}",
}


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


def _page(engine: Engine, settings: Settings, connection: Connection, letter: RowMapping, here: Visitor) -> str:
    within = journal.reach(connection, here.trust, here.actor)
    return render_template(
        "engine/message.html",
        letter=letter,
        **why_pages.shown(why.letter(engine, connection, letter["trust"], letter["id"], within)),
        preview=_preview(connection, letter, settings, engine.clock()),
        standing=standing(letter),
        timeline=sorted([*_timeline(letter), *_came_back(connection, letter)], key=lambda entry: entry[0]),
        may_resend=letter["state"] not in _NOT_AGAIN,
        **_WORDS,
    )


def _answer(letter: RowMapping) -> str:
    return f"{letter['answer'].rstrip('.')}. " if letter["answer"] else ""


def _timeline(letter: RowMapping) -> list[tuple[datetime, str]]:
    """Return what happened to a message and what is to come, in order."""
    state = Delivery(letter["state"])
    happened = [(letter["queued_at"], "Queued, in the same commit as what caused it.")]
    if state is Delivery.SENT:
        return [
            *happened,
            (letter["sent_at"], f"Taken by the mail server, which said: {letter['answer'] or 'nothing'}"),
        ]
    if state is Delivery.SENDING:
        return [*happened, (letter["due_at"], "If nobody has heard of it by then, it is tried again.")]
    if state in WAITING:
        tries = f"Next try. Tried {letter['attempts']} times until now." if letter["attempts"] else "First try."
        return [*happened, (letter["due_at"], f"{tries} {_answer(letter)}")]
    return [*happened, (letter["due_at"], standing(letter))]


def _came_back(connection: Connection, letter: RowMapping) -> list[tuple[datetime, str]]:
    """Return what came back by mail because of a message."""
    mine = (mail.c.trust == letter["trust"], mail.c.letter == letter["id"])
    chosen = select(mail.c.received_at, mail.c.outcome).where(*mine).order_by(mail.c.id).limit(_MOST_CAME_BACK)
    return [(row.received_at, f"Mail came back. {row.outcome}") for row in connection.execute(chosen)]


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
    row = dict(letter)
    composer.prepare(connection, [row])
    unknown = outbox.undelivered(connection, [letter]) if _cancels(letter) else set()
    known = (letter["trust"], letter["uid"]) not in unknown
    return composer.compose(row, letter["sent_at"] or now, with_invitation=known)


def _cancels(letter: RowMapping) -> bool:
    return bool(letter["invitation"]) and letter["invitation"]["method"] == "CANCEL"
