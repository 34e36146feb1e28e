"""Answers to questions by mail: the address must be that of the letter, and its sender the account that was asked.

An automatic mail never answers; what is in doubt changes nothing, and the person is told so, at most three times a week
for one question. The guards are those of the page, and the first valid answer wins.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, func, select

from engine import action_links
from engine.approvals import answering
from engine.approvals.approval import STANDING, Approval, Trigger
from engine.errors import Decided, EngineError, NotAllowed, NotDeclared, Refused
from engine.letters import Letter, Recipient, Subject
from engine.mailroom import wording
from engine.mailroom.acting import House, Mail
from engine.mailroom.records import Kind, Outcome, State
from engine.outgoing.posted import about
from engine.return_addresses import Use
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.tables import approvals, outbox
from engine.text import clean_lines
from engine.transaction import Transaction

NOTICE: Final = "SYS-12-answer-by-mail"
MOST_TOLD: Final = 3
_WEEK: Final = timedelta(days=7)
_LONGEST: Final = 1000
_UNCLEAR: Final = "We could not tell from its first line which answer you mean."
_LATE: Final = "It came more than 14 days after the message that asked."
_FORM: Final = "This question needs more than an answer by mail can say."


def act(tx: Transaction, house: House, mail: Mail) -> Outcome | None:
    """Answer a question; None where nothing was asked at that address."""
    letter = mail.letter
    if letter is None or mail.row["use"] != Use.REPLY or not letter["approval"] or not letter["account"]:
        return None
    if mail.from_machine:
        sentence = f"Automatic mail answers no question ({mail.from_machine})."
        return mail.outcome(State.DONE, Kind.AUTOMATIC, sentence)
    account = _account(tx, letter)
    stranger = "" if account else "Its account is not active."
    stranger = stranger or _stranger(house, mail, account)
    if account is None or stranger:
        return mail.outcome(State.PERSON, Kind.ANSWER, f"Nothing was answered. {stranger}")
    approval = _approval(tx, letter)
    if approval is None:
        return mail.outcome(State.PERSON, Kind.ANSWER, "What it answers is not there any more.")
    return _answered(tx, house, mail, approval, account)


def believed(results: tuple[str, ...], authserv: str) -> bool:
    """Say whether the trusted relay found that the sender's domain stands for the mail (RFC 8601, RFC 7489)."""
    ours = (one for one in results if re.split(r"[\s;]", one.strip().lower(), maxsplit=1)[0] == authserv)
    return bool(re.search(r";\s*dmarc\s*=\s*pass\b", next(ours, ""), re.IGNORECASE))


def _stranger(house: House, mail: Mail, account: RowMapping | None) -> str:
    """Say why its sender is not believed to be who was asked; "" where they are."""
    writer = mail.found.from_address
    if account is None or writer != account["email"].lower():
        return f"It came from {writer or 'nobody that can be read'}, who was not asked."
    if house.inbound.authserv and not believed(mail.found.results, house.inbound.authserv):
        return "The relay did not find that it came from that domain (dmarc=pass)."
    return ""


def _answered(tx: Transaction, house: House, mail: Mail, approval: Approval, account: RowMapping) -> Outcome:
    said, trouble = _understood(tx, house, mail, approval)
    if said is None:
        return _told(tx, mail, approval, account, trouble)
    actor = directory.actor_of(tx.connection, account["trust"], account["id"], tx.now)
    comment = clean_lines(said.comment, _LONGEST)
    facts = {"choice": said.choice, "facts": {}, "comment": comment, "via": "mail"}
    point = tx.connection.begin_nested()
    try:
        answering.act(replace(tx, actor=actor), approval.trust, approval.id, Trigger.ANSWER, facts)
        point.commit()
    except (Refused, NotAllowed, NotDeclared, Decided) as refusal:
        point.rollback()
        return _told(tx, mail, approval, account, refusal.sentence)
    word = said.choice.replace("_", " ").lower()
    return mail.outcome(State.DONE, Kind.ANSWER, f"Answered by {account['name']}: {word}.")


def _understood(tx: Transaction, house: House, mail: Mail, approval: Approval) -> tuple[wording.Answer | None, str]:
    """Return what was answered, or why nothing was."""
    if mail.letter is not None and mail.letter["queued_at"] + action_links.LIFE < tx.now:
        return None, _LATE
    if approval.state not in STANDING:
        return None, answering.decided(approval).sentence
    said = wording.answer(mail.found.text, approval.choices)
    if said is None:
        return None, _UNCLEAR
    try:
        simple = house.simple(tx.connection, approval)
    except EngineError:
        simple = frozenset()
    return (said, "") if said.choice in simple else (None, _FORM)


def _told(tx: Transaction, mail: Mail, approval: Approval, account: RowMapping, why: str) -> Outcome:
    """Tell the person that nothing was done, unless they were told often enough."""
    theirs = (
        about(Subject(kind="approval", trust=approval.trust, id=approval.id)),
        outbox.c.notice == NOTICE,
        outbox.c.account == account["id"],
        outbox.c.queued_at > tx.now - _WEEK,
    )
    before = tx.connection.execute(select(func.count()).select_from(outbox).where(*theirs)).scalar_one()
    if before >= MOST_TOLD:
        return mail.outcome(State.PERSON, Kind.ANSWER, f"Nothing was answered, and its sender was told before. {why}")
    tx.post([_letter(approval, account, mail, why)])
    return mail.outcome(State.DONE, Kind.ANSWER, f"Nothing was answered; its sender was told. {why}")


def _letter(approval: Approval, account: RowMapping, mail: Mail, why: str) -> Letter:
    standing = approval.state in STANDING
    first = next((line for line in wording.own_lines(mail.found.text) if line), "")
    said: dict[str, Any] = {
        "title": approval.title,
        "why": why,
        "first_line": first[:200] or None,
        "answers": " or ".join(choice.replace("_", " ").lower() for choice in approval.choices) if standing else None,
        "worklist_link": approval.link,
    }
    return Letter(
        notice=NOTICE,
        to=Recipient(name=account["name"], email=account["email"], person=account["person"]),
        subject=approval.itself,
        organisation=approval.organisation,
        reason="You get this message because you answered a question by mail.",
        context={name: value for name, value in said.items() if value},
        approval=approval.id if standing else None,
        account=account["id"],
    )


def _account(tx: Transaction, letter: RowMapping) -> RowMapping | None:
    mine = (accounts.c.trust == letter["trust"], accounts.c.id == letter["account"], accounts.c.active)
    return tx.connection.execute(select(accounts).where(*mine)).mappings().one_or_none()


def _approval(tx: Transaction, letter: RowMapping) -> Approval | None:
    """Return the question as its letters see it: with the address of its page."""
    mine = (approvals.c.trust == letter["trust"], approvals.c.id == letter["approval"])
    row = tx.connection.execute(select(approvals.c.id).where(*mine)).first()
    if row is None:
        return None
    _workflow, kept = tx.engine.kept("approval")
    loaded = kept.load(tx.connection, letter["trust"], [letter["approval"]], tx.now)
    found: Approval | None = loaded.get(letter["approval"])  # type: ignore[assignment]
    return found
