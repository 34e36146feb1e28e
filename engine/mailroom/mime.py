"""The parts of a mail that nobody trusts: bounded in every direction, and nothing in it is an error. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import Final, TypeAlias

from engine import text

HEAD: Final = 128 * 1024
MOST_HEADERS: Final = 1000
MOST_PARTS: Final = 100
DEEPEST: Final = 12
MOST_BOUNDARIES: Final = 200
LONGEST_TEXT: Final = 20_000
LONGEST_LINE: Final = 500
_LONGEST_HEADER: Final = 8_000
_ADDRESS: Final = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.-]{1,255}")
_BODY: Final = re.compile(rb"\r?\n\r?\n")
_BOUNDARY: Final = re.compile(rb"boundary[ \t]*=", re.IGNORECASE)
_HIDDEN: Final = frozenset({"script", "style", "head", "title"})
_BREAKS: Final = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "hr", "table", "blockquote"})
Mail: TypeAlias = Message


def parsed(raw: bytes) -> tuple[Mail, list[str]]:
    """Return the mail and what had to be left out, as sentences: only the head of one that is built to be costly."""
    body = _BODY.search(raw)
    head = raw[: body.start()] if body else raw
    if len(head) > HEAD or head.count(b"\n") > MOST_HEADERS:
        few = b"\n".join(head[:HEAD].split(b"\n")[:MOST_HEADERS])
        return message_from_bytes(few), ["Its header is too long, so that only the beginning of it was read."]
    if len(_BOUNDARY.findall(raw)) > MOST_BOUNDARIES:
        return message_from_bytes(head), ["It is divided into too many parts, so that only its header was read."]
    return message_from_bytes(raw), []


def header(mail: Mail, name: str, limit: int = LONGEST_LINE) -> str:
    """Return the first header of a name, decoded, as one clean line."""
    return next(iter(headers(mail, name, limit)), "")


def headers(mail: Mail, name: str, limit: int = LONGEST_LINE) -> list[str]:
    """Return all headers of a name, decoded (RFC 2047), each as one clean line."""
    return [text.clean(_decoded(str(value)[:_LONGEST_HEADER]), limit) for value in mail.get_all(name, [])]


def sender(mail: Mail) -> tuple[str, str, int]:
    """Return name and address of who wrote it, and how many its From names: one is as it should be."""
    raw = [str(value)[:_LONGEST_HEADER] for value in mail.get_all("From", [])]
    known = [(name, address) for name, address in getaddresses(raw) if address]
    name, address = known[0] if known else ("", "")
    found = address if _ADDRESS.fullmatch(address) else ""
    return text.clean(_decoded(name), 200), found, len(known)


def leaves(mail: Mail) -> Iterator[Mail]:
    """Yield the parts that hold something, in order; what is in a mail that is attached is not ours to read."""
    seen = 0
    waiting = [(mail, 0)]
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop()
        seen += 1
        inside = part.get_payload() if part.is_multipart() else None
        if part.get_content_maintype() == "message" and isinstance(inside, list):
            yield part
        elif isinstance(inside, list):
            below = [one for one in reversed(inside) if isinstance(one, Message)]
            waiting.extend((one, depth + 1) for one in below if depth < DEEPEST)
        else:
            yield part


def octets(part: Mail) -> bytes:
    """Return what a part holds, decoded as far as it can be."""
    try:
        held = part.get_payload(decode=True)
    except (ValueError, AssertionError, LookupError):
        held = None
    return held if isinstance(held, bytes) else b""


def words(part: Mail) -> str:
    """Return the text of a part, in whatever it says that it is written."""
    held = octets(part)
    charset = str(part.get_param("charset") or "utf-8")
    try:
        return held.decode(charset, "replace")
    except (LookupError, ValueError):
        return held.decode("utf-8", "replace")


def body(mail: Mail) -> str:
    """Return what a person would read first: the plain text, else the HTML as text."""
    found = list(leaves(mail))
    for kind, read in (("text/plain", _plain), ("text/html", plain_of_html)):
        for part in found:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                said = read(words(part))
                if said.strip():
                    return text.clean_lines(said[: LONGEST_TEXT * 4], LONGEST_TEXT)
    return ""


def plain_of_html(source: str) -> str:
    """Return the words of HTML, quoted blocks with `>` before each line."""
    reader = _Words()
    reader.feed(source[: LONGEST_TEXT * 10])
    reader.close()
    return "".join(reader.said)


def _plain(said: str) -> str:
    return said


class _Words(HTMLParser):
    """Gathers the words of a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._hidden = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in _HIDDEN
        self._quoted += tag == "blockquote"
        if tag in _BREAKS:
            self._line()

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0
        self._quoted -= tag == "blockquote" and self._quoted > 0
        if tag in _BREAKS:
            self._line()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(" ".join(data.split()) + (" " if data[-1:].isspace() else ""))

    def _line(self) -> None:
        self.said.append("\n> " if self._quoted else "\n")


def _decoded(value: str) -> str:
    """Decode encoded words (RFC 2047); what cannot be decoded stays as it is."""
    try:
        pieces = decode_header(value)
    except (ValueError, LookupError):
        return value
    return "".join(_piece(held, charset) for held, charset in pieces)


def _piece(held: bytes | str, charset: str | None) -> str:
    if isinstance(held, str):
        return held
    try:
        return held.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return held.decode("utf-8", "replace")
