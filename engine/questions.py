"""Opens an approval when a state that asks is entered, and closes it when the state is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Table, select

from engine import absences, directory
from engine.approvals import KIND, Approval, Status, Trigger
from engine.directory_tables import accounts, holders, roles
from engine.effects import Ask, Close
from engine.errors import Missing, NotAllowed, NotDeclared, Refused
from engine.letters import Letter, Recipient, Subject
from engine.machine import Case, Decision, Question, Workflow
from engine.routing import Automatic, Holder, Matter, Route, route
from engine.tables import approvals
from engine.transaction import Transaction

NOT_ALLOCATED: Final = "The role is not allocated here, and the workflow has no fallback."
_Allocated = Mapping[str, Iterable[Holder]]


class Approvals:
    """Where approvals are kept (`Keep`)."""

    table: Table = approvals

    def load(self, connection: Connection, trust: str, ids: Sequence[str], _now: datetime) -> Mapping[str, Approval]:
        """Return approvals by id."""
        chosen = select(approvals).where(approvals.c.trust == trust, approvals.c.id.in_(ids))
        return {row["id"]: read(row) for row in connection.execute(chosen).mappings()}

    def draft(self, _connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Approval:
        """Return the approval that a question opens; `facts["approval"]` has its fields."""
        return Approval(trust=trust, id=identifier, **facts["approval"])

    def row(self, case: Case[Approval], _decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new approval."""
        opened = case.record
        return {
            "kind": opened.subject.kind,
            "subject": opened.subject.id,
            "subject_revision": opened.subject_revision,
            "subject_person": opened.subject_person,
            "title": opened.title,
            "role": opened.role,
            "choices": list(opened.choices),
            "lapse": opened.lapse,
            "opened_at": opened.opened_at,
            "due_at": opened.due_at,
        }

    def changes(self, case: Case[Approval], decision: Decision) -> Mapping[str, Any]:
        """Return when it was closed, and who answered what."""
        closed = {"closed_at": case.now}
        if decision.step.trigger is not Trigger.ANSWER:
            return closed
        answer = {"choice": case.facts["choice"], "comment": case.facts.get("comment")}
        return {**closed, **answer, "answered_by": case.actor.id, "answered_by_name": case.actor.name}


def read(row: RowMapping) -> Approval:
    """Make a stored row an approval."""
    return Approval(
        trust=row["trust"],
        id=row["id"],
        organisation=row["organisation"],
        subject=Subject(kind=row["kind"], trust=row["trust"], id=row["subject"]),
        subject_revision=row["subject_revision"],
        subject_person=row["subject_person"],
        title=row["title"],
        role=row["role"],
        choices=tuple(row["choices"]),
        lapse=row["lapse"],
        opened_at=row["opened_at"],
        due_at=row["due_at"],
        state=Status(row["state"]),
        revision=row["revision"],
        head=row["head"],
        choice=row["choice"],
        answered_by_name=row["answered_by_name"],
        closed_at=row["closed_at"],
        comment=row["comment"],
    )


def allocations(connection: Connection, trust: str, role: str, organisations: Iterable[str]) -> _Allocated:
    """Return the holders of a role at each of these organisations where it is allocated, in one round trip."""
    on_account = (accounts.c.trust == holders.c.trust) & (accounts.c.id == holders.c.account) & accounts.c.active
    on_role = (
        (holders.c.trust == roles.c.trust)
        & (holders.c.role == roles.c.role)
        & (holders.c.organisation == roles.c.organisation)
        & holders.c.enabled
    )
    chosen = (
        select(
            roles.c.organisation,
            holders.c.account,
            holders.c.starts_at,
            holders.c.ends_at,
            accounts.c.name,
            accounts.c.email,
            accounts.c.person,
        )
        .select_from(roles.outerjoin(holders, on_role).outerjoin(accounts, on_account))
        .where(
            roles.c.trust == trust,
            roles.c.role == role,
            roles.c.enabled,
            roles.c.organisation.in_(tuple(organisations)),
        )
    )
    found: dict[str, list[Holder]] = defaultdict(list)
    for row in connection.execute(chosen.order_by(accounts.c.name)).mappings():
        here = found[row["organisation"]]
        if row["email"] is not None:
            here.append(_holder(row))
    return found


def ask(tx: Transaction, asked: Sequence[tuple[Case[Any], Ask]]) -> None:
    """Serve `Ask`: open one approval for each subject, or take the workflow's fallback."""
    together: dict[tuple[str, str, StrEnum], list[tuple[Case[Any], Ask]]] = defaultdict(list)
    for case, effect in asked:
        together[effect.subject.kind, effect.subject.trust, effect.state].append((case, effect))
    for (kind, trust, state), group in together.items():
        workflow, _keep = tx.engine.kept(kind)
        role = workflow.questions[state].role
        places = {organisation for case, _ in group for organisation in case.record.organisations}
        allocated = allocations(tx.connection, trust, role, places)
        rules = absences.standing(tx.connection, trust, tx.now)
        for case, effect in group:
            matter = matter_of(workflow, case, effect.state, allocated if rules else {})
            found = route(case.record.organisations, allocated, matter, rules)
            _open(tx, workflow, case, effect, found)


def matter_of(workflow: Workflow, case: Case[Any], state: StrEnum, allocated: _Allocated) -> Matter:
    """Return what routing needs to know of the question that a case's state asks."""
    anybody = next((holder.recipient for holders in allocated.values() for holder in holders), None)
    return Matter(
        now=case.now,
        kind=workflow.kind,
        notice=workflow.questions[state].letter(case, anybody, "").notice if anybody else None,
        choices=tuple(map(str, workflow.answers(state))),
        about=case.record.person,
        sender=None if case.actor.system else case.actor.id,
    )


def close(tx: Transaction, closed: Sequence[tuple[Case[Any], Close]]) -> None:
    """Serve `Close`: cancel what is still asked about these subjects."""
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for _case, effect in closed:
        together[effect.subject.trust, effect.subject.kind].append(effect.subject.id)
    for (trust, kind), subjects in together.items():
        still = select(approvals.c.id).where(
            approvals.c.trust == trust,
            approvals.c.kind == kind,
            approvals.c.subject.in_(subjects),
            approvals.c.state.in_((Status.OPEN, Status.ERROR)),
        )
        found = tx.connection.execute(still).scalars().all()
        if found:
            tx.fire_many(KIND, trust, Trigger.CANCEL, {identifier: {} for identifier in found})


def _open(tx: Transaction, workflow: Workflow, case: Case[Any], effect: Ask, found: Route | None) -> None:
    question = workflow.questions[effect.state]
    if found is None and question.fallback is not None:
        tx.fire(effect.subject, question.fallback, {"reason": f"The role {question.role} is not allocated here."})
        return
    approval = {
        "organisation": found.organisation if found else case.record.organisation,
        "subject": effect.subject,
        "subject_revision": effect.revision,
        "subject_person": case.record.person,
        "title": question.title(case),
        "role": question.role,
        "choices": tuple(map(str, workflow.answers(effect.state))),
        "opened_at": tx.now,
        "due_at": question.due(case),
        "lapse": str(question.lapse) if question.lapse else None,
    }
    routed = found or Route(organisation=case.record.organisation, trouble=NOT_ALLOCATED)
    opened = tx.start(KIND, effect.subject.trust, Trigger.OPEN, {"approval": approval, **routed.as_facts()})
    if routed.answer is None or not _answered(tx, opened.subject, routed.answer):
        tx.post([_letter(question, case, routed, to, opened.subject.id) for to in routed.holders], opened.revision)


def _letter(question: Question, case: Case[Any], routed: Route, to: Holder, approval: str) -> Letter:
    """Return the letter to one who is asked; whoever stands in does not hold the role, and is told why they get it."""
    letter = question.letter(case, to.recipient, approval)
    passed = next((one.sentence for one in routed.forwards if one.to == to.account), "")
    return replace(letter, reason=f"You get this message because {passed}") if passed else letter


def _answered(tx: Transaction, approval: Subject, automatic: Automatic) -> bool:
    """Answer at once by an absence rule; say whether it did, for a guard may refuse, and then a person decides."""
    said = {"choice": automatic.choice, "comment": "Answered at once by an absence rule.", "rule": automatic.rule}
    try:
        actor = directory.actor_of(tx.connection, approval.trust, automatic.account, tx.now)
        with tx.connection.begin_nested():
            replace(tx, actor=actor).fire(approval, Trigger.ANSWER, said)
    except (Missing, NotAllowed, NotDeclared, Refused):
        return False
    return True


def _holder(row: RowMapping) -> Holder:
    to = Recipient(name=row["name"], email=row["email"], person=row["person"])
    return Holder(account=row["account"], recipient=to, starts_at=row["starts_at"], ends_at=row["ends_at"])


HANDLERS = {Ask: ask, Close: close}
