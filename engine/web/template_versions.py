"""The life of an organisation's own texts: their versions, what differs, who publishes, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from engine import template_keep, text
from engine.drafts import Place
from engine.errors import Conflict, Invalid, Missing, NotAllowed, NotDeclared, Refused, TemplateLimit
from engine.transaction import Engine
from engine.web import template_acts, template_merges, template_queries
from engine.web.permissions import requires
from engine.web.template_queries import Shown
from engine.web.visitors import Visitor, visitor
from engine.wording import differences, notices, origins, places, templates, texts, trial
from engine.wording.notices import ENGLISH, LANGUAGES, Source
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR

SYSTEM_ADMINISTRATOR: Final = "system-administrator"
ABOVE: Final = "above"
_LONGEST_REASON: Final = 400
_PAGE: Final = 30
_REFUSALS: Final = (Conflict, NotAllowed, NotDeclared, Refused, TemplateLimit)
_PARTS: Final = {"subject": "Subject", "text": "Plain text", "html": "HTML"}


def blueprint(engine: Engine) -> Blueprint:
    """Return the pages of versions."""
    pages = Blueprint("template_versions", __name__, url_prefix="/templates")
    desk = _Desk(engine)
    template_merges.install(pages, engine)

    @pages.get("/waiting")
    @requires(TEMPLATE_ADMINISTRATOR)
    def waiting() -> str:
        """List drafts, what waits for a second person, and texts made from one that has changed."""
        return desk.waiting(visitor())

    @pages.post("/second-person")
    @requires(SYSTEM_ADMINISTRATOR)
    def second_person() -> ResponseReturnValue:
        """Say whether a second person publishes in this trust."""
        return desk.second_person(visitor())

    @pages.get("/<organisation>/<notice>/versions")
    @requires(TEMPLATE_ADMINISTRATOR)
    def versions_of(organisation: str, notice: str) -> str:
        """List the versions of an organisation's text, and say where each block comes from."""
        return desk.versions(visitor(), organisation, notice)

    @pages.get("/<organisation>/<notice>/versions/compare")
    @requires(TEMPLATE_ADMINISTRATOR)
    def compare(organisation: str, notice: str) -> str:
        """Show what differs between two versions."""
        return desk.compare(visitor(), organisation, notice)

    @pages.get("/<organisation>/<notice>/versions/<int:number>")
    @requires(TEMPLATE_ADMINISTRATOR)
    def version(organisation: str, notice: str, number: int) -> ResponseReturnValue:
        """Show what a version changes, and offer what can be done with it."""
        return desk.version(visitor(), organisation, notice, number)

    @pages.post("/<organisation>/<notice>/versions/<int:number>/<act>")
    @requires(TEMPLATE_ADMINISTRATOR)
    def act(organisation: str, notice: str, number: int, act: str) -> ResponseReturnValue:
        """Publish a version, or do what else can be done with it."""
        return desk.act(visitor(), organisation, notice, number, act)

    return pages


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self, here: Visitor) -> str:
        with self._engine.reading() as connection:
            mine = template_queries.places(connection, here)
            page = template_queries.unpublished(connection, here, mine, request.args.get("after"))
            outdated = template_queries.outdated(connection, here, mine)
            second = template_keep.second_person(connection, here.trust)
        return render_template(
            "engine/template_waiting.html",
            page=page,
            outdated=outdated,
            second=second,
            titled=notices.titled,
            languages=LANGUAGES,
            may_set=here.actor.may((SYSTEM_ADMINISTRATOR,), (here.trust,)),
        )

    def second_person(self, here: Visitor) -> ResponseReturnValue:
        if not here.actor.may((SYSTEM_ADMINISTRATOR,), (here.trust,)):
            raise NotAllowed("Only who administers the whole trust decides this.")
        wanted = request.form.get("second") == "yes"
        with self._engine.transaction(here.actor) as tx:
            template_keep.set_second_person(tx.connection, here.trust, here.actor.id, tx.now, wanted=wanted)
        flash("A second person publishes texts from now on." if wanted else "One person publishes texts from now on.")
        return redirect(url_for(".waiting"), 303)

    def versions(self, here: Visitor, organisation: str, notice: str) -> str:
        with self._engine.reading() as connection:
            shown = template_queries.shown(connection, here, organisation, notice)
            language = request.args.get("language", ENGLISH)
            wanted = places.wanted_at(connection, here.trust, organisation, notice, language)
            found = origins.origins(texts.chain(connection, wanted)) if language in LANGUAGES else ()
            stale = template_queries.stale(connection, here.trust, organisation, shown.versions)
        last = request.args.get("before", type=int)
        older = [one for one in shown.versions if last is None or one.number < last]
        listed = older[:_PAGE]
        return render_template(
            "engine/template_versions.html",
            shown=shown,
            listed=listed,
            earlier=listed[-1].number if len(older) > _PAGE else None,
            origins=found,
            stale=stale,
            languages=LANGUAGES,
            language=language,
            origin_of=template_queries.origin_of,
        )

    def compare(self, here: Visitor, organisation: str, notice: str) -> str:
        with self._engine.reading() as connection:
            shown = template_queries.shown(connection, here, organisation, notice)
            chosen = request.args.get("from", ABOVE), request.args.get("to", ABOVE)
            before, after = (_chosen(connection, here, shown, one) for one in chosen)
        return render_template(
            "engine/template_compare.html",
            shown=shown,
            chosen=chosen,
            names=[_called(one) for one in chosen],
            parts=compared(before, after),
        )

    def version(
        self, here: Visitor, organisation: str, notice: str, number: int, wrong: Mapping[str, str] | None = None
    ) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            shown = template_queries.shown(connection, here, organisation, notice)
            version = shown.version(number)
            applies = templates.applying(connection, here.trust, organisation, notice, version.source.language)
            earlier = template_queries.before(shown, version) or applies
            second = template_keep.second_person(connection, here.trust)
        offered = {name: one for name, one in template_acts.ACTS.items() if version.state in one.states}
        if second and "publish" in offered:
            offered["publish"] = template_acts.for_approval(offered["publish"])
        page = render_template(
            "engine/template_version.html",
            shown=shown,
            version=version,
            earlier=earlier,
            parts=compared(earlier, version.source),
            offered=offered,
            wrong=wrong or {},
            typed=request.form,
            languages=LANGUAGES,
            origin_of=template_queries.origin_of,
        )
        return make_response(page, 422 if wrong else 200)

    def act(self, here: Visitor, organisation: str, notice: str, number: int, name: str) -> ResponseReturnValue:
        act = template_acts.ACTS.get(name)
        if act is None:
            raise Missing("There is no such page.")
        with self._engine.reading() as connection:
            version = template_queries.shown(connection, here, organisation, notice).version(number)
        reason = text.clean(request.form.get("reason", ""), _LONGEST_REASON)
        if act.needed and not reason:
            return self.version(here, organisation, notice, number, {f"reason-{name}": "Say why in a few words."})
        place = Place(trust=here.trust, organisation=organisation, notice=notice)
        try:
            tried = trial.try_out(notice, version.source) if act.tries else None
            with self._engine.transaction(here.actor) as tx:
                flash(act.do(tx, place, number, reason, tried))
        except _REFUSALS as refusal:
            return self.version(here, organisation, notice, number, {f"do-{name}": refusal.sentence})
        return redirect(url_for(".versions_of", organisation=organisation, notice=notice), 303)


def compared(before: Source, after: Source) -> Sequence[tuple[str, Sequence[Any]]]:
    """Return by part of a text the stretches of lines that differ."""
    both = ((title, getattr(before, name), getattr(after, name)) for name, title in _PARTS.items())
    return [(title, differences.shown(differences.lines(old, new))) for title, old, new in both]


def _chosen(connection: Connection, here: Visitor, shown: Shown, one: str) -> Source:
    if one.isdecimal():
        return shown.version(int(one)).source
    if one != ABOVE:
        raise Invalid("Choose two versions.", field="from")
    wanted = places.wanted_at(connection, here.trust, shown.organisation, shown.notice.name)
    return texts.above(connection, [wanted])[wanted]


def _called(one: str) -> str:
    return f"version {one}" if one.isdecimal() else "the text from above"
