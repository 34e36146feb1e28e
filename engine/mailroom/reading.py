"""A mail -> all that is found in it. Pure.

Nothing raises: a mail that cannot be read is one of which little is known, and it is shown as such.
"""

from __future__ import annotations

from typing import Final

from engine import text
from engine.mailroom import automatic, bounces, itip, mime
from engine.mailroom.mime import Mail
from engine.mailroom.records import Found

UNREADABLE: Final = Found(doubts=("It cannot be read as a mail.",))
_MOST_RESULTS: Final = 5


def read(raw: bytes) -> Found:
    """Return what is in a mail."""
    try:
        return _read(raw)
    except Exception:  # noqa: BLE001 - a stranger wrote it: whatever it does to the parser, it is kept and shown
        return UNREADABLE


def _read(raw: bytes) -> Found:
    mail, doubts = mime.parsed(raw)
    name, address, senders = mime.sender(mail)
    if senders > 1:
        doubts.append("It names more than one sender, so that none is believed.")
        address = ""
    said = mime.body(mail)
    replies, unread = itip.replies(mail)
    return Found(
        message_id=mime.header(mail, "Message-ID", 255),
        subject=mime.header(mail, "Subject", 250),
        from_name=name,
        from_address=address.lower(),
        text=said,
        automatic=automatic.why(mail, address),
        away=automatic.away(mail),
        results=tuple(mime.headers(mail, "Authentication-Results", 1000)[:_MOST_RESULTS]),
        replies=replies,
        bounces=bounces.bounces(mail, said),
        parts=tuple(_part(part) for part in mime.leaves(mail))[: mime.MOST_PARTS],
        doubts=(*doubts, *unread),
    )


def _part(part: Mail) -> str:
    named = text.clean(part.get_filename() or "", 100)
    kind = text.clean(part.get_content_type(), 80)
    return f"{kind} “{named}”" if named else kind
