"""The bytes of a message: its header block and its parts, put together and then compared with what was meant. Pure.

Python's own `EmailMessage` makes 500 a second and has written headers that nobody asked for (CPython's encoded-word
subject with a line break); it is kept for the full comparison, on a sample.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache

from engine import text as people
from engine.errors import Garbled

Header = tuple[str, str]

_LONGEST_LINE = 998
_WIDTH = 76
_CHUNK = 36  # octets in one encoded word: with the longest header name it stays under 76 characters (RFC 2047 2)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PRINTABLE = re.compile(r"[ -~]*")
_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", re.IGNORECASE)
_UNESCAPED = re.compile(r"\\(.)")
_BETWEEN_WORDS = re.compile(r"(?<=\?=) +(?==\?)")
_FIELD = re.compile(r"([A-Za-z-]+): (.*)", re.DOTALL)
# Neither quoted-printable nor base64 can write these, so that no text can end a part.
_OUTER, _INNER = "=_outer", "=_inner"
_BOUNDARIES = {  # as they follow one another, without and with a calendar
    False: [b"inner", b"inner", b"inner--"],
    True: [b"outer", b"inner", b"inner", b"inner", b"inner--", b"outer", b"outer--"],
}
_MAILBOXES = frozenset({"From", "To", "Reply-To"})
_WHOLE = frozenset({"Message-ID", "In-Reply-To", "References", "List-Unsubscribe"})  # no encoded words (RFC 2047 5)
_NOT_COMPARED = str.maketrans(dict.fromkeys('"\\ '))
_TYPE = "Content-Type"
_ENCODING = "Content-Transfer-Encoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What a message is to say: headers as a reader sees them, both bodies, and the calendar object if there is one.

    `lines` are the content lines of `calendar`, not folded.
    """

    headers: Sequence[Header]
    text: str
    html: str
    method: str = ""
    calendar: bytes = b""
    lines: Sequence[str] = ()


def build(meant: Meant) -> bytes:
    """Return the whole message, compared with what was meant. Raises `Garbled`."""
    structure = _structure(meant)
    _require_equal([name for name, value in meant.headers if people.unsafe(value)], [], "a header has a line end")
    try:
        head = "".join(f"{name}: {_written(name, value)}\r\n" for name, value in (*meant.headers, *structure))
        message = head.encode("ascii") + b"\r\n" + _body(meant)
    except UnicodeEncodeError:
        raise Garbled("A header or a text has characters that cannot be sent.") from None
    _compare(message, meant, structure)
    return message


def address(name: str, email: str) -> str:
    """Return a mailbox as a reader sees it. Raises `Garbled` for an address that no header can carry."""
    if not _ADDRESS.fullmatch(email):
        raise Garbled("This is not an address that mail can go to.")
    shown = people.clean(name, 200)
    return f"{shown} <{email}>" if shown else email


def reparse(message: bytes, meant: Meant) -> None:
    """Read the message with the standard parser and compare all of it. Raises `Garbled`."""
    parsed = message_from_bytes(message, _class=EmailMessage, policy=policy.default)
    meant_names = [name for name, _ in (*meant.headers, *_structure(meant))]
    _require_equal(parsed.keys(), meant_names, "the names of the headers")
    for name, value in meant.headers:
        _require_equal(_comparable(name, str(parsed[name])), _comparable(name, value), f"the header {name}")
    leaves = [part for part in parsed.walk() if not part.is_multipart()]
    wanted = [("text/plain", meant.text), ("text/html", meant.html)]
    if meant.calendar:
        whole = meant.calendar.decode()
        wanted += [("text/calendar", whole), ("application/ics", whole)]
    _require_equal([leaf.get_content_type() for leaf in leaves], [kind for kind, _ in wanted], "the parts")
    for leaf, (kind, content) in zip(leaves, wanted, strict=True):
        _require_equal(leaf.get_payload(decode=True), _lines(content).encode(), f"the part {kind}")


def _comparable(name: str, value: str) -> str:
    """Return a header as compared with the standard parser's.

    In a mailbox that quotes a name as it likes, and keeps a space between two encoded words (against RFC 2047 6.2):
    there quotes and spaces do not count. `_compare` is strict about them.
    """
    return value.translate(_NOT_COMPARED) if name in _MAILBOXES else value


def _lines(content: str) -> str:
    """End every line with CRLF, whatever it ended with (RFC 2045 6.7)."""
    return content.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _structure(meant: Meant) -> tuple[Header, ...]:
    kind = f'multipart/mixed; boundary="{_OUTER}"' if meant.calendar else f'multipart/alternative; boundary="{_INNER}"'
    return ("MIME-Version", "1.0"), (_TYPE, kind)


def _body(meant: Meant) -> bytes:
    parts = [_quoted("text/plain", meant.text), _quoted("text/html", meant.html)]
    if not meant.calendar:
        return _multipart(_INNER, parts)
    encoded = _base64(meant.calendar)
    # The calendar comes last in the alternative (RFC 2046 5.1.4), or readers show no buttons.
    parts.append(_part(f"text/calendar; method={meant.method}; charset=utf-8", "base64", encoded))
    inner = f'Content-Type: multipart/alternative; boundary="{_INNER}"\r\n\r\n'.encode() + _multipart(_INNER, parts)
    attached = _part(
        'application/ics; name="invite.ics"',
        "base64",
        encoded,
        'Content-Disposition: attachment; filename="invite.ics"\r\n',
    )
    return _multipart(_OUTER, [inner, attached])


def _multipart(boundary: str, parts: Sequence[bytes]) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def _part(kind: str, encoding: str, content: bytes, more: str = "") -> bytes:
    return f"{_TYPE}: {kind}\r\n{_ENCODING}: {encoding}\r\n{more}\r\n".encode() + content


def _quoted(kind: str, content: str) -> bytes:
    encoded = b"\r\n".join(map(_quoted_line, _lines(content).split("\r\n")))
    return _part(f"{kind}; charset=utf-8", "quoted-printable", encoded)


@lru_cache(maxsize=2048)
def _quoted_line(line: str) -> bytes:
    """Encode a line of a body (RFC 2045 6.7); most are the template's own, and the same in every message."""
    return binascii.b2a_qp(f"{line}\r\n".encode(), istext=True)[:-2]


def _base64(content: bytes) -> bytes:
    encoded = b64encode(content)
    return b"\r\n".join(encoded[start : start + _WIDTH] for start in range(0, len(encoded), _WIDTH))


def _written(name: str, value: str) -> str:
    """Write the value of a header, folded, in ASCII (RFC 5322 2.2.3, RFC 2047)."""
    if name in _MAILBOXES:
        return _mailbox(value)
    if name in _WHOLE and " " not in value:
        return value
    if _PRINTABLE.fullmatch(value) and "=?" not in value:
        if len(name) + len(value) <= _WIDTH:
            return value
        if all(len(word) < _WIDTH for word in value.split(" ")) and "  " not in value:
            return "\r\n ".join(_filled(value, _WIDTH - len(name) - 2))
    return _words(value)


def _mailbox(value: str) -> str:
    name, _, email = value.rpartition(" <")
    if not name:
        return value
    if _PRINTABLE.fullmatch(name) and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"\r\n <{email}' if len(value) > _WIDTH - 10 else f'"{escaped}" <{email}'
    return f"{_words(name)}\r\n <{email}"


def _words(value: str) -> str:
    return "\r\n ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in _chunks(value))


def _chunks(value: str) -> Iterator[bytes]:
    """Split into pieces of some octets, never inside a character (RFC 2047 5)."""
    chunk = b""
    for character in value:
        octets = character.encode()
        if len(chunk) + len(octets) > _CHUNK:
            yield chunk
            chunk = b""
        chunk += octets
    if chunk:
        yield chunk


def _filled(value: str, first: int) -> Iterator[str]:
    line, width = "", first
    for word in value.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line, width = word, _WIDTH
        else:
            line = f"{line} {word}" if line else word
    yield line


def _compare(message: bytes, meant: Meant, structure: Sequence[Header]) -> None:
    """Compare header block, boundaries and calendar lines with what was meant: 20 µs, for every message."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    _require_equal([line for line in lines if len(line) > _LONGEST_LINE], [], "a header line is too long")
    fields = [_FIELD.fullmatch(line) for line in "\r\n".join(lines).replace("\r\n ", " ").split("\r\n")]
    found = [(field[1], _read(field[1], field[2])) for field in fields if field]
    _require_equal(len(found), len(fields), "a line of the header block")
    _require_equal(found, [*meant.headers, *structure], "the header block")
    ends = message.count(b"\r\n")
    _require_equal((message.count(b"\r"), message.count(b"\n")), (ends, ends), "the line ends")
    found_boundaries = [part.partition(b"\r\n")[0] for part in (b"\r\n" + body).split(b"\r\n--=_")[1:]]
    _require_equal(found_boundaries, _BOUNDARIES[bool(meant.calendar)], "the boundaries")
    if meant.calendar:
        unfolded = meant.calendar.replace(b"\r\n ", b"").decode().split("\r\n")
        _require_equal(unfolded, [*meant.lines, ""], "the lines of the calendar")


def _read(name: str, written: str) -> str:
    """Read a header as a mail client does, of what `_written` can write."""
    if name in _MAILBOXES and written.startswith('"'):
        quoted, _, email = written.rpartition('" <')
        return _UNESCAPED.sub(r"\1", quoted[1:]) + f" <{email}"
    if "=?" not in written:
        return written
    joined = _BETWEEN_WORDS.sub("", written)
    return _WORD.sub(lambda word: b64decode(word[1]).decode(), joined)


def _require_equal(found: object, meant: object, what: str) -> None:
    if found != meant:
        raise Garbled(f"The message built is not the one meant: {what}.")
