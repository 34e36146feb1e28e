"""Acts on approvals one at a time, so that the first valid answer wins and the others see who decided what and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select

from engine import calendar
from engine.approvals.approval import KIND, STANDING, Approval, Status, Trigger
from engine.approvals.keep import read
from engine.errors import Conflict, Decided, EngineError, Invalid, Missing
from engine.letters import Subject
from engine.machine import Actor
from engine.tables import approvals
from engine.transaction import Engine, Transaction

MOST: Final = 200
UNKNOWN: Final = "There is no such question, or it is not yours."
_ZONE: Final = "Europe/London"


class Became(StrEnum):
    """What became of one of several answers; stored nowhere."""

    DONE = "done"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one answer; `sentence` says why where it was not taken, `facts` who decided, where it was."""

    became: Became
    sentence: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def act(tx: Transaction, trust: str, id: str, trigger: Trigger, facts: Mapping[str, Any]) -> None:  # noqa: A002
    """Fire a trigger of an approval that nobody else can move meanwhile.

    Raises `Decided` where it ended before, and otherwise as `Transaction.fire` does.
    """
    same = (approvals.c.trust == trust, approvals.c.id == id)
    row = tx.connection.execute(select(approvals).where(*same).with_for_update()).mappings().one_or_none()
    if row is None:
        raise Missing("There is no such approval.")
    if row["state"] not in STANDING:
        raise decided(read(row))
    tx.fire(Subject(kind=KIND, trust=trust, id=id), trigger, facts)


def answer_many(
    engine: Engine, actor: Actor, trust: str, ids: Iterable[str], said: Mapping[str, Any]
) -> Mapping[str, Result]:
    """Answer like questions alike, each in a commit of its own; return by id what became of each.

    `said` has `choice`, `facts` and `comment`. What differs from the first in its kind or choices is refused.
    Raises `Invalid` for more than `MOST`.
    """
    wanted = tuple(dict.fromkeys(ids))
    if len(wanted) > MOST:
        raise Invalid(f"At most {MOST} questions can be answered at once.")
    with engine.reading() as connection:
        chosen = select(approvals).where(approvals.c.trust == trust, approvals.c.id.in_(wanted))
        found = {row["id"]: read(row) for row in connection.execute(chosen).mappings()}
    first = next((found[one] for one in wanted if one in found), None)
    return {one: _answered(engine, actor, first, found.get(one), said) for one in wanted}


def decided(approval: Approval) -> Decided:
    """Return what whoever comes second is told: who decided what and when."""
    at = approval.closed_at
    when = f" on {calendar.moment(at, _ZONE)}" if at else ""
    sentence = _ENDINGS[approval.state or Status.CANCELED].format(
        by=approval.answered_by_name, choice=(approval.choice or "").replace("_", " ").lower(), when=when
    )
    facts = {
        "approval": approval.id,
        "state": str(approval.state),
        "choice": approval.choice,
        "answered_by": approval.answered_by_name,
        "closed_at": at.isoformat() if at else None,
    }
    return Decided(sentence, **facts)


def _answered(
    engine: Engine, actor: Actor, first: Approval | None, approval: Approval | None, said: Mapping[str, Any]
) -> Result:
    if approval is None or first is None:
        return Result(became=Became.REFUSED, sentence=UNKNOWN)
    if (approval.subject.kind, approval.choices) != (first.subject.kind, first.choices):
        return Result(became=Became.REFUSED, sentence="It is not like the first: answer it by itself.")
    try:
        with engine.transaction(actor) as tx:
            act(tx, approval.trust, approval.id, Trigger.ANSWER, said)
    except Conflict as overtaken:
        return Result(became=Became.OVERTAKEN, sentence=overtaken.sentence, facts=overtaken.facts)
    except EngineError as refusal:
        return Result(became=Became.REFUSED, sentence=refusal.sentence)
    return Result(became=Became.DONE)


_ENDINGS: Final[Mapping[Status, str]] = {
    Status.CLOSED: "{by} answered this{when}: {choice}.",
    Status.CANCELED: "This is not asked any more: the matter moved on{when}.",
    Status.TIMED_OUT: "Nobody answered this in time: it ended{when}.",
}
