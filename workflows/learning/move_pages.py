"""The pages on which attempts are moved to the published version, with the result of each, and moved back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, case, func, select

from engine.errors import NotAllowed, Refused
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.transaction import Engine
from engine.web import paging
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from scorm.tables import attempts
from workflows.learning import moving, undoing, version_store, version_words
from workflows.learning.moves import Order, Scope
from workflows.learning.tables import enrolments, launches
from workflows.learning.version_forms import Moving
from workflows.learning.version_store import Line
from workflows.learning.version_tables import attempt_moves
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR


def install(pages: Blueprint, engine: Engine) -> None:
    """Add the pages to those of packages."""
    desk = _Desk(engine)

    @pages.route("/<package>/attempts", methods=["GET", "POST"])
    @requires(LEARNING_ADMINISTRATOR)
    def attempts_of(package: str) -> ResponseReturnValue:
        """List the attempts that go on with other versions, and move them."""
        return desk.move(visitor(), package) if request.method == "POST" else desk.listed(visitor(), package, Moving())

    @pages.get("/moves/<order>")
    @requires(LEARNING_ADMINISTRATOR)
    def moves(order: str) -> str:
        """Say of each attempt that was to be moved what became of it."""
        return desk.results(visitor(), order)

    @pages.post("/moves/<order>/undo")
    @requires(LEARNING_ADMINISTRATOR)
    def undo(order: str) -> ResponseReturnValue:
        """Undo a move, or all of an order that can be undone."""
        return desk.undo(visitor(), order)


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def listed(self, here: Visitor, package: str, form: Moving, problem: str = "") -> ResponseReturnValue:
        cursor, now = request.args.get("after"), self._engine.clock()
        with self._engine.reading() as connection:
            line = version_store.line(connection, here.trust, package)
            places = directory.reach(connection, here.trust, here.actor, [LEARNING_ADMINISTRATOR])
            hashes = [one.package for one in line.versions]
            query = moving.movable(here.trust, hashes, line.published.package)
            query = query.where(enrolments.c.organisation.in_(places))
            page = paging.page(connection, query, [attempts.c.id], cursor=cursor)
            judged = moving.candidates(connection, here.trust, line.published.package, page.rows, now)
        body = render_template(
            "learning/package_attempts.html",
            line=line,
            page=page,
            cursor=cursor,
            judged={one.id: one for one in judged},
            ticked=request.form.getlist("attempt"),
            form=form,
            problem=problem,
            said=version_words,
        )
        return make_response(body, 422 if request.method == "POST" else 200)

    def move(self, here: Visitor, package: str) -> ResponseReturnValue:
        form, chosen = Moving(), tuple(request.form.getlist("attempt"))
        if not form.validate():
            return self.listed(here, package, form)
        scope, progress = form.wanted
        if scope is Scope.CHOSEN and not chosen:
            form.scope.errors = ["Tick at least one attempt, or choose others."]
            return self.listed(here, package, form)
        with self._engine.reading() as connection:
            target = version_store.line(connection, here.trust, package).published.package
        order = Order(package=target, scope=scope, progress=progress, reason=form.reason.data, chosen=chosen)
        try:
            made = moving.move(self._engine, here.actor, here.trust, order)
        except (NotAllowed, Refused) as refusal:
            return self.listed(here, package, form, f"Nothing has changed. {refusal.sentence}")
        return redirect(url_for(".moves", order=made), 303)

    def results(self, here: Visitor, identifier: str) -> str:
        cursor = request.args.get("after")
        with self._engine.reading() as connection:
            order = undoing.order_of(connection, here.trust, identifier)
            line = version_store.line(connection, here.trust, order["package"])
            places = directory.reach(connection, here.trust, here.actor, [LEARNING_ADMINISTRATOR])
            query = undoing.moves_of(here.trust, identifier).where(launches.c.organisation.in_(places))
            page = paging.page(connection, query, [attempt_moves.c.attempt], cursor=cursor)
            counts = counted(connection, here.trust, identifier)
            by = _name(connection, here.trust, order["made_by"])
        stands = {row["attempt"]: undoing.standing(row) for row in page.rows}
        return render_template(
            "learning/package_moves.html",
            order=order,
            line=line,
            page=page,
            cursor=cursor,
            counts=counts,
            by=by,
            stands=stands,
            undoable=undoing.UNDOABLE,
            said=version_words,
            **_numbers(line),
        )

    def undo(self, here: Visitor, identifier: str) -> ResponseReturnValue:
        chosen = request.form.getlist("attempt") or None
        try:
            found = undoing.undo(self._engine, here.actor, here.trust, identifier, chosen)
        except NotAllowed as refusal:
            flash(f"Nothing has changed. {refusal.sentence}")
            return redirect(url_for(".moves", order=identifier), 303)
        left = f" {len(found.refused)} could not be: {' '.join(sorted(set(found.refused.values())))}"
        flash(f"{found.done} undone.{left if found.refused else ''}")
        return redirect(url_for(".moves", order=identifier), 303)


def counted(connection: Connection, trust: str, order: str) -> dict[str, int]:
    """Count the moves of an order: `all`, and of them `refused`, `waiting`, `afresh` and `undone`."""
    table = attempt_moves
    kinds = {
        "refused": table.c.refused.is_not(None),
        "waiting": table.c.moved_at.is_(None) & table.c.undone_at.is_(None) & table.c.refused.is_(None),
        "afresh": table.c.afresh & table.c.refused.is_(None),
        "undone": table.c.undone_at.is_not(None),
    }
    sums = [func.coalesce(func.sum(case((holds, 1), else_=0)), 0).label(name) for name, holds in kinds.items()]
    query = select(func.count().label("all"), *sums).where(table.c.trust == trust, table.c.order == order)
    return dict(connection.execute(query).mappings().one())


def _numbers(line: Line) -> dict[str, Any]:
    return {"numbers": {one.package: one.number for one in line.versions}}


def _name(connection: Connection, trust: str, account: str) -> str:
    mine = (accounts.c.trust == trust, accounts.c.id == account)
    return connection.scalar(select(accounts.c.name).where(*mine)) or "Preceptor"
