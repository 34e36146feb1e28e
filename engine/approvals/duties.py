"""Who may do what with an approval, and when: the guards of its steps, which say in one sentence why not. Pure.

It is never for the subject's own person, nor for an account of which nobody knows whose it is; who they are that it is
passed on to is looked at by `passing`.
"""

from __future__ import annotations

from engine.approvals.records import Approval
from engine.machine import Actor, Case, guard


def acts(actor: Actor, approval: Approval) -> bool:
    """Say whether it is this actor's: its owner, its delegate, or, while nobody owns it, a holder of the role.

    Who claimed it owns it as long as they hold the role; who was given it owns it without.
    """
    if actor.id == approval.owner:
        return not approval.claimed or holds(actor, approval)
    return actor.id == approval.delegate or (approval.owner is None and holds(actor, approval))


def concerns(actor: Actor, approval: Approval) -> bool:
    """Say whether this actor is the subject's own person, or may be: an account without a person could be anybody's."""
    return not actor.system and approval.subject_person is not None and actor.person in {None, approval.subject_person}


def holds(actor: Actor, approval: Approval) -> bool:
    """Say whether the actor holds the role where it was found."""
    return actor.may((approval.role,), (approval.organisation,))


@guard("This was asked of another role, or of somebody else.")
def may_act(case: Case[Approval]) -> bool:
    """Hold where it is the actor's to answer; the system answers by the rules of whoever is absent."""
    return case.actor.system or acts(case.actor, case.record)


@guard("You cannot answer a question about yourself; an account that is tied to no person answers none about people.")
def about_somebody_else(case: Case[Approval]) -> bool:
    """Hold where the subject's own person is somebody else."""
    return not concerns(case.actor, case.record)


@guard("This is not one of the choices.")
def is_a_choice(case: Case[Approval]) -> bool:
    """Hold where the answer is one of those that were asked for."""
    return case.facts.get("choice") in case.record.choices


@guard("Nobody active holds the role.")
def has_a_holder(case: Case[Approval]) -> bool:
    """Hold where the facts name at least one holder, and no trouble on the way to them."""
    return bool(case.facts.get("holders")) and not case.facts.get("trouble")


@guard("Somebody owns this already.")
def unowned(case: Case[Approval]) -> bool:
    """Hold where nobody owns it yet."""
    return case.record.owner is None


@guard("Only a holder of the role may claim this.")
def holds_the_role(case: Case[Approval]) -> bool:
    """Hold where the actor holds the role where it was found; a stand-in answers, and claims nothing."""
    return holds(case.actor, case.record)


@guard("Only its owner may do this.")
def owns(case: Case[Approval]) -> bool:
    """Hold where the actor owns it; the system gives back what its owner may not answer any more."""
    return case.record.owner == case.actor.id or (case.actor.system and case.record.owner is not None)


@guard("Only its owner may pass the ownership on.")
def may_give_away(case: Case[Approval]) -> bool:
    """Hold where the actor owns it, or where nobody does and the actor holds the role; a delegate does not."""
    approval, actor = case.record, case.actor
    unowned = approval.owner is None and holds(actor, approval)
    return actor.system or unowned or (approval.owner == actor.id and acts(actor, approval))


@guard("It is not delegated to anybody.")
def delegated(case: Case[Approval]) -> bool:
    """Hold where somebody acts for the owner."""
    return case.record.delegate is not None


@guard("Say to whom.")
def names_somebody(case: Case[Approval]) -> bool:
    """Hold where the facts name an account to pass it on to."""
    return isinstance(case.facts.get("to"), str) and bool(case.facts["to"])


@guard("They have it already.")
def to_somebody_else(case: Case[Approval]) -> bool:
    """Hold where it goes to another account than the actor's, the owner's or the delegate's."""
    return case.facts.get("to") not in {case.actor.id, case.record.owner, case.record.delegate}


@guard("They own it already.")
def to_another_owner(case: Case[Approval]) -> bool:
    """Hold where another account than the present one is to own it; a delegate may become the owner."""
    return case.facts.get("to") != case.record.owner and case.facts.get("to") != case.actor.id


@guard("It cannot go to whoever asked for this.")
def not_to_the_sender(case: Case[Approval]) -> bool:
    """Hold where it does not go to the account that brought the subject to where it asks."""
    return case.facts.get("to") != case.record.sender


@guard("Say whom to ask, and what.")
def asks_somebody(case: Case[Approval]) -> bool:
    """Hold where the facts name another account and a question."""
    of = case.facts.get("of")
    return bool(of) and of != case.actor.id and bool(_said(case, "question"))


@guard("You are not the one who was asked.")
def is_asked(case: Case[Approval]) -> bool:
    """Hold where the actor is whose information is waited for."""
    return case.record.asked_of == case.actor.id


@guard("You did not ask for this information.")
def asked_or_owns(case: Case[Approval]) -> bool:
    """Hold where the actor asked, or owns the approval; the system does it for whoever left."""
    return case.actor.system or case.actor.id in {case.record.asked_by, case.record.owner}


@guard("Write an answer.")
def has_an_answer(case: Case[Approval]) -> bool:
    """Hold where the facts carry an answer in words."""
    return bool(_said(case, "answer"))


@guard("Write a comment, or attach a file.")
def says_something(case: Case[Approval]) -> bool:
    """Hold where the facts carry a comment or an attachment."""
    return bool(_said(case, "comment") or case.facts.get("attachments"))


@guard("This was asked of somebody else.")
def takes_part(case: Case[Approval]) -> bool:
    """Hold where the actor may act, or is asked for information."""
    return (may_act(case) and about_somebody_else(case)) or is_asked(case)


@guard("It was reminded of often enough.")
def reminders_left(case: Case[Approval]) -> bool:
    """Hold while the reminders are not used up."""
    return case.record.reminded < case.record.reminders


@guard("There is no next level.")
def has_a_level_above(case: Case[Approval]) -> bool:
    """Hold where another version of the role, or another role, may be asked next."""
    return case.record.above is not None


@guard("Its due date has passed.")
def not_due_yet(case: Case[Approval]) -> bool:
    """Hold before the due date, also where a scheduler that was stopped makes up for what it missed."""
    return case.record.due_at is None or case.now < case.record.due_at


@guard("It has a due date, or no default outcome.")
def ends_here(case: Case[Approval]) -> bool:
    """Hold where nothing but the end of the escalation would ever end it."""
    return case.record.due_at is None and case.record.lapse is not None


def _said(case: Case[Approval], name: str) -> str:
    return str(case.facts.get(name) or "").strip()
