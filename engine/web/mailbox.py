"""The demo's mailbox: every message that the sink received, open to whoever tries Preceptor out.

It shows other people's mail to anybody, so that only the demo registers it.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, make_response, render_template, request

from engine.errors import Missing
from engine.sink import Received, Sink
from engine.web import enclosure
from engine.web.permissions import public

PAGE: Final = 25


def blueprint(sink: Sink) -> Blueprint:
    """Return the pages of the mailbox."""
    pages = Blueprint("mailbox", __name__, url_prefix="/mailbox")

    @pages.get("/")
    @public
    def index() -> str:
        """List the messages, the newest first."""
        before = request.args.get("before", "")
        found = [one for one in sink.messages() if not before or one.id < before]
        shown = [(one.id, enclosure.headers(one.raw)) for one in found[:PAGE]]
        after = shown[-1][0] if len(found) > PAGE else None
        return render_template("engine/mailbox.html", mails=shown, after=after)

    @pages.get("/<id>")
    @public
    def mail(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show one message with its calendar parts."""
        received = _received(sink, id)
        return render_template("engine/mail.html", id=id, mail=enclosure.opened(received.raw))

    @pages.get("/<id>/html")
    @public
    def html(id: str) -> Response:  # noqa: A002
        """Give the HTML of a message to the frame that shows it."""
        return enclosure.enclosed(enclosure.opened(_received(sink, id).raw).html)

    @pages.get("/<id>/raw")
    @public
    def raw(id: str) -> Response:  # noqa: A002
        """Give a message as it came over the wire, as a file."""
        response = make_response(_received(sink, id).raw)
        response.headers["Content-Type"] = "message/rfc822"
        response.headers["Content-Disposition"] = 'attachment; filename="message.eml"'
        return response

    return pages


def _received(sink: Sink, identifier: str) -> Received:
    received = sink.message(identifier)
    if received is None:
        raise Missing("There is no such message.")
    return received
