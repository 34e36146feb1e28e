"""The page on which who runs classes records an e-learning as completed, or resets an attempt, with a reason."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from engine.errors import Conflict, NotAllowed, NotDeclared, Refused
from engine.settings import Settings
from engine.text import clean_lines
from engine.transaction import Engine
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from scorm import store as runtime
from workflows.learning import recorder_pages, stuck_store
from workflows.learning.records import Enrolment
from workflows.learning.stuck import Trigger
from workflows.people.records import Site
from workflows.people.responsibilities import RUNS_CLASSES

_LONGEST_REASON: Final = 1000
_OVERTAKEN: Final = "Nothing has changed. Something was decided since this page was opened: read it before you decide."
_DONE: Final = {
    Trigger.RECORD: "It is recorded as completed.",
    Trigger.RESET: "The attempt is reset: the next launch begins anew.",
}


class Decision(Form):
    """What becomes of an attempt, and why."""

    choice = RadioField(
        "What is to happen?",
        [InputRequired("Choose what is to happen.")],
        choices=[
            SelectChoice(Trigger.RECORD, "Record as completed: the learner has done it"),
            SelectChoice(Trigger.RESET, "Reset the attempt: the next launch begins anew; this one stays to be read"),
        ],
    )
    seen = HiddenField()
    """How many decisions the page showed: one that somebody has made since is read before another is made."""
    reason = TextAreaField(
        "Reason",
        [DataRequired("Say why: the reason is kept."), Length(max=_LONGEST_REASON)],
        filters=[lambda text: clean_lines(text or "", _LONGEST_REASON)],
        description="It is kept with your name, and the learner can read it.",
    )


def install(shown: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add the page to those of the recorder."""
    site = Site(origin=settings.app_origin, domain=settings.reply_domain)

    @shown.route("/attempts/<id>/decide", methods=["GET", "POST"])
    @requires(*RUNS_CLASSES)
    def decide(id: str) -> ResponseReturnValue:  # noqa: A002 - it is the address's name
        """Ask what is to become of an attempt, and have it so."""
        here, form, problem = visitor(), Decision(), ""
        with engine.reading() as connection:
            attempt, enrolled = recorder_pages.attempt_of(connection, here, id, site)
            decided = stuck_store.about(connection, here.trust, [id])[id]
        if request.method == "POST" and form.validate():
            fresh = form.seen.data in {None, str(len(decided))}
            problem = _decided(engine, here, attempt, enrolled, form) if fresh else _OVERTAKEN
            if not problem:
                flash(_DONE[Trigger(form.choice.data)])
                return redirect(url_for(".attempt", id=id), 303)
        known = {"attempt": attempt, "enrolment": enrolled, "decided": decided}
        page = render_template("learning/decide.html", **known, form=form, problem=problem)
        return make_response(page, 422 if request.method == "POST" else 200)


def _decided(engine: Engine, here: Visitor, attempt: runtime.Attempt, enrolled: Enrolment, form: Decision) -> str:
    """Do what was chosen; return why it was refused, "" where it was not."""
    try:
        with engine.transaction(here.actor) as tx:
            stuck_store.decide(tx, attempt.id, enrolled, Trigger(form.choice.data), form.reason.data)
    except (Conflict, NotAllowed, NotDeclared, Refused) as refusal:
        return f"Nothing has changed. {refusal.sentence}"
    return ""
