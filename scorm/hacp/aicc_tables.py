"""What AICC writes as text, in files and in messages: encodings, groups of keys, comma-separated tables. Pure.

Clauses are those of AICC CMI001 4.0; its names of groups, keys and columns do not tell upper from lower case.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

FREE = frozenset({"core_lesson", "core_vendor", "comments", "course_description"})
"""Groups whose body is text of its own, not keys (CMI001 6.0)."""

KNOWN = FREE | {
    "core",
    "course",
    "course_behavior",
    "evaluation",
    "objectives_status",
    "student_data",
    "student_demographics",
    "student_preferences",
}

MOST_ROWS: Final = 200_000
"""Rows of a table that are read at most."""

_HEAD = re.compile(r"^[ \t]*\[[ \t]*([A-Za-z][\w .-]{0,60})\][ \t]*\r?$", re.MULTILINE | re.ASCII)
_BREAK = re.compile("\r\n|[\r\n]")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Unreadable(ValueError):
    """A table cannot be read; the sentence says why."""


def decoded(data: bytes) -> str:
    """Read text by its mark, as UTF-8, or as Windows-1252, which is what older tools write and nearly never fails.

    A NUL, which no database keeps, is left out.
    """
    return _text(data).replace("\0", "")


def _text(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def named(name: str) -> str:
    """Write a name of a group, key or column as it is compared: small, with underscores."""
    return re.sub(r"[\s_]+", "_", name.strip().lower())


def groups(text: str) -> dict[str, str]:
    """Split text into its groups: the body by name, without the line breaks at its end.

    In a group of free text only the head of a group that is known ends it: the rest may well look like one.
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    bodies: dict[str, list[str]] = {}
    name, start = "", 0
    for head in _HEAD.finditer(text):
        begins = named(head[1])
        if name in FREE and begins not in KNOWN:
            continue
        _keep(bodies, name, text[start : head.start()])
        name, start = begins, head.end() + 1
    _keep(bodies, name, text[start:])
    return {name: parts[-1] if name in FREE else "\n".join(parts) for name, parts in bodies.items()}


def keys(body: str) -> dict[str, str]:
    """Read the lines `key=value` of a group, which may have `=` in the value; a line after `;` is a remark."""
    lines = (line.strip() for line in _BREAK.split(body))
    pairs = (line.partition("=") for line in lines if line and not line.startswith(";"))
    return {named(key): value.strip() for key, equals, value in pairs if equals}


def rows(text: str, most: int = MOST_ROWS) -> list[list[str]]:
    """Read at most so many comma-separated rows, quoted where that is needed, without empty ones; `Unreadable`."""
    try:
        found = list(islice(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True), most))
    except csv.Error as broken:
        raise Unreadable(f"it is no table: {broken}") from broken
    return [[cell.strip() for cell in row] for row in found if any(cell.strip() for cell in row)]


def table(text: str, columns: Sequence[str], telling: str, most: int = MOST_ROWS) -> list[Mapping[str, str]]:
    """Read rows by the names in the first one, or by `columns` where no name there is `telling`."""
    found = rows(text, most)
    head = [named(cell) for cell in found[0]] if found else []
    body, names = (found[1:], head) if telling in head else (found, list(columns))
    return [dict(zip(names, row, strict=False)) for row in body]


def _keep(bodies: dict[str, list[str]], name: str, body: str) -> None:
    # The break at a body's end cannot be told from the one that parts it from the next head.
    if name:
        bodies.setdefault(name, []).append(body.rstrip("\r\n"))
