"""One text under the hand: what was written, what is wrong with it, and how it looks to one person.

What somebody types is rendered in a child process, and shown in a frame where it can do nothing (SECURITY 7, 9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import request
from sqlalchemy import Connection

from engine import exemplars, text
from engine.errors import TemplateLimit
from engine.exemplars import Exemplar
from engine.roles import directory
from engine.web.enclosure import Meeting
from engine.web.messages import READERS
from engine.web.visitors import Visitor
from engine.wording import lint, notices, reading_age, sandbox, trial
from engine.wording.lint import Finding, Level
from engine.wording.notices import Kind, Notice, Source
from engine.wording.rendering import NATIONAL, Rendered

LETTER: Final = "letter:"
"""What stands before the id of a real letter where a sample is chosen."""
PARTS: Final = lint.PARTS
WIDTHS: Final[Mapping[str, str]] = {"desktop": "Computer", "phone": "Phone"}
KINDS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "one line",
    Kind.LINES: "several lines",
    Kind.LINK: "a link",
    Kind.MOMENT: "a date and time",
    Kind.DAY: "a date",
    Kind.NUMBER: "a number",
    Kind.LIST: "a list",
}
_LONGEST_SUBJECT: Final = 2000
_LONGEST_NAME: Final = 200
_NONE: Final = Rendered(subject="", text="", html="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """To whom it is shown: the value of the choice, what the template is filled in with, and the real ones found."""

    chosen: str
    said: Mapping[str, Any]
    found: Sequence[Exemplar] = ()
    looked_for: str = ""

    @property
    def real(self) -> bool:
        """Say whether it is a real letter's."""
        return self.chosen.startswith(LETTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One text, what is wrong with it, and how it looks."""

    notice: Notice
    source: Source
    person: Person
    findings: Sequence[Finding]
    rendered: Rendered

    @property
    def errors(self) -> bool:
        """Say whether it cannot be saved."""
        return any(finding.level is Level.ERROR for finding in self.findings)

    def at(self, part: str) -> list[Finding]:
        """Return what is wrong in one part."""
        return [finding for finding in self.findings if finding.part == part]

    @property
    def age(self) -> int | None:
        """Return the reading age of what is shown, where it is English and long enough to say."""
        return reading_age.age(self.rendered.text) if self.source.language == notices.ENGLISH else None

    @property
    def width(self) -> str:
        """Return how wide it is shown."""
        asked = request.values.get("width", "")
        return asked if asked in WIDTHS else "desktop"

    @property
    def meeting(self) -> Meeting | None:
        """Return the calendar part that goes beside it; the workflow writes it, not the template."""
        said = self.person.said
        if not said.get("when"):
            return None
        return Meeting(
            does="The calendar part beside it",
            summary=str(said.get("course", "")),
            when=str(said["when"]),
            location=str(said.get("venue", "")),
            description="",
            organizer="",
        )

    def problems(self) -> dict[str, str]:
        """Return the first error of each part, by the id of its input."""
        wrong = [finding for finding in self.findings if finding.level is Level.ERROR]
        return {finding.part: finding.sentence for finding in reversed(wrong)}


def shown(connection: Connection, here: Visitor, organisation: str, notice: Notice, source: Source) -> Sheet:
    """Return the sheet of a text that stands already; only a national one is tried out in this process."""
    person = _asked(connection, here, organisation, notice)
    if source.label.startswith(f"{NATIONAL}/"):
        return _sheet(notice, source, person, *trial.examine(notice, source, person.said))
    return on_trial(notice, source, person)


def typed(connection: Connection, here: Visitor, organisation: str, notice: Notice) -> Sheet:
    """Try out what was typed."""
    asked = request.form.get("language", "")
    source = Source(
        subject=text.clean(request.form.get("subject", ""), _LONGEST_SUBJECT),
        text=_body("text"),
        html=_body("html"),
        language=asked if asked in notices.LANGUAGES else notices.ENGLISH,
    )
    return on_trial(notice, source, _asked(connection, here, organisation, notice))


def on_trial(notice: Notice, source: Source, person: Person) -> Sheet:
    """Try out what somebody wrote, in a child process."""
    try:
        tried = trial.try_out(notice.name, source, shown=person.said)
    except TemplateLimit as error:
        return _sheet(notice, source, person, [Finding(level=Level.ERROR, place="html", sentence=error.sentence)], {})
    return _sheet(notice, source, person, tried.findings, tried.samples)


def addressee(  # noqa: PLR0913 - who asks for whom, of what
    connection: Connection, here: Visitor, organisation: str, notice: Notice, *, chosen: str, name: str = ""
) -> Person:
    """Return to whom a text is shown: `chosen` is a sample's name or `LETTER` with an id, `name` one to look for.

    Raises `Missing` for a real letter that the visitor may not see.
    """
    within = directory.reach(connection, here.trust, here.actor, READERS)
    found = exemplars.search(connection, here.trust, notice.name, name, within=within) if name else []
    if chosen.startswith(LETTER):
        said = exemplars.tokens(connection, here.trust, notice.name, chosen.removeprefix(LETTER), within=within)
        return Person(chosen=chosen, said=said, found=found, looked_for=name)
    sample = chosen if chosen in notice.samples else notices.USUAL
    said = {**notice.samples[sample], **exemplars.brand(connection, here.trust, organisation)}
    return Person(chosen=sample, said=said, found=found, looked_for=name)


def answer(sheet: Sheet) -> dict[str, Any]:
    """Return what a script needs to show a sheet, but for what is HTML of ours."""
    return {
        "subject": sheet.rendered.subject,
        "text": sheet.rendered.text,
        "html": sheet.rendered.html,
        "errors": sheet.errors,
        "marks": [
            {"part": one.part, "line": one.line, "level": one.level, "sentence": one.sentence} for one in sheet.findings
        ],
    }


def _sheet(
    notice: Notice, source: Source, person: Person, findings: Sequence[Finding], samples: Mapping[str, Rendered]
) -> Sheet:
    rendered = samples.get(trial.SHOWN, _NONE)
    hints = reading_age.hints(rendered.text) if source.language == notices.ENGLISH else []
    return Sheet(notice=notice, source=source, person=person, findings=(*findings, *hints), rendered=rendered)


def _asked(connection: Connection, here: Visitor, organisation: str, notice: Notice) -> Person:
    """Return whom the form asks for; raises `Missing`."""
    name = text.clean(request.values.get("person", ""), _LONGEST_NAME)
    return addressee(connection, here, organisation, notice, chosen=request.values.get("sample", ""), name=name)


def _body(name: str) -> str:
    return text.clean_source(request.form.get(name, ""), sandbox.LONGEST_SOURCE + 1) + "\n"
