"""Changing a class: a form, then what would change and who would be told, and only then the change."""

from __future__ import annotations

import json
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import Conflict, NotDeclared, Refused
from engine.letters import Subject
from engine.machine import Case
from engine.transaction import Engine
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from workflows.learning import clashes, class_forms, classes, pages
from workflows.learning.class_forms import Change
from workflows.learning.class_seen import class_of
from workflows.learning.records import Class
from workflows.learning.timetable import meetings_changed
from workflows.people.responsibilities import RUNS_CLASSES

_OURS: Final = ("csrf_token", "confirm", "back", "seen")


def install(run: Blueprint, engine: Engine) -> None:
    """Add the page to those of classes."""

    @run.route("/<id>/change", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def change(id: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Change dates, times, places and words of a class."""
        return _Changing(engine, visitor(), id).answer()


class _Changing:
    """One request to change a class."""

    def __init__(self, engine: Engine, here: Visitor, identifier: str) -> None:
        self._engine = engine
        self._here = here
        with engine.reading() as connection:
            self._one = class_of(connection, here, identifier)
        self._change: Change = class_forms.change_of(self._one)

    def answer(self) -> ResponseReturnValue:
        if request.method == "GET" or "back" in request.form:
            return self._form()
        stale = self._stale()
        if stale:
            return self._form(stale=stale, status=409)
        if not self._change.valid(self._one.zone):
            return self._form(status=422)
        facts = class_forms.facts_of(self._one, self._change)
        if not facts:
            return self._form(["Nothing has changed yet."], status=422)
        refusals = self._refusals(facts)
        if refusals:
            return self._form(refusals, status=422)
        return self._save(facts) if "confirm" in request.form else self._review(facts)

    def _save(self, facts: dict[str, Any]) -> ResponseReturnValue:
        subject = Subject(kind=classes.KIND, trust=self._here.trust, id=self._one.id)
        try:
            with self._engine.transaction(self._here.actor) as tx:
                stands = pages.course_class(tx.connection, self._here.trust, self._one.id, lock=True)
                if class_forms.shown(stands) != class_forms.shown(self._one):
                    raise Conflict
                tx.fire(subject, classes.Trigger.CHANGE, facts)
        except (Refused, NotDeclared) as refusal:
            return self._form([refusal.sentence or " ".join(getattr(refusal, "reasons", ()))], status=409)
        flash(f"The class is changed. {self._told(facts)}")
        return redirect(url_for(".one", id=self._one.id), 303)

    def _review(self, facts: dict[str, Any]) -> ResponseReturnValue:
        before = class_forms.shown(self._one)
        typed = {key: value for key, value in request.form.items() if key not in _OURS}
        after = class_forms.changed(self._one, facts)
        zone = ZoneInfo(self._one.zone)
        was, first = (each.starts_at.astimezone(zone).date() if each.starts_at else None for each in (self._one, after))
        return render_template(
            "learning/class_review.html",
            one=self._one,
            first=first.isoformat() if first and first != was else None,
            differences=class_forms.differences(before, class_forms.shown(after)),
            told=self._told(facts),
            against=self._against(after),
            typed=typed,
            seen=json.dumps(before),
        )

    def _form(
        self, errors: list[str] | None = None, *, stale: list[tuple[str, str, str]] | None = None, status: int = 200
    ) -> ResponseReturnValue:
        page = render_template(
            "learning/class_change.html",
            one=self._one,
            change=self._change,
            wrong=[{"text": text} for text in errors or ()] + ([] if status == 409 else self._change.errors),  # noqa: PLR2004
            stale=stale or [],
            seen=json.dumps(class_forms.shown(self._one)),
        )
        return make_response(page, status)

    def _stale(self) -> list[tuple[str, str, str]]:
        """Return what somebody else changed since the form was opened."""
        before = class_forms.seen(request.form.get("seen", ""))
        return [] if before is None else class_forms.differences(before, class_forms.shown(self._one))

    def _refusals(self, facts: dict[str, Any]) -> list[str]:
        try:
            classes.WORKFLOW.decide(classes.Trigger.CHANGE, self._case(facts))
        except Refused as refusal:
            return list(refusal.reasons)
        except NotDeclared as refusal:
            return [refusal.sentence]
        return []

    def _told(self, facts: dict[str, Any]) -> str:
        """Say who gets a message about a change."""
        confirmed = self._one.taken - self._one.attended
        meetings = len(meetings_changed(self._case(facts)))
        if not meetings:
            return "Nobody is told, because no date, time or place of a session changes."
        if not confirmed:
            return "Nobody is told, because nobody has a confirmed place."
        who = "1 confirmed learner gets" if confirmed == 1 else f"{confirmed} confirmed learners get"
        return f"{who} {'an update' if meetings == 1 else f'{meetings} updates, one for each session that changes'}."

    def _against(self, after: Class) -> list[tuple[str, str]]:
        """Return who on the class has something else at its new times, and what: only what the change brings."""
        with self._engine.reading() as connection:
            mine = pages.people_on(connection, self._here.trust, self._one.id)
            now, then = (clashes.clashes(connection, self._here.trust, [each], mine) for each in (self._one, after))
        new = {person: set(found) - set(now.get((key, person), ())) for (key, person), found in then.items()}
        return sorted(
            (mine[person], "; ".join(sorted(one.text for one in found))) for person, found in new.items() if found
        )

    def _case(self, facts: dict[str, Any]) -> Case[Class]:
        return Case(record=self._one, facts=facts, actor=self._here.actor, now=self._engine.clock())
