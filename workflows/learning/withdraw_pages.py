"""Withdrawing by the link of a mail, without a session: opening it changes nothing, and a choice has to be made first.

Scanners of mail open links and press buttons (SECURITY 14), so that neither answer is chosen beforehand.
"""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from engine.errors import Missing, NotDeclared, Refused
from engine.letters import Subject
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from engine.web.permissions import public
from workflows.learning import enrolment, pages, replies, withdrawal_links
from workflows.learning.records import Enrolment
from workflows.people.records import Site

_CHOOSE = "Choose whether you keep your place."


def install(learning: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add the page to those of learning."""
    site = Site(origin=settings.app_origin, domain=settings.reply_domain)
    key = secret_for(settings)

    def found(secret: str) -> Enrolment:
        with engine.reading() as connection:
            link = withdrawal_links.read(connection, key, secret, engine.clock())
            return pages.enrolment(connection, link.trust, link.enrolment, site)

    @learning.get(f"{withdrawal_links.PATH}<secret>")
    @public
    def offered(secret: str) -> ResponseReturnValue:
        """Ask whether the learner means to withdraw; nothing happens."""
        try:
            return render_template("learning/withdraw_offered.html", one=found(secret), problem="")
        except Missing:
            return _over()

    @learning.post(f"{withdrawal_links.PATH}<secret>")
    @public
    def chosen(secret: str) -> ResponseReturnValue:
        """Withdraw, or keep the place."""
        try:
            one = found(secret)
            choice = request.form.get("choice")
            if choice not in {"keep", "withdraw"}:
                return make_response(render_template("learning/withdraw_offered.html", one=one, problem=_CHOOSE), 422)
            problem = _withdrawn(engine, one) if choice == "withdraw" else ""
        except Missing:
            return _over()
        page = render_template("learning/withdraw_done.html", one=one, choice=choice, problem=problem)
        return make_response(page, 409 if problem else 200)

    def _over() -> ResponseReturnValue:
        return render_template("learning/withdraw_done.html", one=None, choice="", problem=""), 410


def _withdrawn(engine: Engine, one: Enrolment) -> str:
    """Withdraw as the learner; return why that was refused, or nothing."""
    with engine.reading() as connection:
        actor = replies.learner(connection, one)
    subject = Subject(kind=enrolment.KIND, trust=one.trust, id=one.id)
    try:
        with engine.transaction(actor) as tx:
            tx.fire(subject, enrolment.Trigger.WITHDRAW, {"reason": "Declined in the calendar, and withdrawn by link."})
    except Refused as refusal:
        return " ".join(refusal.reasons)
    except NotDeclared:
        return "There is nothing to withdraw from any more."
    return ""
