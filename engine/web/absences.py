"""Absences: who is away, who stands in for them, and what would come of it; one's own, or those one administers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from engine.errors import Invalid, Missing
from engine.letters import Recipient
from engine.roles import absences, amendments, coverage
from engine.roles.absence import Absence, State, choices_of, sentence
from engine.roles.amendments import Amended
from engine.roles.coverage import Cover
from engine.roles.routing import Action, Holder, Rule
from engine.tables import approvals
from engine.text import clean
from engine.transaction import Engine
from engine.web import absence_forms, named, nearby
from engine.web.absence_forms import Away, Scopes
from engine.web.nearby import Workplaces
from engine.web.permissions import signed_in
from engine.web.presenting import Presenter
from engine.web.visitors import Visitor, visitor

_LONGEST_SEARCH = 100
_UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """The account whose absences a page is about."""

    id: str
    name: str
    own: bool


def blueprint(
    engine: Engine,
    presenters: Mapping[str, Presenter] = MappingProxyType({}),
    works: Workplaces = nearby.nowhere_else,
) -> Blueprint:
    """Return the pages of absences; answers are worded as `presenters` word them, `works` says where people work."""
    pages = Blueprint("absences", __name__, url_prefix="/absences")
    desk = _Desk(engine, presenters, works)

    @pages.get("/")
    @signed_in
    def index() -> str:
        """List the rules of the visitor, or of somebody whose roles the visitor administers."""
        return desk.index(visitor())

    @pages.route("/new", methods=["GET", "POST"])
    @signed_in
    def new() -> ResponseReturnValue:
        """Make a rule; nothing is kept while it is only previewed."""
        here = visitor()
        whose = desk.whose(here, request.values.get("of"))
        return desk.written(here, whose, None)

    @pages.route("/<id>", methods=["GET", "POST"])
    @signed_in
    def change(id: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Change a rule, or confirm one that was suggested."""
        here = visitor()
        one, whose = desk.one(here, id)
        if one.state in {State.ENDED, State.DISMISSED} or one.over(engine.clock()):
            return render_template("engine/absence_over.html", **desk.said(here, whose, one))
        return desk.written(here, whose, one)

    @pages.route("/<id>/end", methods=["GET", "POST"])
    @signed_in
    def end(id: str) -> ResponseReturnValue:  # noqa: A002
        """Ask whether a rule is to end, and end it."""
        return desk.end(visitor(), id)

    @pages.post("/<id>/dismiss")
    @signed_in
    def dismiss(id: str) -> ResponseReturnValue:  # noqa: A002
        """Take a suggestion away."""
        here = visitor()
        _one, whose = desk.one(here, id)
        with engine.transaction(here.actor) as tx:
            absences.dismiss(tx.connection, here.trust, id, here.actor, tx.now)
        flash("The suggestion is dismissed.")
        return redirect(_index(whose), 303)

    return pages


def _index(whose: Whose) -> str:
    return url_for("absences.index", of=None if whose.own else whose.id)


class _Desk:
    """Where absences are shown and written."""

    def __init__(self, engine: Engine, presenters: Mapping[str, Presenter], works: Workplaces) -> None:
        self._engine = engine
        self._works = works
        self._labels = {kind: presenter.choices for kind, presenter in presenters.items()}
        self._workflows = [workflow for workflow, _keep in engine.keeps.values()]
        self._titles = {workflow.kind: workflow.title for workflow in self._workflows}

    def index(self, here: Visitor) -> str:
        whose = self.whose(here, request.args.get("of"))
        sought = clean(request.args.get("q", ""), _LONGEST_SEARCH)
        now = self._engine.clock()
        with self._engine.reading() as conn:
            rules = absences.of(conn, here.trust, whose.id)
            said = self._sentences(conn, here, rules)
            keeper = any(held == absences.KEEPER for held, _place in here.actor.grants)
            others = named.matching(conn, here.trust, sought, but=here.actor.id) if keeper and sought else []
        return render_template(
            "engine/absences.html",
            whose=whose,
            said=said,
            suggested=[one for one in rules if one.state is State.SUGGESTED],
            current=[one for one in rules if one.state is State.STANDING and not one.over(now)],
            past=[one for one in rules if one.state is not State.SUGGESTED and one.over(now)],
            now=now,
            keeper=keeper,
            q=sought,
            others=others,
        )

    def whose(self, here: Visitor, account: str | None) -> Whose:
        """Return whose rules a page is about; raises `Missing` for those whom the visitor does not administer."""
        if account is None or account == here.actor.id:
            return Whose(id=here.actor.id, name=here.actor.name, own=True)
        with self._engine.reading() as conn:
            found = named.one(conn, here.trust, account)
            if found is None or not absences.may_keep(conn, here.trust, here.actor, account):
                raise Missing("There is no such person, or you do not administer all that they hold.")
        return Whose(id=account, name=found["name"], own=False)

    def one(self, here: Visitor, identifier: str) -> tuple[Absence, Whose]:
        """Return a rule with whose it is; raises `Missing` for one that the visitor may not see."""
        with self._engine.reading() as conn:
            found = absences.get(conn, here.trust, identifier)
        return found, self.whose(here, found.account)

    def end(self, here: Visitor, identifier: str) -> ResponseReturnValue:
        one, whose = self.one(here, identifier)
        if request.method == "POST":
            with self._engine.transaction(here.actor) as tx:
                absences.end(tx.connection, here.trust, identifier, here.actor, tx.now)
            flash("The absence has ended. Questions come as usual from now on.")
            return redirect(_index(whose), 303)
        return render_template("engine/absence_end.html", **self.said(here, whose, one))

    def said(self, here: Visitor, whose: Whose, one: Absence) -> dict[str, Any]:
        """Return what every page of one rule shows."""
        with self._engine.reading() as conn:
            said = self._sentences(conn, here, [one])[one.id]
            changes = amendments.of(conn, here.trust, Amended.ABSENCE, one.id)
        return {"one": one, "whose": whose, "said": said, "changes": changes, "back": _index(whose)}

    def written(self, here: Visitor, whose: Whose, one: Absence | None) -> ResponseReturnValue:
        """Show the form of a rule, what it would do, or why it cannot be; keep it where all is well."""
        now = self._engine.clock()
        with self._engine.reading() as conn:
            scopes = self._scopes(conn, here)
            stands_in = named.one(conn, here.trust, one.to) if one and one.to else None
        form = absence_forms.form_of(one, scopes, stands_in["name"] if stands_in else "", absence_forms.local_day(now))
        blank = Absence(trust=here.trust, account=whose.id, action=Action.REASSIGN, starts_at=now)
        rule = self._read(here, form, one or blank) if request.method == "POST" else None
        tried: list[tuple[str, Cover]] | None = None
        if rule is not None and request.form.get("do") == "preview":
            tried = self._tried(here, rule)
        elif rule is not None and self._kept(here, form, rule, scopes):
            flash("The absence is confirmed." if one and one.state is State.SUGGESTED else "The absence is saved.")
            return redirect(_index(whose), 303)
        changes = self.said(here, whose, one)["changes"] if one else []
        page = render_template(
            "engine/absence_edit.html",
            form=form,
            one=one,
            whose=whose,
            back=_index(whose),
            tried=tried,
            at=max(rule.starts_at, now) if rule else now,
            changes=changes,
        )
        return make_response(page, _UNPROCESSABLE if request.method == "POST" and tried is None else 200)

    def _read(self, here: Visitor, form: Away, before: Absence) -> Absence | None:
        """Return the rule that was typed, or None where the form says what is wrong."""
        valid, to = form.validate(), None
        if form.action.data == Action.REASSIGN:
            nearby.count_search(self._engine, here.actor)
            with self._engine.reading() as conn:
                among = nearby.near(conn, here.trust, here.actor, self._works)
                found = named.matching(conn, here.trust, form.who.data, but=before.account, among=among)
            to = absence_forms.chosen(form, found)
            valid = valid and to is not None
        return absence_forms.wanted(form, before, to) if valid else None

    def _kept(self, here: Visitor, form: Away, rule: Absence, scopes: Scopes) -> bool:
        try:
            with self._engine.transaction(here.actor) as tx:
                absences.save(tx.connection, rule, scopes.choices, here.actor, tx.now)
        except Invalid as refusal:
            absence_forms.complain(form, refusal.facts.get("field", ""), refusal.sentence)
            return False
        return True

    def _tried(self, here: Visitor, rule: Absence) -> list[tuple[str, Cover]]:
        """Return what would come of a rule, each row with what its role is called."""
        at = max(rule.starts_at, self._engine.clock())
        with self._engine.reading() as conn:
            found = coverage.tried(conn, here.trust, _as_rule(conn, here, rule), self._workflows, at)
            titles = coverage.role_titles(conn, here.trust, {one.role for one in found})
        return [(titles[one.role], one) for one in found]

    def _scopes(self, conn: Connection, here: Visitor) -> Scopes:
        asked = (
            select(approvals.c.notice).where(approvals.c.trust == here.trust).distinct().order_by(approvals.c.notice)
        )
        notices = tuple(name for name in conn.execute(asked).scalars() if name)
        choices = choices_of(self._workflows)
        return Scopes(titles=self._titles, choices=choices, notices=notices, labels=self._labels)

    def _sentences(self, conn: Connection, here: Visitor, rules: Any) -> dict[str, str]:
        names = absences.names(conn, here.trust, [one.to for one in rules])
        return {one.id: sentence(one, names, self._titles) for one in rules}


def _as_rule(conn: Connection, here: Visitor, rule: Absence) -> Rule:
    """Return a rule that is not kept yet as routing takes it."""
    found = named.one(conn, here.trust, rule.to) if rule.to else None
    to = None
    if found is not None:
        to = Holder(account=found["id"], recipient=Recipient(name=found["name"], email=found["email"]))
    fields = ("account", "action", "starts_at", "ends_at", "kind", "notice", "transfer", "answer")
    return Rule(id=rule.id or "new", to=to, **{name: getattr(rule, name) for name in fields})
