"""The page of one question: everything needed to decide, the choices, and how it ended; then on to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping, select
from werkzeug.wrappers import Response as AnyResponse

from engine import text
from engine.approvals import answering, attachments, keep
from engine.approvals.approval import STANDING, WORKFLOW, Approval, Status, Trigger
from engine.approvals.tables import approval_comments
from engine.errors import Conflict, NotAllowed, NotDeclared, Refused
from engine.machine import Actor, Case
from engine.transaction import Engine
from engine.web import approval_lines, asked, journal, nearby, saved_views, worklist_filters
from engine.web.nearby import Workplaces
from engine.web.permissions import signed_in
from engine.web.presenting import WHOLE, Presenters, Reading, View, comment_label, needing_reason
from engine.web.visitors import Visitor, visitor
from engine.web.worklist_filters import Filters, Lists

LONGEST_COMMENT: Final = 2000
NO_REASON: Final = "Give the reason: this answer needs one."
OVERTAKEN: Final = (NotDeclared, Conflict)
# What every guard of a step looks at in the facts, so that only the guards about the actor and the record decide.
_ANYTHING: Final = dict.fromkeys(("to", "of", "question", "answer", "comment"), "anything")


def add(pages: Blueprint, desk: Desk) -> None:
    """Add the page to the worklist's."""

    @pages.get("/<id>")
    @signed_in
    def question(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show what is asked, with all that is needed to decide, or how it ended."""
        with desk.engine.reading() as connection:
            return desk.page(connection, visitor(), id)

    @pages.post("/<id>")
    @signed_in
    def answer(id: str) -> AnyResponse:  # noqa: A002
        """Answer; whoever comes second sees what already happened."""
        return desk.answer(visitor(), id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said to a question: fired as it is, after the form was read."""

    choice: str
    reading: Reading
    comment: str

    def as_facts(self) -> dict[str, Any]:
        """Return the facts of the answer."""
        return {"choice": self.choice, "facts": dict(self.reading.facts), "comment": self.comment}


class Desk:
    """Where questions are shown and answered."""

    def __init__(
        self, engine: Engine, presenters: Presenters, lists: Lists, works: Workplaces = nearby.nowhere_else
    ) -> None:
        self.engine = engine
        self.presenters = presenters
        self.lists = lists
        self.works = works

    def page(
        self, connection: Connection, here: Visitor, identifier: str, wrong: Mapping[str, str] | None = None
    ) -> str:
        """Write the page of a question; what was typed is kept."""
        row = asked.one_of(connection, here.trust, here.actor, identifier)
        approval = keep.read(row)
        view = self.presenters.of(approval).view(connection, approval)
        able = self.able(here.actor, approval)
        return render_template(
            "engine/approval.html",
            **view.context,
            **self._known(connection, here, approval, view),
            **self._around(connection, here, row),
            approval=approval,
            row=row,
            view=view,
            open=Trigger.ANSWER in able,
            comment_label=comment_label(view.labels(approval), self.reasoned(approval)),
            able=able,
            standing=approval.state in STANDING,
            ending=ending(row, here.actor),
            typed=request.form,
            problems=wrong or {},
        )

    def able(self, actor: Actor, approval: Approval) -> frozenset[str]:
        """Return what an actor may do with a question now, by the table of its steps."""
        facts = {**_ANYTHING, "choice": next(iter(approval.choices), "")}
        case = Case(record=approval, facts=facts, actor=actor, now=self.engine.clock())
        return frozenset(map(str, WORKFLOW.possible(case)))

    def answer(self, here: Visitor, identifier: str) -> AnyResponse:
        """Fire the answer as whoever gave it."""
        with self.engine.reading() as connection:
            row = asked.one_of(connection, here.trust, here.actor, identifier)
            approval = keep.read(row)
            if approval.state not in STANDING:
                return _too_late(here, row)
            reading = self.presenters.of(approval).facts(connection, approval, request.form)
            following = self._around(connection, here, row)["next"]
        wrong = {**self.problems(approval), **reading.problems}
        if wrong:
            return self.again(here, identifier, wrong)
        try:
            self.fire(here, identifier, Trigger.ANSWER, said(reading).as_facts())
        except (Refused, NotAllowed) as refusal:
            return self.again(here, identifier, {WHOLE: refusal.sentence})
        except OVERTAKEN:
            return self.overtaken(here, identifier)
        return self._onward(approval, following)

    def problems(self, approval: Approval) -> dict[str, str]:
        """Return what is wrong with the answer of the form, by the id of its input, whatever it is about."""
        choice = request.form.get("choice", "")
        if choice not in approval.choices:
            return {"choice": "Choose an answer."}
        said = text.clean_lines(request.form.get("comment", ""), LONGEST_COMMENT)
        return {"comment": NO_REASON} if choice in self.reasoned(approval) and not said else {}

    def reasoned(self, approval: Approval) -> frozenset[str]:
        """Return the choices that need a comment."""
        return needing_reason(self.engine.kept(approval.subject.kind)[0], approval)

    def fire(self, here: Visitor, identifier: str, trigger: Trigger, facts: Mapping[str, Any]) -> None:
        """Do something with a question in the name of the visitor."""
        with self.engine.transaction(here.actor) as transaction:
            answering.act(transaction, here.trust, identifier, trigger, facts)

    def overtaken(self, here: Visitor, identifier: str) -> AnyResponse:
        """Say what happened meanwhile; where the question still stands, the answer itself was overtaken."""
        with self.engine.reading() as connection:
            row = asked.one_of(connection, here.trust, here.actor, identifier)
        if row["state"] in STANDING:
            return self.again(here, identifier, {WHOLE: "Something changed while you decided. Look at it again."})
        return _too_late(here, row)

    def again(self, here: Visitor, identifier: str, wrong: Mapping[str, str]) -> Response:
        """Show the page once more with what is wrong."""
        with self.engine.reading() as connection:
            return make_response(self.page(connection, here, identifier, wrong), 422)

    def _onward(self, approval: Approval, following: str | None) -> AnyResponse:
        """Lead on: to the next question where that was asked for, else to what was answered."""
        if "then" not in request.form:
            flash("Your answer is recorded.")
            return redirect(url_for(".question", id=approval.id, **carried()), 303)
        done = f"Your answer to “{approval.title}” is recorded."
        if following is None:
            flash(f"{done} That was the last one of this list.")
            return redirect(url_for(".index", **worklist_filters.read(request.args).query()), 303)
        flash(done)
        return redirect(url_for(".question", id=following, **carried()), 303)

    def _around(self, connection: Connection, here: Visitor, row: RowMapping) -> dict[str, Any]:
        """Return the way back to the list and to what stands beside this one in it."""
        filters = worklist_filters.read(request.args)
        beside = self.lists.beside(connection, here.trust, here.actor, filters, row)
        return {**beside, "filters": filters, "carried": carried()}

    def _known(self, connection: Connection, here: Visitor, approval: Approval, view: View) -> dict[str, Any]:
        labels = view.labels(approval)
        return {
            "choices": labels,
            "lines": approval_lines.lines(connection, approval, labels),
            "files": attachments.of(connection, here.trust, [approval.id]),
            "wanted": _wanted(connection, approval),
            "entries": journal.history(self.engine, connection, approval.subject),
            "linked": journal.may_read(here.actor),
            "shortcuts": saved_views.shortcuts(connection, here.trust, here.actor.id),
            "me": here.actor.id,
            "longest_comment": LONGEST_COMMENT,
        }


def carried() -> dict[str, Any]:
    """Return the filters that came with the address, to be handed on; none where none came."""
    filters = worklist_filters.read(request.args)
    return filters.query() if set(request.args).intersection(Filters.__slots__) else {}


def said(reading: Reading) -> Said:
    """Return the answer that the form gives."""
    comment = text.clean_lines(request.form.get("comment", ""), LONGEST_COMMENT)
    return Said(choice=request.form["choice"], reading=reading, comment=comment)


def ending(row: RowMapping, actor: Actor | None) -> str:
    """Say in plain words how a question ended, or nothing while it stands."""
    by = "You" if actor is not None and row["answered_by"] == actor.id else row["answered_by_name"]
    return {
        Status.CLOSED: f"{by} answered this.",
        Status.CANCELED: "No answer is needed any more, because the matter moved on without one.",
        Status.TIMED_OUT: "Nobody answered by the due date.",
    }.get(row["state"], "")


def _wanted(connection: Connection, approval: Approval) -> RowMapping | None:
    """Return what somebody is asked for, and by whom, while that is waited for."""
    if approval.state is not Status.MORE_INFO:
        return None
    table = approval_comments
    chosen = select(table).where(table.c.trust == approval.trust, table.c.approval == approval.id)
    asked_by = chosen.where(table.c.by == approval.asked_by).order_by(table.c.revision.desc()).limit(1)
    return connection.execute(asked_by).mappings().first()


def _too_late(here: Visitor, row: RowMapping) -> AnyResponse:
    """Lead to how the question ended; the same answer twice is no news to whoever gave it."""
    again = row["answered_by"] == here.actor.id and row["choice"] == request.form.get("choice")
    return redirect(url_for(".question", id=row["id"], late=None if again else 1, **carried()), 303)
