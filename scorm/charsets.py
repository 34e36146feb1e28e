"""The bytes of a manifest -> its text: by its mark, by what it declares, or by what it plainly is. Pure.

Authoring tools are known to declare one encoding and write another (XML 1.0, 4.3.3 and annex F).
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_DECLARED: Final = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']\s*([A-Za-z0-9._:-]+)")
_UTF8: Final = "utf-8"
_WINDOWS: Final = "cp1252"
# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE: Final = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
# What a declaration of one of these is worth: text in UTF-8 can always be read as one of them too, and wrongly.
_BYTEWISE: Final = frozenset(map(codecs.lookup, ("iso8859-1", "cp1252", "iso8859-15", "ascii", "cp437")))


class Undecodable(ValueError):
    """The bytes are no text in any encoding that could be meant."""


def decoded(data: bytes) -> tuple[str, list[str]]:
    """Read the bytes and say what was odd; the text begins at its first character that is not white space."""
    plain = data.lstrip(b" \t\r\n")
    marked = next(((mark, name) for mark, name in _MARKS if plain.startswith(mark)), None)
    if marked:
        text, warnings = _marked(plain[len(marked[0]) :], marked[1])
    elif wide := next((name for start, name in _WIDE if plain.startswith(start)), None):
        text, warnings = _read(plain, wide), [f"The manifest is {wide[:6].upper()} without a mark that says so."]
    else:
        text, warnings = _declared(plain)
    return text.lstrip("\ufeff \t\r\n"), warnings


def _marked(data: bytes, name: str) -> tuple[str, list[str]]:
    try:
        return data.decode(name), []
    except UnicodeDecodeError:
        if name != _UTF8:
            raise Undecodable(f"it begins as {name[:6].upper()} and does not go on so") from None
        return _windows(data)


def _declared(data: bytes) -> tuple[str, list[str]]:
    said = _DECLARED.match(data[:400])
    name = said.group(1).decode() if said else _UTF8
    known = _codec(name)
    if known is None or known.name.startswith(("utf-16", "utf-32")):
        # Windows programs write UTF-16 into the declaration and UTF-8 into the file.
        return _other(data, f"says it is {name}")
    if known.name != _UTF8 and known in _BYTEWISE and not data.isascii() and _holds(data, _UTF8):
        return data.decode(), [f"The manifest says it is {name} and is UTF-8; it was read as that."]
    if _holds(data, known.name):
        return data.decode(known.name), []
    return _windows(data) if known.name == _UTF8 else _other(data, f"says it is {name}")


def _other(data: bytes, claim: str) -> tuple[str, list[str]]:
    if _holds(data, _UTF8):
        return data.decode(), [f"The manifest {claim} and is UTF-8; it was read as that."]
    return _windows(data)


def _windows(data: bytes) -> tuple[str, list[str]]:
    said = ["The manifest says it is UTF-8 and is not; it was read as Windows-1252."]
    return (data.decode(_WINDOWS if _holds(data, _WINDOWS) else "iso8859-1")), said


def _read(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError:
        raise Undecodable(f"it begins as {name[:6].upper()} and does not go on so") from None


def _codec(name: str) -> codecs.CodecInfo | None:
    try:
        found = codecs.lookup(name)
    except LookupError:
        return None
    # rot13, hex and their like are codecs too, and none of them an encoding of text.
    return found if getattr(found, "_is_text_encoding", True) else None


def _holds(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
