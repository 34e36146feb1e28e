"""Writing to those on a class: the words and to whom, then how it reads and how many get it, then it goes (LRN-25)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select
from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from engine.errors import Conflict, NotDeclared, Refused
from engine.letters import Letter, Subject
from engine.machine import THE_SYSTEM, Case
from engine.tables import journal
from engine.text import clean_lines
from engine.transaction import Engine, Transaction
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from engine.wording.rendering import Rendered
from engine.wording.templates import Shelf
from engine.wording.texts import Wanted
from workflows.learning import classes, enrolment, pages, words
from workflows.learning.class_seen import class_of
from workflows.learning.records import Class, Enrolment, EnrolmentState
from workflows.learning.tidings import STANDINGS
from workflows.people.records import Site
from workflows.people.responsibilities import RUNS_CLASSES

LONGEST: Final = 2000
_SHOWN: Final = 20


class Words(Form):
    """What is said, and to whom."""

    states = SelectMultipleField("Who gets it?", [InputRequired("Choose who gets the message.")])
    text = TextAreaField(
        "Message",
        [DataRequired("Write the message."), Length(max=LONGEST)],
        filters=[lambda text: clean_lines(text or "", LONGEST)],
        description="Plain text. Greeting, course, your name and why they get it are added.",
    )


def install(run: Blueprint, engine: Engine, site: Site) -> None:
    """Add the page to those of classes."""

    @run.route("/<id>/notify", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def notify(id: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Write to those on a class."""
        return _Writing(engine, site, visitor(), id).answer()


class _Writing:
    """One request to write to those on a class."""

    def __init__(self, engine: Engine, site: Site, here: Visitor, identifier: str) -> None:
        self._engine, self._site, self._here = engine, site, here
        with engine.reading() as connection:
            self._one = class_of(connection, here, identifier)
            self._on_it = pages.enrolments_on(connection, here.trust, identifier, site)
        self._form = Words()
        self._form.states.choices = [(str(state), self._counted(state)) for state in STANDINGS if self._in(state)]

    def answer(self) -> ResponseReturnValue:
        if request.method == "GET" or "back" in request.form:
            return self._asked()
        if not self._form.validate():
            return self._asked(status=422)
        return self._send() if "confirm" in request.form else self._preview()

    def _send(self) -> ResponseReturnValue:
        facts = {"text": self._form.text.data, "states": list(self._form.states.data)}
        try:
            with self._engine.transaction(self._here.actor) as tx:
                stands = class_of(tx.connection, self._here, self._one.id, lock=True)
                if self._went_already(tx, stands):
                    return self._done("The message was sent already, and goes once.")
                self._require_seen(stands)
                tx.fire(Subject(kind=classes.KIND, trust=stands.trust, id=stands.id), classes.Trigger.NOTIFY, facts)
        except Conflict:
            return self._preview("Who is on this class changed meanwhile. Nothing is sent yet: look at it again.")
        except (Refused, NotDeclared) as refusal:
            return self._asked(refusal.sentence, status=409)
        return self._done(f"The message is on its way to {_people(len(self._chosen()))}.")

    def _require_seen(self, stands: Class) -> None:
        if stands.revision != self._seen("seen") or len(self._chosen()) != self._seen("people"):
            raise Conflict

    def _went_already(self, tx: Transaction, stands: Class) -> bool:
        """Say whether this very form was sent before: a second click finds its own first one in the journal."""
        mine = (journal.c.trust == stands.trust, journal.c.kind == classes.KIND, journal.c.subject == stands.id)
        after = (journal.c.revision == self._seen("seen") + 1, journal.c.actor == self._here.actor.id)
        row = tx.connection.execute(select(journal.c.trigger).where(*mine, *after)).first()
        return row is not None and row.trigger == classes.Trigger.NOTIFY

    def _preview(self, problem: str = "") -> ResponseReturnValue:
        chosen = self._chosen()
        if not chosen:
            return self._asked("Nobody on this class is in one of these states any more.", status=409)
        with self._engine.reading() as connection:
            said = self._rendered(connection, chosen[0])
        page = render_template(
            "learning/class_notify_check.html",
            one=self._one,
            form=self._form,
            said=said,
            names=[each.learner.name for each in chosen[:_SHOWN]],
            count=len(chosen),
            people=_people(len(chosen)),
            problem=problem,
        )
        return make_response(page, 409 if problem else 200)

    def _asked(self, problem: str = "", *, status: int = 200) -> ResponseReturnValue:
        page = render_template("learning/class_notify.html", one=self._one, form=self._form, problem=problem)
        return make_response(page, status)

    def _done(self, sentence: str) -> ResponseReturnValue:
        flash(sentence)
        return redirect(url_for(".one", id=self._one.id), 303)

    def _chosen(self) -> Sequence[Enrolment]:
        return [each for each in self._on_it if str(each.state) in self._form.states.data]

    def _in(self, state: EnrolmentState) -> int:
        return sum(each.state is state for each in self._on_it)

    def _counted(self, state: EnrolmentState) -> str:
        return f"{words.ENROLMENTS[state].text} ({_people(self._in(state))})"

    def _seen(self, name: str) -> int:
        """Return a number that the form had seen; one that nothing equals where it is none."""
        said = request.form.get(name, "")
        return int(said) if said.isdecimal() and len(said) < 10 else -2  # noqa: PLR2004 - a revision has fewer digits

    def _rendered(self, connection: Connection, first: Enrolment) -> Rendered:
        """Return the message as the first of them would get it."""
        facts: dict[str, Any] = {"text": self._form.text.data, "states": list(self._form.states.data)}
        case = Case(
            record=first,
            facts={**facts, "sender": self._here.actor.name},
            actor=THE_SYSTEM,
            now=self._engine.clock(),
        )
        letter: Letter = enrolment.WORKFLOW.decide(enrolment.Trigger.NOTIFY, case).letters[0]
        trust, shelf = letter.subject.trust, Shelf()
        wanted = Wanted(
            trust=trust, organisation=letter.organisation, notice=letter.notice, language=letter.to.language
        )
        shelf.prepare(connection, {wanted})
        known = {"recipient_name": letter.to.name, "reason": letter.reason}
        return shelf.template(wanted).render({**letter.context, **known, "trust_name": shelf.trust_name(trust)})


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
