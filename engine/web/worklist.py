"""The worklist: what is asked of somebody, in lists that can be narrowed, saved, and worked through by keyboard.

What a person needs to see in order to decide differs by the kind of subject, so that each kind may register a
`Presenter` at composition:

    worklist.blueprint(engine, {"transfer": StatAndMand(engine)})

The presenter's template stands inside the form, above the choices, and sees `approval`, `typed`, `problems` and the
presenter's own context; its inputs come back to `facts`. A kind without one shows its title, history and choices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping
from werkzeug.wrappers import Response as AnyResponse

from engine.transaction import Engine
from engine.web import asked, journal, nearby, saved_views, worklist_filters
from engine.web import worklist_acts as acts
from engine.web import worklist_question as question_pages
from engine.web import worklist_together as together
from engine.web import worklist_views as view_pages
from engine.web.asked import Shown
from engine.web.asked_order import Sort, sorts
from engine.web.nearby import Workplaces
from engine.web.permissions import signed_in
from engine.web.presenting import WHOLE, Plain, Presenter, Presenters, Reading, Typed, View
from engine.web.visitors import Visitor, visitor
from engine.web.worklist_filters import Due, Filters, Lists, Named

__all__ = ["WHOLE", "Plain", "Presenter", "Reading", "Typed", "View", "blueprint"]

TABS: Final[Mapping[Shown, str]] = {
    Shown.OPEN: "To do",
    Shown.MINE: "Mine",
    Shown.ROLES: "My roles",
    Shown.DELEGATED: "Delegated",
    Shown.CLOSED: "Done",
}
_SORTS: Final[Mapping[Sort, str]] = {
    Sort.DUE: "Due date",
    Sort.ENDED: "Ended last",
    Sort.NEWEST: "Asked last",
    Sort.OLDEST: "Asked first",
    Sort.TITLE: "Title",
}
_DUES: Final[Mapping[Due, str]] = {
    Due.OVERDUE: "Overdue",
    Due.TODAY: "Today",
    Due.WEEK: "This week",
}


def blueprint(
    engine: Engine,
    presenters: Mapping[str, Presenter],
    named: Named = worklist_filters.by_account,
    works: Workplaces = nearby.nowhere_else,
) -> Blueprint:
    """Return the worklist and the pages of its questions; `named` finds persons by name, `works` where they work."""
    pages = Blueprint("worklist", __name__, url_prefix="/worklist")
    lists = Lists(engine, named)

    @pages.get("/")
    @signed_in
    def index() -> AnyResponse | str:
        """List what is asked; without a wish of their own, visitors get the view that they chose as theirs."""
        here = visitor()
        with engine.reading() as connection:
            if not request.args and (usual := saved_views.usual(connection, here.trust, here.actor.id)):
                return redirect(f"{url_for('.index')}?{usual.query}")
            filters = worklist_filters.read(request.args)
            return render_template("engine/worklist.html", **_listed(engine, lists, connection, here, filters))

    desk = question_pages.Desk(engine, Presenters(presenters), lists, works)
    view_pages.add(pages, engine)
    together.add(pages, desk)
    question_pages.add(pages, desk)
    acts.add(pages, desk)
    return pages


def _listed(engine: Engine, lists: Lists, connection: Connection, here: Visitor, filters: Filters) -> dict[str, Any]:
    who = (connection, here.trust, here.actor)
    offered = asked.offered(*who, filters.show)
    return {
        "page": lists.page(*who, filters, request.args.get("after")),
        "counts": lists.counts(*who, filters),
        "filters": filters,
        "tabs": TABS,
        "closed": filters.show is Shown.CLOSED,
        "states": worklist_filters.states(filters.show),
        "options": _options(engine, offered),
        "dues": _DUES,
        "sorts": {sort: _SORTS[sort] for sort in sorts(ended=filters.show is Shown.CLOSED)},
        "views": saved_views.of(connection, here.trust, here.actor.id),
        "shortcuts": saved_views.shortcuts(connection, here.trust, here.actor.id),
        "ticked": "tick" in request.args,
        "now": engine.clock(),
        "words": journal.words,
    }


def _options(engine: Engine, offered: Iterable[RowMapping]) -> dict[str, dict[str, str]]:
    """Return what can be chosen by kind, role and place, in plain words."""
    kinds, roles, places = {}, {}, {}
    for row in offered:
        kinds[row["kind"]] = engine.kept(row["kind"])[0].title if row["kind"] in engine.keeps else row["kind"]
        roles[row["role"]] = row["role_title"]
        places[row["organisation"]] = row["place"] or row["organisation"]
    return {"kind": kinds, "role": roles, "organisation": places}
