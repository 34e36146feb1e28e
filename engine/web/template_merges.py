"""Bringing a changed text from above into an organisation's own: a three-way merge, with its conflicts shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine import drafts
from engine.drafts import Place
from engine.errors import Missing, TemplateLimit
from engine.transaction import Engine
from engine.web import template_queries
from engine.web.permissions import requires
from engine.web.template_queries import Shown
from engine.web.visitors import Visitor, visitor
from engine.wording import merging, trial
from engine.wording.merging import Kept, Stretch
from engine.wording.notices import ENGLISH, Source
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR
from engine.wording.templates import Version

_PARTS: Final = {"subject": "Subject", "text": "Plain text", "html": "HTML"}
_CHOICES: Final[Mapping[str, Kept]] = {"ours": Kept.OURS, "theirs": Kept.THEIRS, "both": Kept.BOTH}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """An own version, the text above it as it is now, and both changes of their base brought together, by part."""

    version: Version
    above: Source
    parts: Mapping[str, tuple[Stretch, ...]]

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Return the names of the choices that are to be made."""
        return tuple(f"{part}-{at}" for part, found in self.parts.items() for at in merging.conflicts(found))


def install(pages: Blueprint, engine: Engine) -> None:
    """Add the page to those of versions."""

    @pages.route("/<organisation>/<notice>/merge", methods=["GET", "POST"])
    @requires(TEMPLATE_ADMINISTRATOR)
    def merge(organisation: str, notice: str) -> ResponseReturnValue:
        """Show what changed on both sides, and save what is chosen as a draft."""
        here = visitor()
        shown, found = _found(engine, here, organisation, notice)
        if request.method == "GET":
            return _page(shown, found, {})
        wrong = {name: "Choose which text is kept." for name in found.conflicts if _choice(name) is None}
        return _page(shown, found, wrong) if wrong else _save(engine, here, shown, found)


def merged(version: Version, above: Source) -> Merge:
    """Bring a version and the text above it together; raises `Missing` where it is not known what it was made from."""
    base = version.base
    if base is None:
        raise Missing("It is not known what this text was made from.")
    parts = {
        name: merging.merge(getattr(base, name), getattr(version.source, name), getattr(above, name)) for name in _PARTS
    }
    return Merge(version=version, above=above, parts=parts)


def _found(engine: Engine, here: Visitor, organisation: str, notice: str) -> tuple[Shown, Merge]:
    with engine.reading() as connection:
        shown = template_queries.shown(connection, here, organisation, notice)
        stale = template_queries.stale(connection, here.trust, organisation, shown.versions)
    found = stale.get(request.values.get("language", ENGLISH))
    if found is None:
        raise Missing("The text that this one was made from has not changed.")
    return shown, merged(*found)


def _page(shown: Shown, found: Merge, wrong: Mapping[str, str]) -> ResponseReturnValue:
    page = render_template(
        "engine/template_merge.html",
        shown=shown,
        merge=found,
        titles=_PARTS,
        wrong=wrong,
        typed=request.form,
        origin_of=template_queries.origin_of,
        kept=Kept,
    )
    return make_response(page, 422 if wrong else 200)


def _save(engine: Engine, here: Visitor, shown: Shown, found: Merge) -> ResponseReturnValue:
    words = {part: merging.text(stretches, _choices(part, stretches)) for part, stretches in found.parts.items()}
    source = Source(**words, language=found.version.source.language)
    try:
        tried = trial.try_out(shown.notice.name, source)
    except TemplateLimit as error:
        return _page(shown, found, {"": error.sentence})
    place = Place(trust=here.trust, organisation=shown.organisation, notice=shown.notice.name)
    comment = f"Version {found.version.number} with what changed above it"
    with engine.transaction(here.actor) as tx:
        number = drafts.save_draft(tx, place, tried, comment=comment, base=found.above)
    flash(f"Draft {number} is saved. Look at it, then publish it.")
    address = url_for(".version", organisation=shown.organisation, notice=shown.notice.name, number=number)
    return redirect(address, 303)


def _choices(part: str, stretches: tuple[Stretch, ...]) -> Mapping[int, Kept]:
    return {at: _choice(f"{part}-{at}") or Kept.OURS for at in merging.conflicts(stretches)}


def _choice(name: str) -> Kept | None:
    return _CHOICES.get(request.form.get(name, ""))
