"""A template in its frame: compiled once, and filled in for a message or for a sample. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import text
from engine.wording import markup, notices, sandbox
from engine.wording.notices import Notice, Source
from engine.wording.sandbox import HTML, PLAIN, Compiled

NATIONAL = "national"
UNSAVED = "unsaved"
_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a person reads: the subject, and the message twice."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A version, compiled. What a trust wrote is `foreign`: its HTML goes through the allow-list each time."""

    label: str
    notice: Notice
    subject: Compiled
    text: Compiled
    html: Compiled
    foreign: bool
    language: str = notices.ENGLISH

    def render(self, context: Mapping[str, Any]) -> Rendered:
        """Fill in the tokens. Raises `TemplateError`, or `TemplateLimit`."""
        values = notices.values(self.notice, context, self.language)
        subject = text.clean(self.subject.render(values), _LONGEST_SUBJECT)
        page = self.html.render({**values, "subject": subject})
        return Rendered(
            subject=subject,
            text=text.squeeze(self.text.render(values)) + "\n",
            html=markup.purify(page) if self.foreign else page,
        )


def compiled(notice: Notice, source: Source) -> Template:
    """Compile a source in its frame, with its styles moved into the elements. Raises `TemplateError`."""
    return Template(
        label=source.label,
        notice=notice,
        subject=Compiled(source.subject, PLAIN),
        text=Compiled(sandbox.assemble(notices.base("txt", source.language), source.text), PLAIN),
        html=Compiled(markup.inline(sandbox.assemble(notices.base("html", source.language), source.html)), HTML),
        foreign=not source.label.startswith(f"{NATIONAL}/"),
        language=source.language,
    )


def spoken(label: str) -> str:
    """Say in words with which text a message was written, by its label: `national/HASH` or `PLACE/VERSION`."""
    place, _, version = label.rpartition("/")
    known = {NATIONAL: "the national text", UNSAVED: "a text that was being tried out"}
    return known.get(place) or f"version {version} of a text of an organisation, an offering or a class"
