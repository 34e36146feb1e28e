"""The folders of notices: what each may say, the tokens it declares, and samples to look at.

A folder has `subject.txt`, `body.txt`, `body.html` and `tokens.toml`; the bodies fill blocks of `_base`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from engine import calendar, text
from engine.errors import Missing, TemplateError

BASE = "_base"
ZONE = "Europe/London"
USUAL, SHORTEST = "usual", "shortest"
_LONGEST_LINE, _LONGEST_TEXT, _LONGEST_LIST = 400, 6000, 200
_NAME = re.compile(r"[A-Z]{3}-\d\d-[a-z0-9-]+")
_LINK = re.compile(r"https?://[!#-;=?-Z\[\]_a-z~%]+")


class Kind(StrEnum):
    """What a token holds; named in `tokens.toml`."""

    TEXT = "text"
    LINES = "lines"
    LINK = "link"
    MOMENT = "moment"
    DAY = "day"
    NUMBER = "number"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One thing that a template may say, by name."""

    name: str
    kind: Kind
    required: bool
    meaning: str
    example: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template as written. `label` names the version: `national/HASH` or `ORGANISATION/NUMBER`."""

    subject: str
    text: str
    html: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One folder: what is shipped, the tokens by name, the samples by name."""

    name: str
    title: str
    about: str
    tokens: Mapping[str, Token]
    samples: Mapping[str, Mapping[str, Any]]
    source: Source


# The engine itself supplies these to every notice.
COMMON = (
    Token(
        name="recipient_name",
        kind=Kind.TEXT,
        required=True,
        meaning="The name of the person who gets the message",
        example="Priya Nair",
    ),
    Token(
        name="reason",
        kind=Kind.TEXT,
        required=True,
        meaning="Why they get it, in one line",
        example="You get this message because you have a place on this class.",
    ),
    Token(
        name="trust_name",
        kind=Kind.TEXT,
        required=False,
        meaning="The name of the trust, as its mail has it",
        example="Northshire NHS Foundation Trust",
    ),
)


def folder() -> Path:
    """Return the templates: beside the packages in a checkout, inside the package in a wheel."""
    here = Path(__file__).resolve().parent
    carried = here / "email_templates"
    return carried if carried.is_dir() else here.parent / "templates" / "email"


@cache
def base(suffix: str) -> str:
    """Return the frame of every body, `txt` or `html`."""
    return (folder() / BASE / f"body.{suffix}").read_text()


@cache
def names() -> tuple[str, ...]:
    """Return the names of all notices, in order."""
    return tuple(sorted(one.name for one in folder().iterdir() if _NAME.fullmatch(one.name)))


def titled(name: str) -> str:
    """Return the title of a notice with its code, as in “Joining instructions (LRN-01)”; its name where it is gone."""
    try:
        return f"{notice(name).title} ({name[:6]})"
    except Missing:
        return name


@cache
def notice(name: str) -> Notice:
    """Return a shipped notice. Raises `Missing` where there is no such folder."""
    place = folder() / name
    if not _NAME.fullmatch(name) or not place.is_dir():
        raise Missing("There is no such notice.", notice=name)
    declared = tomllib.loads((place / "tokens.toml").read_text())
    common = (replace(token, example=declared["reason"]) if token.name == "reason" else token for token in COMMON)
    tokens = {token.name: token for token in (*common, *_tokens(declared))}
    return Notice(
        name=name,
        title=declared["title"],
        about=declared["about"],
        tokens=tokens,
        samples=_samples(tokens, declared.get("samples", {})),
        source=_shipped(place),
    )


def values(notice: Notice, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return every declared token, as plain text ready for a template; an absent optional one is empty.

    Raises `TemplateError` for a required token that is missing and for a link that is none.
    """
    zone = str(context.get("zone") or ZONE)
    return {name: _value(token, context.get(name), zone) for name, token in notice.tokens.items()}


def _tokens(declared: Mapping[str, Any]) -> Iterator[Token]:
    for name, facts in declared["tokens"].items():
        yield Token(
            name=name,
            kind=Kind(facts.get("type", "text")),
            required=facts.get("required", False),
            meaning=facts["meaning"],
            example=facts["example"],
        )


def _samples(tokens: Mapping[str, Token], declared: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    usual = {name: token.example for name, token in tokens.items()}
    shortest = {name: token.example for name, token in tokens.items() if token.required}
    return {USUAL: usual, SHORTEST: shortest} | {name: usual | changed for name, changed in declared.items()}


def _shipped(place: Path) -> Source:
    subject, plain, html = ((place / name).read_text() for name in ("subject.txt", "body.txt", "body.html"))
    digest = hashlib.sha256("\0".join((subject, plain, html, base("txt"), base("html"))).encode()).hexdigest()
    return Source(subject=subject, text=plain, html=html, label=f"national/{digest[:12]}")


def _value(token: Token, value: Any, zone: str) -> Any:
    if value is None or value in ("", []):
        if token.required:
            raise TemplateError(f"The token {token.name} is required and has no value.", token=token.name)
        return ""
    return _READERS[token.kind](token, value, zone)


def _line(_token: Token, value: Any, _zone: str) -> str:
    return text.clean(str(value), _LONGEST_LINE)


def _lines(_token: Token, value: Any, _zone: str) -> str:
    return text.clean_lines(str(value), _LONGEST_TEXT)


def _link(token: Token, value: Any, _zone: str) -> str:
    if not isinstance(value, str) or not _LINK.fullmatch(value):
        raise TemplateError(f"The token {token.name} is not a web address.", token=token.name)
    return value


def _moment(token: Token, value: Any, zone: str) -> str:
    try:
        return calendar.moment(calendar.instant(str(value)), zone)
    except ValueError:
        return _line(token, value, zone)


def _day(token: Token, value: Any, zone: str) -> str:
    try:
        return calendar.day(date.fromisoformat(str(value)))
    except ValueError:
        return _moment(token, value, zone)


def _list(token: Token, value: Any, zone: str) -> list[Any]:
    return [_item(token, one, zone) for one in list(value)[:_LONGEST_LIST]]


def _item(token: Token, value: Any, zone: str) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _line(token, part, zone) for name, part in value.items()}
    return _line(token, value, zone)


_READERS = {
    Kind.TEXT: _line,
    Kind.LINES: _lines,
    Kind.LINK: _link,
    Kind.MOMENT: _moment,
    Kind.DAY: _day,
    Kind.NUMBER: _line,
    Kind.LIST: _list,
}
