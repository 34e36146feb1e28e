"""A small sound bundle for tests of the model checks: a book that is asked for, lent, reminded of and returned."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from engine.checking.findings import Bundle, Severity
from engine.checking.soundness import check
from engine.effects import Ask, Close, Effect, Schedule, Unschedule
from engine.exploring import Bare, Examples
from engine.letters import Letter, Recipient, Relevant, Subject
from engine.machine import SELF, Case, Notice, Question, Step, Workflow, guard
from engine.timing import timers

NOW = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
REASON = {"reason": "It is needed."}


class Loan(StrEnum):
    """Where a book is."""

    ASKED = "ASKED"
    LENT = "LENT"
    BACK = "BACK"
    REFUSED = "REFUSED"


class Turn(StrEnum):
    """What happens to it."""

    ASK = "ASK"
    LEND = "LEND"
    REFUSE = "REFUSE"
    REMIND = "REMIND"
    RETURN = "RETURN"


def subject(case: Case[Any]) -> Subject:
    return Subject(kind="loan", trust=case.record.trust, id=case.record.id)


def letter(case: Case[Any], to: Recipient, notice: str = "LRN-17-course-completed") -> Letter:
    return Letter(
        notice=notice,
        to=to,
        subject=subject(case),
        organisation="ward",
        reason="You borrowed it.",
        context={"course": "A book", "completed_at": NOW.isoformat(), "learning_link": "https://a.example/"},
        relevant=Relevant(name="still_in", facts={"states": ["LENT"]}),
    )


def told(case: Case[Any]) -> Iterator[Letter]:
    yield letter(case, Recipient(name="Lin Chen", email="lin@trust.example"))


def remember(case: Case[Any]) -> Iterator[Effect]:
    yield Schedule(key="loan/remind", subject=subject(case), trigger=Turn.REMIND, at=case.now + timedelta(days=14))


def forget(case: Case[Any]) -> Iterator[Effect]:
    yield Unschedule(trust=case.record.trust, key="loan/remind")


@guard("Say why.")
def said_why(case: Case[Any]) -> bool:
    return bool(case.facts.get("reason"))


QUESTION = Question(role="librarian", title=lambda _case: "A loan", letter=lambda case, to, _approval: letter(case, to))
LIBRARIAN = {"sources": (Loan.ASKED,), "by": ("librarian",), "answer": True}
THANKS = Notice("LRN-17-course-completed", told)
STEPS = {
    "ask": Step(id="ask", trigger=Turn.ASK, sources=(), target=Loan.ASKED, by=(SELF,)),
    "lend": Step(id="lend", trigger=Turn.LEND, target=Loan.LENT, effects=remember, **LIBRARIAN),
    "refuse": Step(id="refuse", trigger=Turn.REFUSE, target=Loan.REFUSED, when=(said_why,), **LIBRARIAN),
    "remind": Step(id="remind", trigger=Turn.REMIND, sources=(Loan.LENT,), target=Loan.LENT, effects=remember),
    "return": Step(
        id="return",
        trigger=Turn.RETURN,
        sources=(Loan.LENT,),
        target=Loan.BACK,
        by=(SELF,),
        effects=forget,
        notices=(THANKS,),
    ),
}
LOAN = Workflow(
    kind="loan",
    title="Loan",
    states=Loan,
    triggers=Turn,
    steps=tuple(STEPS.values()),
    questions={Loan.ASKED: QUESTION},
    finals=(Loan.BACK, Loan.REFUSED),
)
EXAMPLES = Examples(records=(Bare(state=None),), facts={Turn.REFUSE: ({}, REASON)}, now=NOW)


def opened(tx: Any, asked: Any) -> None:
    """Serve what the spine asks."""


def bundle(workflow: Workflow = LOAN, **changes: Any) -> Bundle:
    handlers = {Schedule: timers.schedule, Unschedule: timers.unschedule, Ask: opened, Close: opened}
    return Bundle(workflows=(workflow,), **{"handlers": handlers, "examples": {"loan": EXAMPLES}, **changes})


def with_step(name: str, **changes: Any) -> Workflow:
    return replace(LOAN, steps=tuple(replace(step, **changes) if step.id == name else step for step in LOAN.steps))


def found(wrong: Bundle, severity: Severity = Severity.ERROR) -> dict[str, str]:
    """Return what is found in the loan, by place; effects of the whole program are not this bundle's."""
    ours = (one for one in check(wrong).findings if one.workflow == "loan" and one.severity is severity)
    return {one.place: one.sentence for one in ours}
