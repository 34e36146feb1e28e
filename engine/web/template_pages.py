"""Templates: where each text comes from, and changing one for an organisation with a preview beside it.

What somebody types is rendered in a child process, and shown in a frame where it can do nothing (SECURITY 7, 9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response as AnyResponse

from engine import directory, notices, sandbox, templates, text, trial
from engine.directory_tables import accounts, organisations
from engine.errors import Conflict, Missing, TemplateLimit
from engine.lint import Finding, Level
from engine.notices import Notice, Source
from engine.rendering import NATIONAL, Rendered
from engine.templates import Version
from engine.transaction import Engine
from engine.web.enclosure import Meeting
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor

EDITOR: Final = "template-administrator"
PLACES: Final = ("subject", "text", "html")
_LONGEST_COMMENT: Final = 400
_LONGEST_SUBJECT: Final = 2000
_NONE: Final = Rendered(subject="", text="", html="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One text under the hand: what was written, what is wrong with it, and how it looks with one sample."""

    notice: Notice
    source: Source
    sample: str
    findings: Sequence[Finding]
    rendered: Rendered

    @property
    def errors(self) -> bool:
        """Say whether it cannot be saved."""
        return any(finding.level is Level.ERROR for finding in self.findings)

    def at(self, place: str) -> list[Finding]:
        """Return what is wrong in one part; what is wrong nowhere in particular stands with the HTML."""
        return [finding for finding in self.findings if _place(finding) == place]


def blueprint(engine: Engine) -> Blueprint:
    """Return the list of templates and the page on which one is changed."""
    pages = Blueprint("templates", __name__, url_prefix="/templates")

    @pages.get("/")
    @requires(EDITOR)
    def index() -> str:
        """List the notices with where each text comes from, for one organisation."""
        here = visitor()
        with engine.reading() as connection:
            mine = _organisations(connection, here)
            chosen = request.args.get("organisation") or _top(here, mine)
            _require(chosen in mine)
            labels = {name: templates.applying(connection, here.trust, chosen, name).label for name in notices.names()}
        listed = [(notices.notice(name), _origin(label, mine)) for name, label in labels.items()]
        return render_template("engine/templates.html", listed=listed, organisations=mine, chosen=chosen)

    @pages.get("/<organisation>/<notice>")
    @requires(EDITOR)
    def edit(organisation: str, notice: str) -> Response:
        """Show the text that applies here, or an earlier version of it, ready to be changed."""
        here = visitor()
        with engine.reading() as connection:
            _require(organisation in _organisations(connection, here))
            source = _start(connection, here, organisation, notices.notice(notice))
        known = notices.notice(notice)
        findings, samples = trial.examine(known, source)
        return _page(engine, organisation, _sheet(known, source, findings, samples), {})

    @pages.post("/<organisation>/<notice>")
    @requires(EDITOR)
    def save(organisation: str, notice: str) -> AnyResponse:
        """Save a version, or show the preview to a browser without scripts."""
        here = visitor()
        with engine.reading() as connection:
            _require(organisation in _organisations(connection, here))
            last = _last(templates.versions(connection, here.trust, organisation, notice))
        return _saved(engine, organisation, _tried(notice), last)

    @pages.post("/<organisation>/<notice>/preview")
    @requires(EDITOR)
    def preview(organisation: str, notice: str) -> Response:
        """Say how what was typed looks and what is wrong with it, as JSON; nothing is kept."""
        with engine.reading() as connection:
            _require(organisation in _organisations(connection, visitor()))
        sheet = _tried(notice)
        found = {place: [finding.sentence for finding in sheet.at(place)] for place in PLACES}
        shown = {"subject": sheet.rendered.subject, "text": sheet.rendered.text, "html": sheet.rendered.html}
        return jsonify(findings=found, **shown)

    return pages


def _page(engine: Engine, organisation: str, sheet: Sheet, wrong: Mapping[str, str], status: int = 200) -> Response:
    here = visitor()
    with engine.reading() as connection:
        mine = _organisations(connection, here)
        versions = templates.versions(connection, here.trust, organisation, sheet.notice.name)
        applies = templates.applying(connection, here.trust, organisation, sheet.notice.name)
        authors = _authors(connection, here.trust, versions)
    page = render_template(
        "engine/template_edit.html",
        organisation=organisation,
        place=mine[organisation],
        sheet=sheet,
        wrong=wrong,
        versions=versions,
        authors=authors,
        last=_last(versions),
        origin=_origin(applies.label, mine),
        meeting=_meeting(sheet),
        typed=request.form,
    )
    response = make_response(page, status)
    # A frame with `srcdoc` obeys the policy of the page around it, and messages carry their styles in their elements.
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' 'nonce-{g.nonce}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
    return response


def _saved(engine: Engine, organisation: str, sheet: Sheet, last: int) -> AnyResponse:
    """Save what was tried out, and lead to it; otherwise show it with what is wrong."""
    if request.form.get("do") != "save":
        return _page(engine, organisation, sheet, {})
    wrong = _problems(sheet, last)
    if wrong:
        return _page(engine, organisation, sheet, wrong, 422)
    try:
        number = _save(engine, visitor(), organisation, sheet)
    except Conflict as error:
        return _page(engine, organisation, sheet, {"": error.sentence}, 409)
    flash(f"Version {number} is saved. Messages that are sent from now on use it.")
    return redirect(url_for(".edit", organisation=organisation, notice=sheet.notice.name), 303)


def _start(connection: Connection, here: Visitor, organisation: str, notice: Notice) -> Source:
    """Return the text to start from: the one that applies, or the version that the address names."""
    version = request.args.get("version", "")
    if version == NATIONAL:
        return notice.source
    if version.isdecimal():
        return templates.version(connection, here.trust, organisation, notice.name, int(version)).source
    return templates.applying(connection, here.trust, organisation, notice.name)


def _tried(name: str) -> Sheet:
    """Try out what was typed, in a child process."""
    notice = notices.notice(name)
    source = Source(
        subject=text.clean(request.form.get("subject", ""), _LONGEST_SUBJECT),
        text=_body("text"),
        html=_body("html"),
    )
    try:
        tried = trial.try_out(name, source)
    except TemplateLimit as error:
        return _sheet(notice, source, [Finding(level=Level.ERROR, place="html", sentence=error.sentence)], {})
    return _sheet(notice, source, tried.findings, tried.samples)


def _body(name: str) -> str:
    return text.clean_lines(request.form.get(name, ""), sandbox.LONGEST_SOURCE + 1) + "\n"


def _sheet(notice: Notice, source: Source, findings: Sequence[Finding], samples: Mapping[str, Rendered]) -> Sheet:
    asked = request.values.get("sample", "")
    sample = asked if asked in notice.samples else notices.USUAL
    return Sheet(notice=notice, source=source, sample=sample, findings=findings, rendered=samples.get(sample, _NONE))


def _problems(sheet: Sheet, last: int) -> dict[str, str]:
    """Return why what was typed cannot be saved, by the id of the input."""
    found = {place: sheet.at(place)[0].sentence for place in PLACES if any(sheet.at(place)) and sheet.errors}
    if not request.form.get("comment", "").strip():
        found["comment"] = "Say in a few words what you changed."
    if request.form.get("seen") != str(last):
        found[""] = f"Version {last} was saved meanwhile. Look at it below; if you save again, yours takes its place."
    return found


def _save(engine: Engine, here: Visitor, organisation: str, sheet: Sheet) -> int:
    tried = trial.Trial(notice=sheet.notice.name, source=sheet.source, findings=tuple(sheet.findings), samples={})
    comment = text.clean(request.form["comment"], _LONGEST_COMMENT)
    with engine.transaction(here.actor) as tx:
        return templates.save_version(
            tx.connection, here.trust, organisation, tried, author=here.actor.id, comment=comment, now=tx.now
        )


def _organisations(connection: Connection, here: Visitor) -> dict[str, str]:
    """Return the names of the organisations whose templates the visitor may change."""
    reach = directory.reach(connection, here.trust, here.actor, (EDITOR,))
    named = select(organisations.c.id, organisations.c.name).where(
        organisations.c.trust == here.trust, organisations.c.id.in_(reach)
    )
    return {row.id: row.name for row in connection.execute(named.order_by(organisations.c.name))}


def _top(here: Visitor, mine: Mapping[str, str]) -> str:
    return here.trust if here.trust in mine else next(iter(mine), "")


def _require(condition: bool) -> None:  # noqa: FBT001 - a question that was just asked
    if not condition:
        raise Missing("There is no such organisation, or its templates are not yours to change.")


def _origin(label: str, names: Mapping[str, str]) -> str:
    """Say where a text comes from."""
    place, _, version = label.rpartition("/")
    if place == NATIONAL:
        return "National text"
    return f"{names.get(place, 'An organisation above')}, version {version}"


def _last(versions: Sequence[Version]) -> int:
    return versions[0].number if versions else 0


def _authors(connection: Connection, trust: str, versions: Sequence[Version]) -> dict[str, str]:
    ids = {version.author for version in versions}
    named = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(named)}


def _place(finding: Finding) -> str:
    part = finding.place.partition(",")[0]
    return part if part in PLACES else "html"


def _meeting(sheet: Sheet) -> Meeting | None:
    """Return the calendar part that goes beside the sample; the workflow writes it, not the template."""
    sample: Mapping[str, Any] = sheet.notice.samples[sheet.sample]
    if not sample.get("when"):
        return None
    return Meeting(
        does="The calendar part beside it",
        summary=str(sample.get("course", "")),
        when=str(sample["when"]),
        location=str(sample.get("venue", "")),
        description="",
        organizer="",
    )
