"""Roles: which organisations have their own version, who holds each from when to when, and giving and taking both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping, select

from engine import allocations
from engine.allocations import ADMINISTRATOR
from engine.errors import Missing, NotAllowed
from engine.roles import amendments, coverage, directory
from engine.roles.amendments import Amended
from engine.roles.directory import Holder, Role
from engine.roles.directory_tables import organisations
from engine.text import clean
from engine.transaction import Engine
from engine.web import named, role_forms
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor

_LONGEST_SEARCH = 100
_UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One version of a role as pages show it: its organisation's name and depth, and who was ever given it."""

    role: Role
    place: str
    depth: int
    rows: Sequence[RowMapping]


def blueprint(engine: Engine) -> Blueprint:
    """Return the pages of roles."""
    pages = Blueprint("roles", __name__, url_prefix="/roles")
    desk = _Desk(engine)

    @pages.get("/")
    @requires(ADMINISTRATOR)
    def index() -> str:
        """List the roles with where they are allocated, and those that are asked but allocated nowhere."""
        return desk.index(visitor())

    @pages.get("/<role>")
    @requires(ADMINISTRATOR)
    def one(role: str) -> str:
        """Show the versions of a role along the tree of organisations."""
        return desk.role(visitor(), role)

    @pages.route("/<role>/new", methods=["GET", "POST"])
    @requires(ADMINISTRATOR)
    def new(role: str) -> ResponseReturnValue:
        """Give an organisation its own version."""
        return desk.new(visitor(), role)

    @pages.get("/<role>/<organisation>")
    @requires(ADMINISTRATOR)
    def version(role: str, organisation: str) -> str:
        """Show one version with its holders."""
        return desk.version(visitor(), role, organisation)

    @pages.route("/<role>/<organisation>/switch", methods=["GET", "POST"])
    @requires(ADMINISTRATOR)
    def switch(role: str, organisation: str) -> ResponseReturnValue:
        """Ask whether a version is to be switched on or off, and do it."""
        return desk.switch(visitor(), role, organisation)

    _holders(pages, desk)
    return pages


def _holders(pages: Blueprint, desk: _Desk) -> None:
    """Add the pages on which people are given a version and taken from it."""

    @pages.route("/<role>/<organisation>/add", methods=["GET", "POST"])
    @requires(ADMINISTRATOR)
    def add(role: str, organisation: str) -> ResponseReturnValue:
        """Find somebody and give them the role."""
        return desk.add(visitor(), role, organisation)

    @pages.route("/<role>/<organisation>/holders/<account>", methods=["GET", "POST"])
    @requires(ADMINISTRATOR)
    def dates(role: str, organisation: str, account: str) -> ResponseReturnValue:
        """Change from when to when somebody holds the role; whoever was removed holds it again."""
        return desk.dates(visitor(), role, organisation, account)

    @pages.route("/<role>/<organisation>/holders/<account>/remove", methods=["GET", "POST"])
    @requires(ADMINISTRATOR)
    def remove(role: str, organisation: str, account: str) -> ResponseReturnValue:
        """Ask whether somebody is not to hold the role any more, and take it."""
        return desk.remove(visitor(), role, organisation, account)


class _Desk:
    """Where roles are shown, given and taken."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked = coverage.demands(workflow for workflow, _keep in engine.keeps.values())

    def index(self, here: Visitor) -> str:
        with self._engine.reading() as conn:
            kept = self._kept(conn, here)
        roles: dict[str, list[Kept]] = {}
        for one in kept:
            roles.setdefault(one.role.role, []).append(one)
        asked = {one.role: one.title for one in self._asked}
        return render_template(
            "engine/roles.html", roles=roles, asked=asked, missing=sorted(asked.keys() - roles.keys()), **self._words()
        )

    def role(self, here: Visitor, role: str) -> str:
        with self._engine.reading() as conn:
            kept = self._kept(conn, here, role)
        self._require_known(role, kept)
        return render_template("engine/role.html", role=role, kept=kept, **self._words())

    def new(self, here: Visitor, role: str) -> ResponseReturnValue:
        with self._engine.reading() as conn:
            kept, places = self._kept(conn, here, role), self._places(conn, here)
            title = next((one.title for one in directory.versions(conn, here.trust, role).values()), "")
        self._require_known(role, kept)
        taken = {one.role.organisation for one in kept}
        form = role_forms.Version(data={"title": title or role.replace("-", " ").capitalize()})
        free = [(place, name) for place, (name, _depth) in places.items() if place not in taken]
        form.organisation.choices = [("", "Choose an organisation"), *free]
        if request.method == "POST" and form.validate():
            made = Role(trust=here.trust, role=role, organisation=form.organisation.data, title=form.title.data)
            with self._engine.transaction(here.actor) as tx:
                allocations.add(tx.connection, made, here.actor, tx.now)
            flash("The version is made. Until somebody holds it, questions here reach nobody: add a holder now.")
            return redirect(url_for(".version", role=role, organisation=made.organisation), 303)
        return _form("engine/role_new.html", form=form, role=role)

    def version(self, here: Visitor, role: str, organisation: str) -> str:
        with self._engine.reading() as conn:
            kept = self._one(conn, here, role, organisation)
            key = allocations.key_of(role, organisation)
            changes = amendments.of(conn, here.trust, Amended.ROLE, key)
        now = self._engine.clock()
        over = [row for row in kept.rows if not row["held"] or (row["ends_at"] is not None and row["ends_at"] <= now)]
        held = [row for row in kept.rows if row not in over]
        return render_template(
            "engine/role_version.html", kept=kept, changes=changes, held=held, over=over, **self._words()
        )

    def switch(self, here: Visitor, role: str, organisation: str) -> ResponseReturnValue:
        with self._engine.reading() as conn:
            kept = self._one(conn, here, role, organisation)
            instead = self._above(conn, here, kept.role)
        if request.method == "POST":
            on = request.form.get("to") == "on"
            with self._engine.transaction(here.actor) as tx:
                allocations.change(tx.connection, replace(kept.role, enabled=on), here.actor, tx.now)
            flash("The version is switched on." if on else "The version is switched off. You can switch it on again.")
            return redirect(url_for(".version", role=role, organisation=organisation), 303)
        return render_template("engine/role_switch.html", kept=kept, instead=instead, **self._words())

    def add(self, here: Visitor, role: str, organisation: str) -> ResponseReturnValue:
        sought = clean(request.values.get("q", ""), _LONGEST_SEARCH)
        with self._engine.reading() as conn:
            kept = self._one(conn, here, role, organisation)
            found = named.matching(conn, here.trust, sought) if sought else []
        held = {row["account"] for row in kept.rows if row["held"]}
        form = role_forms.giving([row for row in found if row["id"] not in held])
        if request.method == "POST" and form.validate():
            form.form_errors.extend(self._refusal(here, kept.role, form.account.data, form.moments()))
            if not form.form_errors:
                flash("The role is given.")
                return redirect(url_for(".version", role=role, organisation=organisation), 303)
        return _form("engine/role_add.html", form=form, kept=kept, q=sought)

    def dates(self, here: Visitor, role: str, organisation: str, account: str) -> ResponseReturnValue:
        with self._engine.reading() as conn:
            kept = self._one(conn, here, role, organisation)
            row, holder = self._holder(conn, kept, account)
        form = role_forms.dates_of(holder)
        if request.method == "POST" and form.validate():
            form.form_errors.extend(self._refusal(here, kept.role, account, form.moments(holder)))
            if not form.form_errors:
                flash(f"{row['name']} holds the role for these days.")
                return redirect(url_for(".version", role=role, organisation=organisation), 303)
        return _form("engine/role_dates.html", form=form, kept=kept, row=row)

    def remove(self, here: Visitor, role: str, organisation: str, account: str) -> ResponseReturnValue:
        with self._engine.reading() as conn:
            kept = self._one(conn, here, role, organisation)
            row, holder = self._holder(conn, kept, account)
        if request.method == "POST":
            with self._engine.transaction(here.actor) as tx:
                allocations.take(tx, holder)
            flash(f"{row['name']} does not hold the role any more. You can give it back below.")
            return redirect(url_for(".version", role=role, organisation=organisation), 303)
        now = self._engine.clock()
        left = [one for one in kept.rows if one["account"] != account and allocations.holds_now(one, now)]
        return render_template("engine/role_remove.html", kept=kept, row=row, left=left)

    def _refusal(self, here: Visitor, role: Role, account: str, moments: Mapping[str, Any]) -> Sequence[str]:
        """Give the role; return why not, where the visitor may not give it, or not to this account."""
        given = Holder(trust=here.trust, role=role.role, organisation=role.organisation, account=account, **moments)
        try:
            with self._engine.transaction(here.actor) as tx:
                allocations.give(tx, given)
        except NotAllowed as refusal:
            return [refusal.sentence]
        return []

    def _kept(self, conn: Connection, here: Visitor, role: str | None = None) -> list[Kept]:
        """Return the versions that the visitor administers, in the order of the tree."""
        places = self._places(conn, here)
        order = {place: number for number, place in enumerate(places)}
        found = allocations.listed(conn, here.trust, frozenset(places), role)
        kept = [
            Kept(role=one, place=places[one.organisation][0], depth=places[one.organisation][1], rows=rows)
            for one, rows in found.items()
        ]
        return sorted(kept, key=lambda one: (one.role.role, order[one.role.organisation]))

    def _one(self, conn: Connection, here: Visitor, role: str, organisation: str) -> Kept:
        found = next((one for one in self._kept(conn, here, role) if one.role.organisation == organisation), None)
        if found is None:
            raise Missing("There is no such role in this organisation, or you do not administer it.")
        return found

    def _holder(self, conn: Connection, kept: Kept, account: str) -> tuple[RowMapping, Holder]:
        row = next((row for row in kept.rows if row["account"] == account), None)
        one = kept.role
        like = Holder(trust=one.trust, role=one.role, organisation=one.organisation, account=account)
        holder = allocations.one(conn, like)
        if row is None or holder is None:
            raise Missing("This account was never given the role.")
        return row, holder

    def _above(self, conn: Connection, here: Visitor, role: Role) -> str | None:
        """Return the name of the organisation whose version applies where this one is off; None for none."""
        versions = directory.versions(conn, here.trust, role.role)
        above = directory.path(conn, here.trust, role.organisation)[1:]
        nearest = next((place for place in above if place in versions and versions[place].enabled), None)
        return directory.organisation(conn, here.trust, nearest).name if nearest else None

    def _places(self, conn: Connection, here: Visitor) -> dict[str, tuple[str, int]]:
        """Return the name and depth of each organisation that the visitor administers, along the tree."""
        paths = directory.paths(conn, here.trust)
        query = select(organisations.c.id, organisations.c.name).where(organisations.c.trust == here.trust)
        names = {row.id: row.name for row in conn.execute(query)}
        tops = {place for held, place in here.actor.grants if held == ADMINISTRATOR}
        mine = [place for place, above in paths.items() if tops.intersection(above)]
        mine.sort(key=lambda place: [(names[step], step) for step in reversed(paths[place])])
        return {place: (names[place], len(paths[place]) - 1) for place in mine}

    def _require_known(self, role: str, kept: Sequence[Kept]) -> None:
        if not kept and role not in {one.role for one in self._asked}:
            raise Missing("There is no such role.")

    def _words(self) -> dict[str, Any]:
        now = self._engine.clock()
        return {"now": now, "holds_now": lambda row: allocations.holds_now(row, now)}


def _form(template: str, **context: Any) -> ResponseReturnValue:
    status = _UNPROCESSABLE if request.method == "POST" else 200
    return make_response(render_template(template, **context), status)
