"""The notices as they are searched: by what they are called, when they are sent and what they say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.wording import notices
from engine.wording.notices import Notice, Source
from engine.wording.rendering import NATIONAL

AREAS: Final[Mapping[str, str]] = {
    "IAT": "Competences from other employers",
    "LRN": "Learning",
    "ONB": "Onboarding",
    "SYS": "Questions, accounts and the system itself",
}
"""What the first letters of a notice stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: every word somewhere, in one area, only what was changed at the place that is looked at."""

    words: str = ""
    area: str = ""
    changed: bool = False

    def __bool__(self) -> bool:
        """Say whether anything is left out."""
        return bool(self.words or self.area or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One notice with the text that applies at a place; `origin` says in words where that comes from."""

    notice: Notice
    source: Source
    origin: str
    own: bool

    @property
    def reason(self) -> str:
        """Return the line that tells its readers why they get it."""
        return str(self.notice.tokens["reason"].example)

    def meets(self, wanted: Wanted) -> bool:
        """Say whether it is looked for."""
        here = (self.notice.name, self.notice.title, self.notice.about, self.reason, *_said(self.source))
        words = wanted.words.casefold().split()
        return (
            self.notice.name.startswith(wanted.area)
            and (self.own or not wanted.changed)
            and all(word in " ".join(here).casefold() for word in words)
        )


def origin(label: str, names: Mapping[str, str]) -> str:
    """Say where a text comes from; `names` are those of the organisations that the reader may know."""
    place, _, version = label.rpartition("/")
    if place == NATIONAL:
        return "National text"
    return f"{names.get(place, 'An organisation above')}, version {version}"


def every(sources: Mapping[str, Source], organisation: str, names: Mapping[str, str]) -> list[Listed]:
    """Return notices with the texts that apply at an organisation, by name."""
    return [
        Listed(
            notice=notices.notice(name),
            source=source,
            origin=origin(source.label, names),
            own=source.label.startswith(f"{organisation}/"),
        )
        for name, source in sorted(sources.items())
    ]


def top(trust: str, mine: Mapping[str, str]) -> str:
    """Return the organisation that is looked at first: the trust, else the first of one's own."""
    return trust if trust in mine else next(iter(mine), "")


def areas(names: Sequence[str]) -> dict[str, str]:
    """Return the areas of these notices with their words, in order."""
    return {prefix: AREAS.get(prefix, prefix) for prefix in sorted({name[:3] for name in names})}


def _said(source: Source) -> tuple[str, str]:
    return source.subject, source.text
