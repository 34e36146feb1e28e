"""Opens an approval when a state that asks is entered, and closes it when the state is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select, update

from engine.approvals import opening, passing, periods, unheard
from engine.approvals.approval import KIND, STANDING, Approval, Status, Trigger
from engine.approvals.keep import Approvals, read
from engine.effects import Ask, AskAgain, AskNext, Close, Effect
from engine.errors import Missing, NotAllowed, NotDeclared, Refused
from engine.letters import Letter, Recipient, Subject
from engine.machine import Case, Question, Workflow
from engine.roles import absences, directory
from engine.roles.directory_tables import accounts, holders, roles
from engine.roles.routing import NOBODY_ACTIVE, Automatic, Holder, Matter, Route, route
from engine.tables import approvals
from engine.transaction import Handler, Transaction

__all__ = ["HANDLERS", "Approvals", "allocations", "ask", "close", "read"]

NOT_ALLOCATED: Final = "The role is not allocated here, and the workflow has no fallback."
_Allocated = Mapping[str, Iterable[Holder]]


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
    together: dict[tuple[str, str, StrEnum, str], list[tuple[Case[Any], Ask]]] = defaultdict(list)
    for case, effect in asked:
        question = tx.engine.kept(effect.subject.kind)[0].questions[effect.state]
        role = effect.fields.get("role", question.role)
        together[effect.subject.kind, effect.subject.trust, effect.state, role].append((case, effect))
    for (kind, trust, state, role), group in together.items():
        workflow, _keep = tx.engine.kept(kind)
        places = {organisation for case, _ in group for organisation in case.record.organisations}
        chosen = periods.set_by(tx.connection, trust, kind, state, places)
        allocated = allocations(tx.connection, trust, role, places)
        rules = absences.standing(tx.connection, trust, tx.now)
        for case, effect in group:
            matter = matter_of(workflow, case, effect.state, allocated if rules else {})
            matter = replace(matter, sender=effect.fields.get("sender", matter.sender))
            found = route((effect.place,) if effect.place else case.record.organisations, allocated, matter, rules)
            waits = periods.nearest(workflow.questions[state], case.record.organisations, chosen)
            waiting = replace(effect, fields={**waits.as_fields(tx.now), **effect.fields})
            _open(tx, workflow, case, waiting, found)


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
    together: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for case, effect in closed:
        together[effect.subject.trust, effect.subject.kind][effect.subject.id] = case.actor.id
    for (trust, kind), subjects in together.items():
        still = select(approvals.c.id, approvals.c.subject).where(
            approvals.c.trust == trust,
            approvals.c.kind == kind,
            approvals.c.subject.in_(tuple(subjects)),
            approvals.c.state.in_(STANDING),
        )
        found = tx.connection.execute(still).all()
        if found:
            tx.fire_many(KIND, trust, Trigger.CANCEL, {row.id: {"by": subjects[row.subject]} for row in found})


def ask_next(tx: Transaction, asked: Sequence[tuple[Case[Approval], AskNext]]) -> None:
    """Serve `AskNext`: put the question to the next level, with what was due still due."""
    waited = {case.record.id: case.record for case, _effect in asked}
    cases = passing.subject_cases(tx, waited.values())
    ask(tx, [(case, _at_the_next_level(workflow, waited[one])) for one, (workflow, case) in cases.items()])


def ask_again(tx: Transaction, asked: Sequence[tuple[Case[Approval], AskAgain]]) -> None:
    """Serve `AskAgain`: look for holders once more; raises `Refused` where there is still nobody."""
    failed = {case.record.id: case.record for case, _effect in asked}
    cases = passing.subject_cases(tx, failed.values())
    ask(tx, [(case, _once_more(workflow, failed[one])) for one, (workflow, case) in cases.items()])


def _open(tx: Transaction, workflow: Workflow, case: Case[Any], effect: Ask, found: Route | None) -> None:
    question = workflow.questions[effect.state]
    if found is None and question.fallback is not None and effect.place is None:
        tx.fire(effect.subject, question.fallback, {"reason": f"The role {question.role} is not allocated here."})
        return
    routed = found or Route(organisation=effect.place or case.record.organisation, trouble=NOT_ALLOCATED)
    opened = _opened(tx, opening.fields(workflow, case, effect, routed), effect, routed)
    if routed.answer is None or not _answered(tx, opened, routed.answer):
        tx.post([_letter(question, case, routed, to, opened.id) for to in routed.holders], effect.revision)


def _opened(tx: Transaction, fields: Mapping[str, Any], effect: Ask, routed: Route) -> Subject:
    """Start the approval, or bring the one that nobody could be asked to those who are found now."""
    if effect.again is None:
        return _started(tx, fields, effect.subject.trust, routed)
    if not routed.holders or routed.trouble:
        raise Refused(routed.trouble or NOBODY_ACTIVE)
    same = (approvals.c.trust == effect.subject.trust, approvals.c.id == effect.again)
    tx.connection.execute(update(approvals).where(*same).values(**opening.reached(routed)))
    return Subject(kind=KIND, trust=effect.subject.trust, id=effect.again)


def _started(tx: Transaction, fields: Mapping[str, Any], trust: str, routed: Route) -> Subject:
    """Start the approval; where nobody could be asked, what it says of its way tells that it went up at once."""
    trouble = routed.trouble or ("" if routed.holders else NOBODY_ACTIVE)
    if trouble and unheard.goes_up(tx, Approval(trust=trust, id="", **fields)):
        routed = replace(routed, trouble=f"{trouble} {unheard.AT_ONCE}")
    opened = tx.start(KIND, trust, Trigger.OPEN, {"approval": fields, **routed.as_facts()})
    if opened.target is Status.ERROR:
        unheard.nobody_asked(tx, Approval(trust=trust, id=opened.subject.id, **fields), trouble or NOBODY_ACTIVE)
    return opened.subject


def _at_the_next_level(workflow: Workflow, waited: Approval) -> Ask:
    role, place = waited.above or (waited.role, waited.organisation)
    rest = waited.escalation if role == waited.role else waited.escalation[waited.escalation.index(role) + 1 :]
    kept = {"due_at": waited.due_at, "sender": waited.sender, "level": waited.level + 1, "before": waited.id}
    return Ask(
        subject=waited.subject,
        revision=waited.subject_revision,
        state=workflow.states(waited.asking),
        place=place,
        fields={"role": role, "escalation": rest, **kept},
    )


def _once_more(workflow: Workflow, failed: Approval) -> Ask:
    return Ask(
        subject=failed.subject,
        revision=failed.subject_revision,
        state=workflow.states(failed.asking),
        place=failed.organisation if failed.level else None,
        fields={"role": failed.role},
        again=failed.id,
    )


def _letter(question: Question, case: Case[Any], routed: Route, to: Holder, approval: str) -> Letter:
    """Return the letter to one who is asked; whoever stands in does not hold the role, and is told why they get it."""
    letter = replace(question.letter(case, to.recipient, approval), approval=approval, account=to.account)
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


HANDLERS: Final[Mapping[type[Effect], Handler]] = {
    Ask: ask,
    Close: close,
    AskNext: ask_next,
    AskAgain: ask_again,
    **passing.HANDLERS,
}
