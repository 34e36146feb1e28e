"""What each step of an approval writes: timers, letters, who has it next, and the answer's own step. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from engine import text
from engine.approvals import letters
from engine.approvals.records import Approval, Trigger
from engine.effects import AskAgain, AskNext, Effect, Fire, Pass, Remark, Schedule, Tell, Unschedule
from engine.letters import Letter
from engine.machine import Case

LONGEST_REASON: Final = 2000


def opened(case: Case[Approval]) -> Iterator[Effect]:
    """Schedule the reminder, the escalation and the end."""
    yield from _next_reminder(case, 0)
    yield from unreached(case)


def unreached(case: Case[Approval]) -> Iterator[Effect]:
    """Schedule the escalation and the end of what nobody could be asked: there is nobody to remind."""
    approval = case.record
    _remind, escalate, lapse = approval.timers
    if approval.escalates_at is not None:
        yield _timer(approval, escalate, Trigger.ESCALATE, case.record.escalates_at)
    if approval.due_at is not None and approval.lapse is not None:
        yield _timer(approval, lapse, Trigger.LAPSE, approval.due_at)


def answered(case: Case[Approval]) -> Iterator[Effect]:
    """Fire the choice at the subject, in the name of whoever answered and in the role that was asked."""
    said: Mapping[str, Any] = case.facts.get("facts") or {}
    comment = case.facts.get("comment") or ""
    yield from _no_timers(case)
    yield from _remark(case, comment)
    reason = comment or text.clean_lines(str(said.get("reason") or ""), LONGEST_REASON)
    facts = {**said, "reason": reason, "approval": case.record.id}
    lent = frozenset({(case.record.in_role, case.record.subject_organisation)})
    yield Fire(subject=case.record.subject, trigger=case.facts["choice"], facts=facts, as_actor=True, lent=lent)


def canceled(case: Case[Approval]) -> Iterator[Effect]:
    """Forget the timers, and tell everybody who was asked, but not who moved the subject on: `facts["by"]`."""
    yield from _no_timers(case)
    yield from _tell_all(case)


def lapsed(case: Case[Approval]) -> Iterator[Effect]:
    """Take the default outcome."""
    approval = case.record
    yield from _no_timers(case)
    if approval.lapse is not None:
        reason = "Nobody answered by the due date."
        yield Fire(subject=approval.subject, trigger=approval.lapse, facts={"reason": reason})


def escalated(case: Case[Approval]) -> Iterator[Effect]:
    """Ask the next level, and tell those who were asked that they need not answer."""
    yield from _no_timers(case)
    yield from _tell_all(case)
    yield AskNext(approval=case.record.itself)


def reminded(case: Case[Approval]) -> Iterator[Effect]:
    """Remind whoever has it, or else all who were told and hold the role, and schedule the next reminder."""
    approval = case.record
    has_it = approval.asked_of or approval.delegate or approval.owner
    role = None if has_it else (approval.role, approval.organisation)
    yield Tell(accounts=(has_it,) if has_it else approval.told, letter=letters.reminder(case), role=role)
    yield from _next_reminder(case, approval.reminded + 1)


def delegated(case: Case[Approval]) -> Iterator[Effect]:
    """Let another account act for the owner."""
    yield from _passed_on(case, "delegate")


def transferred(case: Case[Approval]) -> Iterator[Effect]:
    """Let another account own it."""
    yield from _passed_on(case, "owner")


def asked(case: Case[Approval]) -> Iterator[Effect]:
    """Ask an account for information."""
    of = case.facts["of"]
    yield Pass(approval=case.record.itself, to=of, part="asked_of")
    yield from _remark(case, case.facts["question"])
    yield from _tell(letters.more_information(case), of)


def replied(case: Case[Approval]) -> Iterator[Effect]:
    """Tell the one who asked."""
    yield from _remark(case, case.facts["answer"])
    yield from _tell(letters.information_given(case), case.record.asked_by)


def commented(case: Case[Approval]) -> Iterator[Effect]:
    """Keep the comment and its files."""
    yield from _remark(case, case.facts.get("comment") or "")


def vacated(case: Case[Approval]) -> Iterator[Effect]:
    """Remind nobody; the escalation and the end stand."""
    yield Unschedule(trust=case.record.trust, key=case.record.timers[0])


def retried(case: Case[Approval]) -> Iterator[Effect]:
    """Look for holders again, and remind them from now on."""
    yield AskAgain(approval=case.record.itself)
    yield from _next_reminder(case, case.record.reminded)


def _passed_on(case: Case[Approval], part: str) -> Iterator[Effect]:
    approval = case.record
    yield Pass(approval=approval.itself, to=case.facts["to"], part=part, barred=approval.subject_person)
    yield from _remark(case, case.facts.get("comment") or "")


def _remark(case: Case[Approval], text: str) -> Iterator[Effect]:
    attachments = tuple(case.facts.get("attachments") or ())
    if text or attachments:
        approval = case.record
        revision = approval.revision + 1
        yield Remark(approval=approval.itself, revision=revision, text=text, attachments=attachments)


def _tell(letter: Letter, *accounts: str | None) -> Iterator[Effect]:
    known = tuple(dict.fromkeys(account for account in accounts if account))
    if known:
        yield Tell(accounts=known, letter=letter)


def _tell_all(case: Case[Approval]) -> Iterator[Effect]:
    approval = case.record
    everybody = (*approval.told, approval.owner, approval.delegate, approval.asked_of)
    return _tell(letters.cancelled(case), *(account for account in everybody if account != case.facts.get("by")))


def _next_reminder(case: Case[Approval], reminded: int) -> Iterator[Effect]:
    approval = case.record
    at = case.now + timedelta(minutes=approval.remind_minutes)
    if reminded < approval.reminders and (approval.due_at is None or at < approval.due_at):
        yield _timer(approval, approval.timers[0], Trigger.REMIND, at)


def _timer(approval: Approval, key: str, trigger: Trigger, at: Any) -> Schedule:
    return Schedule(key=key, subject=approval.itself, trigger=trigger, at=at)


def _no_timers(case: Case[Approval]) -> Iterator[Effect]:
    for key in case.record.timers:
        yield Unschedule(trust=case.record.trust, key=key)
