"""Templates: where each text comes from, and changing one for an organisation with a preview beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from engine import text
from engine.drafts import Place
from engine.errors import Missing, TemplateLimit
from engine.transaction import Engine
from engine.web import template_list, template_queries, template_saving, template_sheet, template_test
from engine.web.permissions import requires
from engine.web.template_list import Wanted
from engine.web.template_sheet import Sheet
from engine.web.visitors import Visitor, visitor
from engine.wording import lint, notices, places, templates, trial
from engine.wording.notices import ENGLISH, LANGUAGES, Notice, Source
from engine.wording.rendering import NATIONAL
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR as EDITOR

_KEEPING: Final = ("draft", "publish")
_WORDS: Final[Mapping[str, Any]] = {
    "kinds": template_sheet.KINDS,
    "languages": LANGUAGES,
    "states": template_saving.STATES,
    "unfinished": template_saving.UNFINISHED,
    "widths": template_sheet.WIDTHS,
}
_DRAWN: Final = ("age", "card", "people")
_LONGEST_WORDS: Final = 200
_BRANCHES: Final = 20
_NOT_KEPT: Final = frozenset({"csrf_token", "do", "first"})
_MOST_PLACES: Final = 200


def blueprint(engine: Engine) -> Blueprint:
    """Return the list of templates and the page on which one is changed."""
    pages = Blueprint("templates", __name__, url_prefix="/templates")

    @pages.get("/")
    @requires(EDITOR)
    def index() -> str:
        """List the notices with where each text comes from, for one organisation."""
        return _index(engine, visitor())

    @pages.get("/<organisation>/<notice>")
    @requires(EDITOR)
    def edit(organisation: str, notice: str) -> Response:
        """Show the text that applies here, or an earlier version of it, ready to be changed."""
        here, known = visitor(), notices.notice(notice)
        with engine.reading() as connection:
            _require(connection, here, organisation, known)
            source = _start(connection, here, organisation, known)
            sheet = template_sheet.shown(connection, here, organisation, known, source)
        return _page(engine, organisation, sheet, {})

    @pages.post("/<organisation>/<notice>")
    @requires(EDITOR)
    def save(organisation: str, notice: str) -> AnyResponse:
        """Keep a draft, publish, or show the preview to a browser without scripts."""
        return _saved(engine, organisation, _typed(engine, organisation, notice), request.form.get("do", ""))

    @pages.post("/<organisation>/<notice>/preview")
    @requires(EDITOR)
    def preview(organisation: str, notice: str) -> Response:
        """Say how what was typed looks and what is wrong with it, as JSON; nothing is kept."""
        return _previewed(_typed(engine, organisation, notice))

    @pages.post("/<organisation>/<notice>/branches")
    @requires(EDITOR)
    def branches(organisation: str, notice: str) -> Response:
        """Show what was typed in every situation that it tells apart; nothing is kept."""
        return _branches(engine, organisation, _typed(engine, organisation, notice))

    @pages.post("/<organisation>/<notice>/test")
    @requires(EDITOR)
    def test(organisation: str, notice: str) -> Response:
        """Send what was typed to the visitor's own address, marked as a test; nothing is saved."""
        return _tested(engine, organisation, _typed(engine, organisation, notice))

    return pages


def _index(engine: Engine, here: Visitor) -> str:
    wanted = Wanted(
        words=text.clean(request.args.get("words", ""), _LONGEST_WORDS),
        area=request.args.get("area", ""),
        changed="changed" in request.args,
    )
    with engine.reading() as connection:
        mine = template_queries.places(connection, here)
        chosen = request.args.get("organisation") or template_list.top(here.trust, mine)
        named = template_queries.names_at(connection, here, chosen)
        applying = templates.everything(connection, here.trust, chosen)
        below = places.within(connection, here.trust, mine, _MOST_PLACES)
    said = {name: one for name, one in applying.items() if chosen in mine or places.about_classes(notices.notice(name))}
    every = template_list.every(said, chosen, named)
    return render_template(
        "engine/templates.html",
        listed=[one for one in every if one.meets(wanted)],
        every=len(every),
        wanted=wanted,
        areas=template_list.areas(list(said)),
        organisations=mine,
        below=below,
        chosen=chosen,
        place=named[chosen],
    )


def _typed(engine: Engine, organisation: str, notice: str) -> Sheet:
    """Return what was typed, tried out, for an organisation that is the visitor's to change."""
    here = visitor()
    with engine.reading() as connection:
        known = notices.notice(notice)
        _require(connection, here, organisation, known)
        return template_sheet.typed(connection, here, organisation, known)


def _previewed(sheet: Sheet) -> Response:
    drawn = {name: render_template(f"engine/_template_{name}.html", sheet=sheet) for name in _DRAWN}
    found = {part: render_template("engine/_template_findings.html", sheet=sheet, part=part) for part in lint.PARTS}
    return jsonify(**template_sheet.answer(sheet), **drawn, findings=found)


def _branches(engine: Engine, organisation: str, sheet: Sheet) -> Response:
    """Show a part of the situations, the least unusual first, with the way on and back to the text."""
    if sheet.errors:
        return _page(engine, organisation, sheet, sheet.problems(), 422)
    try:
        looks = trial.try_out(sheet.notice.name, sheet.source, branches=True).branches
    except TemplateLimit as error:
        return _page(engine, organisation, sheet, {"html": error.sentence}, 422)
    first = min(max(request.form.get("first", 0, type=int), 0), len(looks) - 1)
    shown = {"looks": looks[first : first + _BRANCHES], "first": first, "every": len(looks), "most": _BRANCHES}
    kept = {name: value for name, value in request.form.items() if name not in _NOT_KEPT}
    page = render_template("engine/template_branches.html", organisation=organisation, sheet=sheet, kept=kept, **shown)
    return _framing(make_response(page))


def _tested(engine: Engine, organisation: str, sheet: Sheet) -> Response:
    """Send a test of what is not wrong, and say so where it was asked: to a script, or on the page with its text."""
    if sheet.errors:
        return _page(engine, organisation, sheet, sheet.problems(), 422)
    sent = template_test.send(engine, visitor(), organisation, sheet)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(sentence=sent.sentence, address=sent.address)
    return _page(engine, organisation, sheet, {}, sent=sent)


def _page(  # noqa: PLR0913 - what is shown, and how it went
    engine: Engine,
    organisation: str,
    sheet: Sheet,
    wrong: Mapping[str, str],
    status: int = 200,
    *,
    sent: template_test.Sent | None = None,
) -> Response:
    here = visitor()
    language = sheet.source.language
    with engine.reading() as connection:
        mine = template_queries.names_at(connection, here, organisation)
        stands = template_saving.shelf(connection, here.trust, organisation, sheet.notice.name)
        applies = templates.applying(connection, here.trust, organisation, sheet.notice.name, language)
    page = render_template(
        "engine/template_edit.html",
        organisation=organisation,
        place=mine[organisation],
        sheet=sheet,
        wrong=wrong,
        sent=sent,
        stands=stands,
        draft=stands.draft(request.form.get("draft", type=int) or request.args.get("version", 0, type=int)),
        published=stands.published(language),
        origin=template_list.origin(applies.label, mine),
        translated=applies.language == language,
        typed=request.form,
        **_WORDS,
    )
    return _framing(make_response(page, status))


def _framing(response: Response) -> Response:
    """Let the message in its frame keep the styles of its elements: `srcdoc` obeys the policy of the page around it."""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' 'nonce-{g.nonce}'; style-src 'self' 'nonce-{g.nonce}'; "
        "style-src-attr 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    )
    return response


def _saved(engine: Engine, organisation: str, sheet: Sheet, do: str) -> AnyResponse:
    """Keep or publish what was tried out, and lead on; otherwise show it with what is wrong."""
    if do not in _KEEPING:
        return _page(engine, organisation, sheet, {})
    here, place = visitor(), Place(trust=visitor().trust, organisation=organisation, notice=sheet.notice.name)
    publishing = do == "publish"
    with engine.reading() as connection:
        stands = template_saving.shelf(connection, here.trust, organisation, sheet.notice.name)
    wrong = template_saving.problems(sheet, stands) if publishing else {}
    if wrong:
        return _page(engine, organisation, sheet, wrong, 422)
    try:
        number, said = template_saving.save(engine, here, place, sheet, publishing=publishing)
    except template_saving.REFUSALS as error:
        return _page(engine, organisation, sheet, {"": f"{error.sentence} {template_saving.KEPT}"}, 409)
    flash(said)
    chosen = {"language": sheet.source.language} if publishing else {"version": number}
    return redirect(url_for(".edit", organisation=organisation, notice=sheet.notice.name, **chosen), 303)


def _start(connection: Connection, here: Visitor, organisation: str, notice: Notice) -> Source:
    """Return the text to start from: the one that applies, or the version that the address names."""
    asked = request.args.get("language", "")
    language = asked if asked in LANGUAGES else ENGLISH
    version = request.args.get("version", "")
    if version == NATIONAL:
        return notices.source(notice, language)
    if version.isdecimal():
        return templates.version(connection, here.trust, organisation, notice.name, int(version)).source
    return replace(templates.applying(connection, here.trust, organisation, notice.name, language), language=language)


def _require(connection: Connection, here: Visitor, place: str, notice: Notice) -> None:
    """Raise `Missing` where a place is not the visitor's to write for, or a class says nothing in a notice."""
    template_queries.names_at(connection, here, place)
    if place not in template_queries.places(connection, here) and not places.about_classes(notice):
        raise Missing(template_queries.NOT_YOURS)
