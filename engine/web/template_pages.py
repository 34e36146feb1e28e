"""Templates: where each text comes from, and changing one for an organisation with a preview beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response as AnyResponse

from engine import directory, lint, notices, templates, text, trial
from engine.directory_tables import accounts, organisations
from engine.errors import Conflict, Missing
from engine.notices import Notice, Source
from engine.rendering import NATIONAL
from engine.templates import Version
from engine.transaction import Engine
from engine.web import dates, template_list, template_sheet, template_test
from engine.web.permissions import requires
from engine.web.template_list import Listed, Wanted
from engine.web.template_sheet import Sheet
from engine.web.visitors import Visitor, visitor

EDITOR: Final = "template-administrator"
_DRAWN: Final = ("age", "card", "people")
_LONGEST_COMMENT: Final = 400
_LONGEST_WORDS: Final = 200


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
            _require(organisation in _organisations(connection, here))
            sheet = template_sheet.shown(connection, here, known, _start(connection, here, organisation, known))
        return _page(engine, organisation, sheet, {})

    @pages.post("/<organisation>/<notice>")
    @requires(EDITOR)
    def save(organisation: str, notice: str) -> AnyResponse:
        """Save a version, or show the preview to a browser without scripts."""
        sheet = _typed(engine, organisation, notice)
        return (
            _saved(engine, organisation, sheet)
            if request.form.get("do") == "save"
            else _page(engine, organisation, sheet, {})
        )

    @pages.post("/<organisation>/<notice>/preview")
    @requires(EDITOR)
    def preview(organisation: str, notice: str) -> Response:
        """Say how what was typed looks and what is wrong with it, as JSON; nothing is kept."""
        return _previewed(_typed(engine, organisation, notice))

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
        mine = _organisations(connection, here)
        chosen = request.args.get("organisation") or _top(here, mine)
        _require(chosen in mine)
        applying = templates.everything(connection, here.trust, chosen)
    every = [_listed(name, source, chosen, mine) for name, source in applying.items()]
    return render_template(
        "engine/templates.html",
        listed=[one for one in every if one.meets(wanted)],
        every=len(every),
        wanted=wanted,
        areas=template_list.areas(list(applying)),
        organisations=mine,
        chosen=chosen,
    )


def _listed(name: str, source: Source, organisation: str, names: Mapping[str, str]) -> Listed:
    return Listed(
        notice=notices.notice(name),
        source=source,
        origin=template_list.origin(source.label, names),
        own=source.label.startswith(f"{organisation}/"),
    )


def _typed(engine: Engine, organisation: str, notice: str) -> Sheet:
    """Return what was typed, tried out, for an organisation that is the visitor's to change."""
    here = visitor()
    with engine.reading() as connection:
        _require(organisation in _organisations(connection, here))
        return template_sheet.typed(connection, here, notices.notice(notice))


def _previewed(sheet: Sheet) -> Response:
    drawn = {name: render_template(f"engine/_template_{name}.html", sheet=sheet) for name in _DRAWN}
    found = {part: render_template("engine/_template_findings.html", sheet=sheet, part=part) for part in lint.PARTS}
    return jsonify(**template_sheet.answer(sheet), **drawn, findings=found)


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
        sent=sent,
        versions=versions,
        authors=authors,
        last=_last(versions),
        origin=template_list.origin(applies.label, mine),
        widths=template_sheet.WIDTHS,
        kinds=template_sheet.KINDS,
        typed=request.form,
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


def _saved(engine: Engine, organisation: str, sheet: Sheet) -> AnyResponse:
    """Save what was tried out, and lead to it; otherwise show it with what is wrong."""
    wrong = _problems(engine, organisation, sheet)
    if wrong:
        return _page(engine, organisation, sheet, wrong, 422)
    try:
        number = _save(engine, visitor(), organisation, sheet)
    except Conflict as error:
        return _page(engine, organisation, sheet, {"": f"{error.sentence} {_KEPT}"}, 409)
    flash(f"Version {number} is saved. Messages that are sent from now on use it.")
    return redirect(url_for(".edit", organisation=organisation, notice=sheet.notice.name), 303)


_KEPT: Final = "What you typed is kept below, and is not saved yet."


def _problems(engine: Engine, organisation: str, sheet: Sheet) -> dict[str, str]:
    """Return why what was typed cannot be saved, by the id of the input."""
    found = sheet.problems()
    if not request.form.get("comment", "").strip():
        found["comment"] = "Say in a few words what you changed."
    here = visitor()
    with engine.reading() as connection:
        versions = templates.versions(connection, here.trust, organisation, sheet.notice.name)
        authors = _authors(connection, here.trust, versions[:1])
    if request.form.get("seen") != str(_last(versions)) and versions:
        found["versions"] = _meanwhile(versions[0], authors)
    return found


def _meanwhile(version: Version, authors: Mapping[str, str]) -> str:
    """Say who was first, and what happens to what was typed."""
    by = authors.get(version.author, "an account that is gone")
    return (
        f"Version {version.number} was saved meanwhile, by {by} on {dates.moment(version.saved_at)}: "
        f"“{version.comment}”. {_KEPT} If you save again, yours takes its place."
    )


def _start(connection: Connection, here: Visitor, organisation: str, notice: Notice) -> Source:
    """Return the text to start from: the one that applies, or the version that the address names."""
    version = request.args.get("version", "")
    if version == NATIONAL:
        return notice.source
    if version.isdecimal():
        return templates.version(connection, here.trust, organisation, notice.name, int(version)).source
    return templates.applying(connection, here.trust, organisation, notice.name)


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


def _top(here: Visitor, mine: Mapping[str, Any]) -> str:
    return here.trust if here.trust in mine else next(iter(mine), "")


def _require(condition: bool) -> None:  # noqa: FBT001 - a question that was just asked
    if not condition:
        raise Missing("There is no such organisation, or its templates are not yours to change.")


def _last(versions: Sequence[Version]) -> int:
    return versions[0].number if versions else 0


def _authors(connection: Connection, trust: str, versions: Sequence[Version]) -> dict[str, str]:
    ids = {version.author for version in versions}
    named = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(named)}
