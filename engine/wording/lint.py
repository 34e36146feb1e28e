"""What is wrong with a template, as sentences for the person who wrote it, each with its line. Pure.

It judges the text alone; whether it renders is tried in a child process (`trial`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

from jinja2 import meta, nodes

from engine import unreachable
from engine.errors import TemplateError
from engine.wording import markup, notices, sandbox
from engine.wording.notices import Kind, Notice, Source
from engine.wording.sandbox import HTML, PLAIN, Sandbox

PARTS = ("subject", "text", "html")
_FROM_THE_FRAME = frozenset({"subject"})
_EXPRESSION = re.compile(r"\{\{-?\s*(\w+)\s*-?\}\}")
_LINK_OF_ITEM = re.compile(r"\{\{ *\w+\.link *\}\}")
_MARKS = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class Level(StrEnum):
    """How bad it is: an error cannot be published."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to change; `place` is `subject`, `text` or `html`, as in `html, line 3` where the line is known."""

    level: Level
    place: str
    sentence: str

    @property
    def part(self) -> str:
        """Return the part in which it is to be changed; what is wrong nowhere in particular stands with the HTML."""
        part = self.place.partition(",")[0]
        return part if part in PARTS else "html"

    @property
    def line(self) -> int:
        """Return the line of that part, from 1; 0 where none is known."""
        number = self.place.rpartition("line ")[2]
        return int(number) if number.isdecimal() else 0


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
    yield from _written("subject", source.subject, PLAIN, notice)


def _body(place: str, source: Source, notice: Notice) -> Iterator[Finding]:
    suffix, written, environment = ("html", source.html, HTML) if place == "html" else ("txt", source.text, PLAIN)
    try:
        assembled = sandbox.assemble(notices.base(suffix, source.language), written)
    except TemplateError as trouble:
        yield _refused(place, trouble)
        return
    found = tuple(_written(place, sandbox.unframed(written), environment, notice))
    yield from found
    if not any(finding.level is Level.ERROR for finding in found):
        yield from _whole(place, assembled, environment, notice)


def _written(place: str, source: str, environment: Sandbox, notice: Notice) -> Iterator[Finding]:
    """Judge what somebody wrote, whose lines are those that they see."""
    try:
        tree = sandbox.check(source, environment)
    except TemplateError as trouble:
        yield _refused(place, trouble)
        return
    unknown = meta.find_undeclared_variables(tree) - notice.tokens.keys() - _FROM_THE_FRAME
    for name, line in sorted({(n.name, n.lineno) for n in tree.find_all(nodes.Name) if n.name in unknown}):
        yield _error(_at(place, line), f"There is no token named {name} in this notice.")
    always = frozenset(token.name for token in notice.tokens.values() if token.required)
    for line, sentence in unreachable.branches(tree, always):
        yield Finding(level=Level.WARNING, place=_at(place, line), sentence=sentence)


def _whole(place: str, assembled: str, environment: Sandbox, notice: Notice) -> Iterator[Finding]:
    """Judge a body in its frame, which says some of the tokens itself."""
    try:
        used = meta.find_undeclared_variables(sandbox.check(assembled, environment))
    except TemplateError as trouble:
        yield _error(place, trouble.sentence)
        return
    for token in notice.tokens.values():
        if token.required and token.name not in used:
            yield _error(place, f"The token {token.name} must be said: {token.meaning[0].lower()}{token.meaning[1:]}.")


def _links(source: Source, notice: Notice) -> Iterator[Finding]:
    reader = _Reader()
    reader.feed(_MARKS.sub(lambda mark: "\n" * mark[0].count("\n"), source.html))
    reader.close()
    for line, tag in reader.tags:
        if tag not in markup.TAGS:
            yield _error(_at("html", line), f"Messages cannot contain <{tag}>.")
    for line, link in reader.links:
        if not _safe(link, notice):
            yield _error(_at("html", line), f"This link is not safe: {link or 'it is empty'}.")
    for line, name in reader.handlers:
        yield _error(_at("html", line), f"Messages cannot contain the attribute {name}.")


def _safe(link: str, notice: Notice) -> bool:
    """Allow a token that holds a link, that of an item of a list, or an address with one of the allowed schemes."""
    if _LINK_OF_ITEM.fullmatch(link):
        return True
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


def _refused(place: str, trouble: TemplateError) -> Finding:
    return _error(_at(place, trouble.facts.get("line", 0)), trouble.sentence)


def _at(place: str, line: int) -> str:
    """Name a place; a subject is one line, so that its number says nothing."""
    return f"{place}, line {line}" if line and place != "subject" else place


def _error(place: str, sentence: str) -> Finding:
    return Finding(level=Level.ERROR, place=place, sentence=sentence)
