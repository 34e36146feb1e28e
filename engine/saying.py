"""How the value of each kind of token is said, in the language of the letter. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from engine import calendar, text, welsh
from engine.errors import TemplateError

ENGLISH, WELSH = "en", "cy"
LANGUAGES: Final[Mapping[str, str]] = {ENGLISH: "English", WELSH: "Welsh"}
_LONGEST_LINE, _LONGEST_TEXT, _LONGEST_LIST = 400, 6000, 200
_LINK = re.compile(r"https?://[!#-;=?-Z\[\]_a-z~%]+")


class Tongue(Protocol):
    """How a language says days and times: a module with these three."""

    def day(self, on: date) -> str:
        """Say a day."""
        ...

    def moment(self, at: datetime, zone: str) -> str:
        """Say a day and a time."""
        ...

    def when(self, start: datetime, end: datetime, zone: str) -> str:
        """Say from when until when."""
        ...


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


def language_of(language: str) -> Tongue:
    """Return how days and times are said in a language, in English where it is not known."""
    return _TONGUES.get(language, calendar)


def value(token: Token, given: Any, zone: str, said: Tongue) -> Any:
    """Return a token's value as plain text ready for a template; one that is absent is empty.

    Raises `TemplateError` where it is required and absent, and for a link that is none.
    """
    if given is None or given in ("", []):
        if token.required:
            raise TemplateError(f"The token {token.name} is required and has no value.", token=token.name)
        return ""
    return _READERS[token.kind](token, given, zone, said)


def _line(_token: Token, value: Any, _zone: str, _said: Tongue) -> str:
    return text.clean(str(value), _LONGEST_LINE)


def _lines(_token: Token, value: Any, _zone: str, _said: Tongue) -> str:
    return text.clean_lines(str(value), _LONGEST_TEXT)


def _link(token: Token, value: Any, _zone: str, _said: Tongue) -> str:
    if not isinstance(value, str) or not _LINK.fullmatch(value):
        raise TemplateError(f"The token {token.name} is not a web address.", token=token.name)
    return value


def _moment(token: Token, value: Any, zone: str, said: Tongue) -> str:
    try:
        return said.moment(calendar.instant(str(value)), zone)
    except ValueError:
        return _line(token, value, zone, said)


def _day(token: Token, value: Any, zone: str, said: Tongue) -> str:
    try:
        return said.day(date.fromisoformat(str(value)))
    except ValueError:
        return _moment(token, value, zone, said)


def _list(token: Token, value: Any, zone: str, said: Tongue) -> list[Any]:
    return [_item(token, one, zone, said) for one in list(value)[:_LONGEST_LIST]]


def _item(token: Token, value: Any, zone: str, said: Tongue) -> Any:
    if isinstance(value, Mapping):
        parts = {str(name): _line(token, part, zone, said) for name, part in value.items()}
        return {**parts, "link": parts["link"] if _LINK.fullmatch(parts["link"]) else ""} if "link" in parts else parts
    return _line(token, value, zone, said)


_READERS = {
    Kind.TEXT: _line,
    Kind.LINES: _lines,
    Kind.LINK: _link,
    Kind.MOMENT: _moment,
    Kind.DAY: _day,
    Kind.NUMBER: _line,
    Kind.LIST: _list,
}

_TONGUES: Final[Mapping[str, Tongue]] = {ENGLISH: calendar, WELSH: welsh}
