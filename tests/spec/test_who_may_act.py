"""Who may do what with an approval: every pair of a person and a state of ownership, and what follows for each act."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.approvals import duties
from engine.approvals.approval import WORKFLOW, Approval, Status, Trigger
from engine.letters import Subject
from engine.machine import Actor, Case

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROLE, WARD = "leave-approver", "ward-7"
HELD = frozenset({(ROLE, WARD)})
PEOPLE = {
    "holder": Actor(id="holder", name="Holder", person="holder", grants=HELD),
    "above": Actor(id="above", name="Above", person="above", grants=frozenset({(ROLE, "trust")})),
    "owner": Actor(id="owner", name="Owner", person="owner"),
    "delegate": Actor(id="delegate", name="Delegate", person="delegate"),
    "asked": Actor(id="asked", name="Asked", person="asked"),
    "subject": Actor(id="subject", name="Subject", person="lin", grants=HELD),
    "stranger": Actor(id="stranger", name="Stranger", person="stranger"),
}
SAYS: dict[str, Any] = {
    "choice": "GRANT",
    "to": "colleague",
    "of": "colleague",
    "question": "?",
    "answer": "!",
    "comment": ".",
}
STANDS = {
    "role's": {},
    "owned": {"owner": "owner"},
    "delegated": {"owner": "owner", "delegate": "delegate"},
    "waiting": {"owner": "owner", "asked_by": "owner", "asked_of": "asked", "state": Status.MORE_INFO},
    "unreached": {"state": Status.ERROR},
    "lost": {"owner": "owner", "claimed": True},
    "stand-in": {"delegate": "delegate"},
}

# Who may do it, by how it stands; nobody else may.
MAY = """
    .           role's  owned  delegated       waiting      unreached  lost   stand-in
    CLAIM       holder  -      -               -            -          -      holder
    RELEASE     -       owner  owner           -            -          owner  -
    DELEGATE    holder  owner  owner,delegate  -            -          -      holder,delegate
    TAKE_BACK   -       -      owner           owner        -          -      -
    TRANSFER    holder  owner  owner           -            -          -      holder
    ASK         holder  owner  owner,delegate  -            -          -      holder,delegate
    REPLY       -       -      -               asked        -          -      -
    COMMENT     holder  owner  owner,delegate  owner,asked  holder     -      holder,delegate
    ANSWER      holder  owner  owner,delegate  -            holder     -      holder,delegate
"""


def approval(**fields: Any) -> Approval:
    known = {"state": Status.OPEN, "revision": 1, **fields}
    return Approval(
        trust="trust",
        id="a",
        organisation=WARD,
        subject=Subject(kind="leave", trust="trust", id="l"),
        subject_revision=1,
        subject_person="lin",
        title="Leave for lin",
        role=ROLE,
        choices=("GRANT", "DENY"),
        opened_at=NOW,
        sender="sender",
        **known,
    )


def able(actor: Actor, record: Approval) -> set[str]:
    return set(map(str, WORKFLOW.possible(Case(record=record, facts=SAYS, actor=actor, now=NOW))))


def table() -> list[Any]:
    head, *rows = [line.split() for line in MAY.strip().splitlines()]
    cells = [(row[0], how, cell) for row in rows for how, cell in zip(head[1:], row[1:], strict=True)]
    return [
        pytest.param(trigger, how, who, cell.split(","), id=f"{who}-{trigger}-{how}")
        for trigger, how, cell in cells
        for who in PEOPLE
    ]


@pytest.mark.parametrize(("trigger", "how", "who", "those"), table())
def test_only_those_whose_it_is_may_act(trigger: str, how: str, who: str, those: list[str]) -> None:
    assert (trigger in able(PEOPLE[who], approval(**STANDS[how]))) is (who in those)


names = st.sampled_from([None, *PEOPLE])


@given(
    owner=names, delegate=names, asked_of=names, state=st.sampled_from([Status.OPEN, Status.MORE_INFO, Status.ERROR])
)
def test_the_person_it_is_about_never_answers_nor_hands_it_on(owner, delegate, asked_of, state):
    record = approval(owner=owner, delegate=delegate, asked_of=asked_of, asked_by="owner", state=state)

    done = able(PEOPLE["subject"], record)

    assert not done & {Trigger.CLAIM, Trigger.DELEGATE, Trigger.TRANSFER, Trigger.ASK, Trigger.ANSWER}


@given(owner=names, delegate=names, who=st.sampled_from(sorted(PEOPLE)))
def test_whoever_may_answer_is_owner_or_delegate_or_holds_what_nobody_owns(owner, delegate, who):
    record, actor = approval(owner=owner, delegate=delegate), PEOPLE[who]

    if Trigger.ANSWER in able(actor, record):
        assert who in {owner, delegate} or (owner is None and who == "holder")
        assert duties.acts(actor, record)


@pytest.mark.parametrize("trigger", [Trigger.DELEGATE, Trigger.TRANSFER])
@pytest.mark.parametrize("to", ["sender", "holder", "", None])
def test_it_goes_neither_to_the_sender_nor_to_oneself_nor_to_nobody(trigger: Trigger, to: str | None) -> None:
    case = Case(record=approval(), facts={"to": to}, actor=PEOPLE["holder"], now=NOW)

    assert trigger not in WORKFLOW.possible(case)
