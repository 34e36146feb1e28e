"""The folders of notices: what each may say, the tokens it declares, and samples to look at.

A folder has `subject.txt`, `body.txt`, `body.html` and `tokens.toml`; the bodies fill blocks of `_base`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from engine import saying
from engine.errors import Missing
from engine.saying import ENGLISH, LANGUAGES, WELSH, Kind, Token

__all__ = ["ENGLISH", "LANGUAGES", "WELSH", "Kind", "Notice", "Source", "Token"]

BASE = "_base"
ZONE = "Europe/London"
USUAL, SHORTEST = "usual", "shortest"
_NAME = re.compile(r"[A-Z]{3}-\d\d-[a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template as written. `label` names the version: `national/HASH` or `ORGANISATION/NUMBER`."""

    subject: str
    text: str
    html: str
    label: str = ""
    language: str = ENGLISH


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One folder: what is shipped, the tokens by name, the samples by name.

    `translations` are the texts in other languages than English, by language, and `reasons` the reasons for letters in
    them, by what they are in English.
    """

    name: str
    title: str
    about: str
    tokens: Mapping[str, Token]
    samples: Mapping[str, Mapping[str, Any]]
    source: Source
    translations: Mapping[str, Source] = field(default_factory=dict)
    reasons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def sources(self) -> Mapping[str, Source]:
        """Return the shipped texts by language."""
        return {ENGLISH: self.source, **self.translations}


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
    Token(
        name="contact_line",
        kind=Kind.TEXT,
        required=False,
        meaning="Whom to ask, in one line, as the organisation's mail has it",
        example="Learning team: learning@northshire.example, 01234 567890",
    ),
    Token(
        name="choices_link",
        kind=Kind.LINK,
        required=False,
        meaning="The page where the reader chooses which e-mails come",
        example="https://learn.northshire.example/e-mails",
    ),
    Token(
        name="brand_colour",
        kind=Kind.TEXT,
        required=False,
        meaning="The colour of the organisation's mail, for its frame",
        example="#005eb8",
    ),
)


def folder() -> Path:
    """Return the templates: beside the packages in a checkout, inside the package in a wheel."""
    here = Path(__file__).resolve().parent.parent
    carried = here / "email_templates"
    return carried if carried.is_dir() else here.parent / "templates" / "email"


@cache
def base(suffix: str, language: str = ENGLISH) -> str:
    """Return the frame of every body, `txt` or `html`, with its words in a language; in English where it has none."""
    frame = (folder() / BASE / f"body.{suffix}").read_text()
    words = folder() / BASE / language / "words.toml"
    for pair in tomllib.loads(words.read_text())["words"] if words.is_file() else ():
        frame = frame.replace(pair["en"], pair[language])
    return frame


@cache
def names() -> tuple[str, ...]:
    """Return the names of all notices, in order."""
    return tuple(sorted(one.name for one in folder().iterdir() if _NAME.fullmatch(one.name)))


def known(name: str) -> bool:
    """Say whether a notice is shipped."""
    return name in names()


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
        translations={WELSH: _shipped(place, WELSH)} if (place / WELSH).is_dir() else {},
        reasons={WELSH: _reasons(place / WELSH / "reasons.toml")},
    )


def source(notice: Notice, language: str) -> Source:
    """Return the shipped text in a language, in English where there is none."""
    return notice.sources.get(language, notice.source)


def values(notice: Notice, context: Mapping[str, Any], language: str = ENGLISH) -> dict[str, Any]:
    """Return every declared token, as plain text ready for a template; an absent optional one is empty.

    Raises `TemplateError` for a required token that is missing and for a link that is none.
    """
    zone = str(context.get("zone") or ZONE)
    said = saying.language_of(language)
    return {name: saying.value(token, context.get(name), zone, said) for name, token in notice.tokens.items()}


def reason(notice: Notice, sentence: str, language: str) -> str:
    """Return why somebody gets a letter in its language, where that sentence has been translated."""
    known = notice.reasons.get(language, {})
    return known.get(sentence) or _with_a_name(known, sentence) or sentence


def _with_a_name(known: Mapping[str, str], sentence: str) -> str:
    """Translate a sentence that names something, as one whose name is written `{}`; "" where none is like it."""
    for english, translated in known.items():
        before, hole, after = english.partition("{}")
        if hole and sentence.startswith(before) and sentence.endswith(after):
            return translated.replace("{}", sentence[len(before) : len(sentence) - len(after)])
    return ""


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


def _shipped(place: Path, language: str = ENGLISH) -> Source:
    names = ("subject.txt", "body.txt", "body.html")
    subject, plain, html = (_written(place, name, language).read_text() for name in names)
    frame = (base("txt", language), base("html", language))
    digest = hashlib.sha256("\0".join((subject, plain, html, *frame)).encode()).hexdigest()
    return Source(subject=subject, text=plain, html=html, label=f"national/{digest[:12]}", language=language)


def _written(place: Path, name: str, language: str) -> Path:
    """Return the file of a part in a language, the English one where there is none."""
    translated = place / language / name
    return translated if translated.is_file() else place / name


def _reasons(place: Path) -> Mapping[str, str]:
    """Return the sentences of a language by their English, which a table of pairs holds."""
    declared = tomllib.loads(place.read_text())["reasons"] if place.is_file() else ()
    return {pair["en"]: pair["cy"] for pair in declared}
