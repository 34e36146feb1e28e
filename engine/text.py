"""What people wrote, made harmless at entry: one line or several, of bounded length (SECURITY 13). Pure."""

from __future__ import annotations

import re

# C0 and C1 controls, the line and paragraph separators, surrogates, marks and overrides of direction, and the
# byte order mark: none of them is ever meant, and each has fooled a header, a calendar or a reader.
_NEVER = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
UNSAFE = re.compile(f"[{_NEVER}]")
_GAPS = re.compile(r"\s+")  # also no-break and wide spaces: readers of headers disagree about those
_LINE_ENDS = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
_INVISIBLE = re.compile(f"[{_NEVER}]".replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))
_SPACES = re.compile(" {2,}")


def unsafe(value: str) -> bool:
    """Say whether there is anything in it that is never meant."""
    return not value.isprintable() and UNSAFE.search(value) is not None


def clean(value: str, limit: int) -> str:
    """Return one line of at most `limit` characters, without anything that does not print."""
    if value.isprintable() and "  " not in value:  # nearly every value, and it runs for each of every message
        return value.strip()[:limit].rstrip()
    line = UNSAFE.sub("", _GAPS.sub(" ", value))
    return _SPACES.sub(" ", line).strip()[:limit].rstrip()


def clean_lines(value: str, limit: int) -> str:
    r"""Return text of several lines, ended by `\n`, of at most `limit` characters in all."""
    if value.isprintable():
        return value.strip()[:limit].rstrip()
    return squeeze(_visible(value))[:limit].rstrip()


def clean_source(value: str, limit: int) -> str:
    """Return text of at most `limit` characters whose lines stay where they are, so that one can be named."""
    return _visible(value)[:limit].rstrip()


def _visible(value: str) -> str:
    lines = _LINE_ENDS.sub("\n", value).replace("\t", " ")
    return "\n".join(line.rstrip() for line in _INVISIBLE.sub("", lines).split("\n"))


def squeeze(value: str) -> str:
    """Leave at most one empty line between two others, and none at the ends."""
    while "\n\n\n" in value:
        value = value.replace("\n\n\n", "\n\n")
    return value.strip()


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: `1 message`, `0 messages`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
