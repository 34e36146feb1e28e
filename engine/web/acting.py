"""Answering by the link of a mail, without a session: opening it changes nothing, and only a person can confirm.

Mail scanners open every link, run its scripts and press its buttons (SECURITY 14). So the first form only leads to a
second, and that one asks for the user name, which stands nowhere in the mail. Who has a session answers in the
worklist. What the page tells is what the mail told, while it is asked: once the link was used or has expired, or the
question has ended, the page says only that the link is over. Mails are kept and forwarded for longer than they matter.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, RowMapping

from engine import accounts, action_links, text
from engine.accounts import Account
from engine.action_links import ActionLink
from engine.approvals import answering, keep
from engine.approvals.approval import STANDING, Approval, Trigger
from engine.errors import Conflict, Missing, NotAllowed, NotDeclared, Refused
from engine.machine import Actor
from engine.roles import directory
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from engine.web import asked, rates
from engine.web.mishaps import RateLimited
from engine.web.permissions import public
from engine.web.presenting import WHOLE, Presenter, Presenters, comment_label
from engine.web.visitors import visitor_or_none
from engine.web.worklist_filters import Lists
from engine.web.worklist_question import LONGEST_COMMENT, Desk

_MOST_FAILURES: Final = 10
_MOST_FROM_ONE_PLACE: Final = 200
_WRONG: Final = "This is not the user name of the person to whom the link was sent."


def blueprint(engine: Engine, settings: Settings, presenters: Mapping[str, Presenter]) -> Blueprint:
    """Return the page to which the links of mails lead."""
    pages = Blueprint("acting", __name__)
    desk = Desk(engine, Presenters(presenters), Lists(engine))

    @pages.get(f"{action_links.PATH}<secret>")
    @public
    def asked_by_mail(secret: str) -> ResponseReturnValue:
        """Show what is asked, with its choices, or how it ended; nothing happens."""
        return _Acting(desk, secret_for(settings), secret).page()

    @pages.post(f"{action_links.PATH}<secret>")
    @public
    def answer_by_mail(secret: str) -> ResponseReturnValue:
        """Ask once more who answers what, and then answer."""
        return _Acting(desk, secret_for(settings), secret).sent()

    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What stands behind a link: the account that it was sent to, and the question as that account may see it.

    It is `over` once it was used or has expired, or what it asks has ended.
    """

    link: ActionLink
    account: Account
    actor: Actor
    row: RowMapping
    approval: Approval
    choices: Mapping[str, str]
    over: bool


class _Acting:
    """One request with a link."""

    def __init__(self, desk: Desk, key: str, secret: str) -> None:
        self._desk = desk
        self._engine = desk.engine
        self._key = key
        self._secret = secret

    def page(self, wrong: Mapping[str, str] | None = None) -> ResponseReturnValue:
        """Show the question to whoever has the link, unless a session says who that is."""
        return self._elsewhere() or self._shown("engine/act.html", wrong or {})

    def sent(self) -> ResponseReturnValue:
        """Take the first form or the second."""
        elsewhere = self._elsewhere()
        if elsewhere is not None:
            return elsewhere
        known = self._known()
        if known is None or known.over or not self._may_answer(known):
            return self.page()
        if request.form.get("choice") not in known.choices:
            return self.page({"choice": "Choose an answer."})
        if "username" not in request.form:
            return self._shown("engine/act_confirm.html", {})
        return self._confirmed(known)

    def _elsewhere(self) -> ResponseReturnValue | None:
        """Lead who is signed in to the worklist, or say that the link was sent to somebody else."""
        here = visitor_or_none()
        if here is None:
            return None
        with self._engine.reading() as connection:
            known = self._look(connection)
        if known is None:
            return render_template("engine/act_spent.html"), 410
        if (here.trust, here.actor.id) != (known.link.trust, known.link.account):
            if known.over:
                return _over()
            return render_template("engine/act_other.html", here=here, account=known.account), 403
        return redirect(url_for("worklist.question", id=known.link.approval))

    def _shown(self, template: str, wrong: Mapping[str, str]) -> ResponseReturnValue:
        known = self._known()
        if known is None:
            return render_template("engine/act_spent.html"), 410
        if known.over:
            return _over()
        said: dict[str, Any] = {
            "row": known.row,
            "account": known.account,
            "choices": known.choices,
            "open": self._may_answer(known),
            "reasoned": self._desk.reasoned(known.approval),
            "comment_label": comment_label(known.choices, self._desk.reasoned(known.approval)),
            "typed": request.form,
            "problems": wrong,
            "longest_comment": LONGEST_COMMENT,
        }
        return render_template(template, **said), 422 if wrong else 200

    def _may_answer(self, known: _Known) -> bool:
        able = self._desk.able(known.actor, known.approval)
        return Trigger.ANSWER in able and bool(known.choices)

    def _known(self) -> _Known | None:
        with self._engine.reading() as connection:
            return self._look(connection)

    def _look(self, connection: Connection) -> _Known | None:
        """Return what stands behind the link; None where it is not ours or its account may not see this any more."""
        try:
            link = action_links.read(connection, self._key, self._secret)
            actor = directory.actor_of(connection, link.trust, link.account, self._engine.clock())
            row = asked.one_of(connection, link.trust, actor, link.approval)
        except Missing:
            return None
        approval = keep.read(row)
        over = (
            approval.state not in STANDING or link.expired(self._engine.clock()) or action_links.used(connection, link)
        )
        view = None if over else self._desk.presenters.of(approval).view(connection, approval)
        return _Known(
            link=link,
            account=accounts.account(connection, link.trust, link.account),
            actor=actor,
            row=row,
            approval=approval,
            choices=view.simple(approval) if view else {},
            over=over,
        )

    def _confirmed(self, known: _Known) -> ResponseReturnValue:
        """Answer in the name of the person asked, once the user name says that it is a person."""
        typed = request.form["username"].strip().lower()
        if not self._is_right(known, typed):
            return self._shown("engine/act_confirm.html", {"username": _WRONG})
        unsaid = self._desk.problems(known.approval)
        if unsaid:
            return self._shown("engine/act_confirm.html", unsaid)
        wrong = self._problems(known)
        if wrong:
            return self.page(wrong)
        try:
            self._answer(known)
        except (Refused, NotAllowed) as refusal:
            return self.page({WHOLE: refusal.sentence})
        except (NotDeclared, Conflict):
            return redirect(url_for(".asked_by_mail", secret=self._secret, late=1), 303)
        flash("Your answer is recorded.")
        return redirect(url_for(".asked_by_mail", secret=self._secret), 303)

    def _is_right(self, known: _Known, typed: str) -> bool:
        """Compare the user name; wrong ones are counted, and too many end it here."""
        now = self._engine.clock()
        buckets = {
            rates.bucket("act", known.link.hash): _MOST_FAILURES,
            rates.bucket("act-from", request.remote_addr or ""): _MOST_FROM_ONE_PLACE,
        }
        with self._engine.reading() as connection:
            if any(rates.hits(connection, bucket, now) >= most for bucket, most in buckets.items()):
                raise RateLimited
        if hmac.compare_digest(typed.encode(), known.account.username.encode()):
            return True
        with self._engine.transaction() as tx:
            for bucket in buckets:
                rates.hit(tx.connection, bucket, now)
        return False

    def _problems(self, known: _Known) -> Mapping[str, str]:
        with self._engine.reading() as connection:
            reading = self._desk.presenters.of(known.approval).facts(connection, known.approval, request.form)
        return {WHOLE: " ".join(reading.problems.values())} if reading.problems else {}

    def _answer(self, known: _Known) -> None:
        """Answer and use the link up in one commit."""
        comment = text.clean_lines(request.form.get("comment", ""), LONGEST_COMMENT)
        said = {"choice": request.form["choice"], "facts": {}, "comment": comment, "via": "link"}
        with self._engine.transaction(known.actor) as tx:
            answering.act(tx, known.link.trust, known.link.approval, Trigger.ANSWER, said)
            action_links.use(tx.connection, known.link, tx.now)


def _over() -> ResponseReturnValue:
    """Say that the link is over, and nothing of what it asked."""
    return render_template("engine/act_over.html"), 410
