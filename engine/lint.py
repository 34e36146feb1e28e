"""What is wrong with a template, as sentences for the person who wrote it. Pure.

It judges the text alone; whether it renders is tried in a child process (`trial`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from jinja2 import meta

from engine import markup, notices, sandbox
from engine.errors import TemplateError
from engine.notices import Kind, Notice, Source
from engine.sandbox import HTML, PLAIN, Sandbox

_FROM_THE_FRAME = frozenset({"subject"})
_EXPRESSION = re.compile(r"\{\{-?\s*(\w+)\s*-?\}\}")
_MARKS = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class Level(StrEnum):
    """How bad it is: an error cannot be published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to change; `place` is `subject`, `text` or `html`, with the line where there is one."""

    level: Level
    place: str
    sentence: str


def lint(source: Source, notice: Notice) -> tuple[Finding, ...]:
    """Return everything found, in the order of the parts."""
    return (
        *_subject(source, notice),
        *_body("text", source, notice),
        *_body("html", source, notice),
        *_links(source, notice),
    )


def _subject(source: Source, notice: Notice) -> Iterator[Finding]:
    if not source.subject.strip():
        yield _error("subject", "The subject is empty.")
    yield from _part("subject", source.subject, PLAIN, notice, required=False)


def _body(place: str, source: Source, notice: Notice) -> Iterator[Finding]:
    suffix, written, environment = ("html", source.html, HTML) if place == "html" else ("txt", source.text, PLAIN)
    try:
        assembled = sandbox.assemble(notices.base(suffix), written)
    except TemplateError as trouble:
        yield _error(place, trouble.sentence)
        return
    yield from _part(place, assembled, environment, notice, required=True)


def _part(place: str, source: str, environment: Sandbox, notice: Notice, *, required: bool) -> Iterator[Finding]:
    try:
        tree = sandbox.check(source, environment)
    except TemplateError as trouble:
        yield _error(place, trouble.sentence)
        return
    used = meta.find_undeclared_variables(tree)
    for name in sorted(used - notice.tokens.keys() - _FROM_THE_FRAME):
        yield _error(place, f"There is no token named {name} in this notice.")
    for token in notice.tokens.values():
        if required and token.required and token.name not in used:
            yield _error(place, f"The token {token.name} must be said: {token.meaning[0].lower()}{token.meaning[1:]}.")


def _links(source: Source, notice: Notice) -> Iterator[Finding]:
    reader = _Reader()
    reader.feed(_MARKS.sub("", source.html))
    reader.close()
    for line, tag in reader.tags:
        if tag not in markup.TAGS:
            yield _error(f"html, line {line}", f"Messages cannot contain <{tag}>.")
    for line, link in reader.links:
        if not _safe(link, notice):
            yield _error(f"html, line {line}", f"This link is not safe: {link or 'it is empty'}.")
    for line, name in reader.handlers:
        yield _error(f"html, line {line}", f"Messages cannot contain the attribute {name}.")


def _safe(link: str, notice: Notice) -> bool:
    """Allow a token that holds a link, or an address that stands there with one of the allowed schemes."""
    token = _EXPRESSION.fullmatch(link)
    if token:
        declared = notice.tokens.get(token[1])
        return declared is not None and declared.kind is Kind.LINK
    scheme, colon, rest = link.partition(":")
    return "{" not in link and bool(colon and rest) and scheme in markup.SCHEMES


class _Reader(HTMLParser):
    """Collects the tags, the links and the scripts in attributes, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[int, str]] = []
        self.links: list[tuple[int, str]] = []
        self.handlers: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, _ = self.getpos()
        self.tags.append((line, tag))
        for name, value in attrs:
            if name in {"href", "src"}:
                self.links.append((line, (value or "").strip()))
            elif name.startswith("on"):
                self.handlers.append((line, name))


def _error(place: str, sentence: str) -> Finding:
    return Finding(level=Level.ERROR, place=place, sentence=sentence)
