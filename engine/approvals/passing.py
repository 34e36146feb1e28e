"""Serves what the steps of approvals ask for: letters to accounts, who has it next, and what was said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, update

from engine.approvals import attachments
from engine.approvals.records import STANDING, Approval
from engine.approvals.tables import approval_comments
from engine.effects import Effect, Pass, Remark, Tell
from engine.errors import Refused
from engine.letters import Letter, Recipient, Relevant
from engine.machine import Case, Workflow
from engine.roles import directory
from engine.roles.directory_tables import accounts, holders
from engine.tables import approvals
from engine.transaction import Handler, Transaction

NOBODY: Final = "There is no such active account in this trust."
BARRED: Final = "It cannot go to the person that it is about."
_BY_WORKFLOW: Final = {"owner": "transferred this question to you", "delegate": "asks you to answer this for them"}


def tell(tx: Transaction, asked: Sequence[tuple[Case[Any], Tell]]) -> None:
    """Serve `Tell`: one letter to each account that is active, and holds the role where one is named."""
    together: dict[tuple[str, tuple[str, str] | None], list[tuple[Case[Any], Tell]]] = defaultdict(list)
    for case, effect in asked:
        together[effect.letter.subject.trust, effect.role].append((case, effect))
    for (trust, role), group in together.items():
        wanted = {account for _, effect in group for account in effect.accounts}
        known = _active(tx, trust, wanted, role)
        for case, effect in group:
            to = [known[account] for account in effect.accounts if account in known]
            letters = [replace(effect.letter, to=recipient_of(one), account=one["id"]) for one in to]
            tx.post(letters, case.record.revision + 1)


def pass_on(tx: Transaction, asked: Sequence[tuple[Case[Approval], Pass]]) -> None:
    """Serve `Pass`: name who has it now, and write them the question's own letter.

    Raises `Refused` where the account is not an active one of the trust, or is the person that it is about.
    """
    together: dict[str, list[tuple[Case[Approval], Pass]]] = defaultdict(list)
    for case, effect in asked:
        together[effect.approval.trust].append((case, effect))
    for trust, group in together.items():
        known = _active(tx, trust, {effect.to for _, effect in group}, None)
        for _case, effect in group:
            _require(known.get(effect.to), effect)
        for case, effect in group:
            _name(tx, effect, known[effect.to])
            _write(tx, case, effect, known[effect.to])


def remark(tx: Transaction, asked: Sequence[tuple[Case[Approval], Remark]]) -> None:
    """Serve `Remark`: keep the words and name the files that came with them."""
    rows = [
        {
            "trust": effect.approval.trust,
            "approval": effect.approval.id,
            "revision": effect.revision,
            "by": case.actor.id,
            "by_name": case.actor.name,
            "at": case.now,
            "text": effect.text,
        }
        for case, effect in asked
    ]
    tx.connection.execute(insert(approval_comments), rows)
    for _case, effect in asked:
        attachments.attach(tx.connection, effect.approval, effect.revision, effect.attachments, tx.now, tx.engine.room)


def subject_cases(tx: Transaction, asked: Iterable[Approval]) -> Mapping[str, tuple[Workflow, Case[Any]]]:
    """Return by approval the case of its subject as it stands now, as the actor of this commit sees it."""
    together: dict[tuple[str, str], list[Approval]] = defaultdict(list)
    for approval in asked:
        together[approval.subject.kind, approval.trust].append(approval)
    found: dict[str, tuple[Workflow, Case[Any]]] = {}
    for (kind, trust), group in together.items():
        workflow, keep = tx.engine.kept(kind)
        records = keep.load(tx.connection, trust, tuple({one.subject.id for one in group}), tx.now)
        for one in group:
            if one.subject.id in records:
                case = Case(record=records[one.subject.id], facts={}, actor=tx.actor, now=tx.now)
                found[one.id] = (workflow, case)
    return found


def recipient_of(row: RowMapping) -> Recipient:
    """Return an account as whom letters are written to."""
    return Recipient(name=row["name"], email=row["email"], person=row["person"])


def _active(
    tx: Transaction, trust: str, wanted: Iterable[str], role: tuple[str, str] | None
) -> Mapping[str, RowMapping]:
    chosen = select(accounts).where(accounts.c.trust == trust, accounts.c.id.in_(tuple(wanted)), accounts.c.active)
    if role is not None:
        mine = (holders.c.trust == trust, holders.c.role == role[0], holders.c.organisation == role[1])
        chosen = chosen.where(accounts.c.id.in_(select(holders.c.account).where(*mine, directory.holding(tx.now))))
    return {row["id"]: row for row in tx.connection.execute(chosen).mappings()}


def _require(row: RowMapping | None, effect: Pass) -> None:
    if row is None:
        raise Refused(NOBODY)
    if effect.barred is not None and row["person"] in {None, effect.barred}:
        raise Refused(BARRED)


def _name(tx: Transaction, effect: Pass, row: RowMapping) -> None:
    same = (approvals.c.trust == effect.approval.trust, approvals.c.id == effect.approval.id)
    given = {"claimed": False} if effect.part == "owner" else {}
    named = {effect.part: row["id"], f"{effect.part}_name": row["name"], **given}
    tx.connection.execute(update(approvals).where(*same).values(**named))


def _write(tx: Transaction, case: Case[Approval], effect: Pass, row: RowMapping) -> None:
    """Write the question's own letter to its new owner or delegate; whoever is asked for information gets another."""
    does = _BY_WORKFLOW.get(effect.part)
    found = subject_cases(tx, [case.record]).get(case.record.id)
    if does is None or found is None:
        return
    workflow, about = found
    asks = workflow.states(case.record.asking)
    letter = workflow.questions[asks].letter(about, recipient_of(row), case.record.id)
    reason = f"You get this message because {case.actor.name} {does}."
    bound = replace(letter, approval=case.record.id, account=row["id"])
    tx.post([_of_the_approval(bound, case.record, reason)], case.record.revision + 1)


def _of_the_approval(letter: Letter, approval: Approval, reason: str) -> Letter:
    """Return the letter as one of the approval's own journal, true while an answer is wanted."""
    standing = Relevant(name="still_in", facts={"states": [str(state) for state in STANDING]})
    return replace(letter, subject=approval.itself, reason=reason, relevant=standing)


HANDLERS: Final[Mapping[type[Effect], Handler]] = {Tell: tell, Pass: pass_on, Remark: remark}
