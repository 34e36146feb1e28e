"""The worklist: what is asked of the roles that somebody holds, and the page on which it is answered.

What a person needs to see in order to decide differs by the kind of subject, so that each kind may register a
`Presenter` at composition:

    worklist.blueprint(engine, {"transfer": StatAndMand(engine)})

The presenter's template stands inside the form, above the choices, and sees `approval`, `typed`, `problems` and the
presenter's own context; its inputs come back to `facts`. A kind without one shows its title, history and choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection, RowMapping
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response as AnyResponse

from engine import questions, text
from engine.approvals import KIND, Approval, Status, Trigger
from engine.errors import Conflict, NotDeclared, Refused
from engine.letters import Subject
from engine.machine import Actor
from engine.transaction import Engine
from engine.web import asked, journal
from engine.web.asked import Shown
from engine.web.permissions import signed_in
from engine.web.visitors import Visitor, visitor

Typed = ImmutableMultiDict[str, str]
WHOLE: Final = ""
_LONGEST_COMMENT: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a presenter shows: a template for the inside of the form, its context, and the words for the choices.

    `choices` is by trigger; a trigger that is not in it is shown in plain words.
    """

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read from a form: facts of the answer, and what is wrong, by the id of the input (`WHOLE` for none)."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


class Presenter(Protocol):
    """How questions about one kind of subject are shown and answered."""

    def view(self, connection: Connection, approval: Approval) -> View:
        """Return what to show of the subject."""
        ...

    def facts(self, connection: Connection, approval: Approval, typed: Typed) -> Reading:
        """Read what was typed: facts as plain JSON, which reach the step that the choice fires."""
        ...


class Plain:
    """The presenter of kinds without their own."""

    def view(self, _connection: Connection, _approval: Approval) -> View:
        """Show nothing but what every question has."""
        return View(template="engine/_question.html")

    def facts(self, _connection: Connection, _approval: Approval, _typed: Typed) -> Reading:
        """Read nothing but the choice and the comment."""
        return Reading()


def blueprint(engine: Engine, presenters: Mapping[str, Presenter]) -> Blueprint:
    """Return the worklist and the pages of its questions."""
    pages = Blueprint("worklist", __name__, url_prefix="/worklist")
    desk = _Desk(engine, presenters)

    @pages.get("/")
    @signed_in
    def index() -> str:
        """List what is open, or what is closed, for the roles that the visitor holds."""
        here = visitor()
        shown = Shown.CLOSED if request.args.get("show") == Shown.CLOSED else Shown.OPEN
        with engine.reading() as connection:
            page = asked.asked_of(connection, here.trust, here.actor, shown, request.args.get("after"))
            counts = asked.counts(connection, here.trust, here.actor)
        return render_template(
            "engine/worklist.html", page=page, shown=shown, counts=counts, now=engine.clock(), words=journal.words
        )

    @pages.get("/<id>")
    @signed_in
    def question(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show what is asked, with all that is needed to decide, or how it ended."""
        with engine.reading() as connection:
            return desk.page(connection, visitor(), id)

    @pages.post("/<id>")
    @signed_in
    def answer(id: str) -> AnyResponse:  # noqa: A002
        """Answer; whoever comes second sees what already happened."""
        return desk.answer(visitor(), id)

    return pages


class _Desk:
    """Where questions are shown and answered."""

    def __init__(self, engine: Engine, presenters: Mapping[str, Presenter]) -> None:
        self._engine = engine
        self._presenters = presenters

    def page(
        self, connection: Connection, here: Visitor, identifier: str, wrong: Mapping[str, str] | None = None
    ) -> str:
        """Write the page of a question; what was typed is kept."""
        row = asked.one_of(connection, here.trust, here.actor, identifier)
        approval = questions.read(row)
        view = self._presenter(approval).view(connection, approval)
        return render_template(
            "engine/approval.html",
            **view.context,
            approval=approval,
            row=row,
            view=view,
            open=_is_open(approval),
            ending=_ending(row, here.actor),
            choices=_labels(approval, view),
            typed=request.form,
            problems=wrong or {},
            entries=journal.history(self._engine, connection, approval.subject),
            linked=journal.may_read(here.actor),
            longest_comment=_LONGEST_COMMENT,
        )

    def answer(self, here: Visitor, identifier: str) -> AnyResponse:
        """Fire the answer as whoever gave it."""
        with self._engine.reading() as connection:
            row = asked.one_of(connection, here.trust, here.actor, identifier)
            approval = questions.read(row)
            if not _is_open(approval):
                return _too_late(here, row)
            reading = self._presenter(approval).facts(connection, approval, request.form)
        wrong = {**reading.problems, **_problems(approval, request.form)}
        if wrong:
            return self._again(here, identifier, wrong)
        try:
            self._fire(here, identifier, reading)
        except Refused as refusal:
            return self._again(here, identifier, {WHOLE: " ".join(refusal.reasons)})
        except (NotDeclared, Conflict):
            return self._overtaken(here, identifier)
        flash("Your answer is recorded.")
        return redirect(url_for(".question", id=identifier), 303)

    def _fire(self, here: Visitor, identifier: str, reading: Reading) -> None:
        said = {
            "choice": request.form["choice"],
            "facts": dict(reading.facts),
            "comment": text.clean_lines(request.form.get("comment", ""), _LONGEST_COMMENT),
        }
        with self._engine.transaction(here.actor) as transaction:
            transaction.fire(Subject(kind=KIND, trust=here.trust, id=identifier), Trigger.ANSWER, said)

    def _overtaken(self, here: Visitor, identifier: str) -> AnyResponse:
        """Say what happened meanwhile; where the question still stands, the answer itself was overtaken."""
        with self._engine.reading() as connection:
            row = asked.one_of(connection, here.trust, here.actor, identifier)
        if _is_open(questions.read(row)):
            return self._again(here, identifier, {WHOLE: "Something changed while you decided. Look at it again."})
        return _too_late(here, row)

    def _again(self, here: Visitor, identifier: str, wrong: Mapping[str, str]) -> Response:
        with self._engine.reading() as connection:
            return make_response(self.page(connection, here, identifier, wrong), 422)

    def _presenter(self, approval: Approval) -> Presenter:
        return self._presenters.get(approval.subject.kind) or Plain()


def _too_late(here: Visitor, row: RowMapping) -> AnyResponse:
    """Lead to how the question ended; the same answer twice is no news to whoever gave it."""
    again = row["answered_by"] == here.actor.id and row["choice"] == request.form.get("choice")
    return redirect(url_for(".question", id=row["id"], late=None if again else 1), 303)


def _is_open(approval: Approval) -> bool:
    return approval.state in {Status.OPEN, Status.ERROR}


def _problems(approval: Approval, typed: Typed) -> dict[str, str]:
    if typed.get("choice") not in approval.choices:
        return {"choice": "Choose an answer."}
    return {}


def _labels(approval: Approval, view: View) -> dict[str, str]:
    return {choice: view.choices.get(choice) or journal.words(choice) for choice in approval.choices}


def _ending(row: RowMapping, actor: Actor) -> str:
    """Say in plain words how a question ended, or nothing while it stands."""
    by = "You" if row["answered_by"] == actor.id else row["answered_by_name"]
    return {
        Status.CLOSED: f"{by} answered this.",
        Status.CANCELED: "No answer is needed any more, because the matter moved on without one.",
        Status.TIMED_OUT: "Nobody answered by the due date.",
    }.get(row["state"], "")
