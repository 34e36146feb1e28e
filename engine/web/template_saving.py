"""Keeps what was typed as a draft or publishes it, and says why where it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import request
from sqlalchemy import Connection, select

from engine import drafts, template_keep, text
from engine.drafts import Place
from engine.errors import Conflict, NotAllowed, NotDeclared, Refused
from engine.roles.directory_tables import accounts
from engine.transaction import Engine
from engine.web import dates
from engine.web.template_sheet import Sheet
from engine.web.visitors import Visitor
from engine.wording import templates, trial
from engine.wording.template_version import State
from engine.wording.templates import Version

REFUSALS: Final = (Conflict, NotAllowed, NotDeclared, Refused)
KEPT: Final = "What you typed is kept below, and is not saved yet."
STATES: Final[Mapping[State, str]] = {
    State.DRAFT: "draft",
    State.SUBMITTED: "waits for approval",
    State.PUBLISHED: "in use",
    State.RETIRED: "retired",
    State.DISCARDED: "thrown away",
}
UNFINISHED: Final = (State.DRAFT, State.SUBMITTED)
_UNNAMED: Final = "Not finished yet"
_LONGEST_COMMENT: Final = 400
_SAID: Final[Mapping[State, str]] = {
    State.DRAFT: "Draft {} is saved. No message uses it until it is published.",
    State.SUBMITTED: "Version {} waits for a second person, who publishes it or sends it back.",
    State.PUBLISHED: "Version {} is published. Messages that are queued from now on use it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What stands where somebody writes: the versions, the newest first, who wrote them, and who publishes."""

    versions: Sequence[Version]
    authors: Mapping[str, str]
    second_person: bool

    def published(self, language: str) -> Version | None:
        """Return the version in use in a language."""
        return next(
            (one for one in self.versions if one.state is State.PUBLISHED and one.source.language == language), None
        )

    def draft(self, number: int) -> Version | None:
        """Return a version that is not published yet, by number."""
        return next((one for one in self.versions if one.number == number and one.state in UNFINISHED), None)

    def by(self, version: Version) -> str:
        """Return who wrote a version."""
        return self.authors.get(version.author, "an account that is gone")


def shelf(connection: Connection, trust: str, organisation: str, notice: str) -> Shelf:
    """Return what stands at a place."""
    versions = templates.versions(connection, trust, organisation, notice)
    ids = {version.author for version in versions}
    named = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(ids))
    return Shelf(
        versions=versions,
        authors={row.id: row.name for row in connection.execute(named)},
        second_person=template_keep.second_person(connection, trust),
    )


def problems(sheet: Sheet, stands: Shelf) -> dict[str, str]:
    """Return why what was typed cannot be published, by the id of the input."""
    found = sheet.problems()
    if not _comment():
        found["comment"] = "Say in a few words what you changed."
    now = stands.published(sheet.source.language)
    if now and request.form.get("seen") != str(now.number):
        found["versions"] = (
            f"Version {now.number} was published meanwhile, by {stands.by(now)} on "
            f"{dates.moment(now.published_at or now.saved_at)}: “{now.comment}”. {KEPT} "
            "If you publish again, yours takes its place."
        )
    return found


def save(engine: Engine, here: Visitor, place: Place, sheet: Sheet, *, publishing: bool) -> tuple[int, str]:
    """Keep what was tried out, and publish it if so wanted; return its number and what to say.

    Raises one of `REFUSALS`; then nothing is kept.
    """
    tried = trial.Trial(notice=place.notice, source=sheet.source, findings=tuple(sheet.findings), samples={})
    draft, seen = (request.form.get(name, type=int) for name in ("draft", "draft_seen"))
    with engine.transaction(here.actor) as tx:
        number = drafts.save_draft(tx, place, tried, comment=_comment() or _UNNAMED, draft=draft, seen=seen)
        stands = drafts.publish(tx, place, number) if publishing else State.DRAFT
    return number, _SAID[stands].format(number)


def _comment() -> str:
    return text.clean(request.form.get("comment", ""), _LONGEST_COMMENT)
