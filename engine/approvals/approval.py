"""The life of an approval: a question to a role, opened by a state and closed when the state is left (A16). Pure.

Steps whose number begins with X are ours; the others are the catalogue's.
"""

from __future__ import annotations

from engine.approvals import duties, effects
from engine.approvals.records import KIND, STANDING, Approval, Status, Trigger
from engine.machine import EVERYONE, Step, Workflow

__all__ = ["ADMINISTRATOR", "KIND", "STANDING", "WORKFLOW", "Approval", "Status", "Trigger"]

ADMINISTRATOR = "system-administrator"
_S, _T = Status, Trigger
_MINE = (duties.may_act, duties.about_somebody_else)
_ANSWER = (*_MINE, duties.is_a_choice)
_PASSED = (duties.about_somebody_else, duties.names_somebody)
_ESCALATE = (duties.not_due_yet, duties.has_a_level_above)
_BY_ANYBODY = (EVERYONE,)

_OPENING = (
    Step(
        id="A16-T01",
        trigger=_T.OPEN,
        sources=(),
        target=_S.OPEN,
        when=(duties.has_a_holder,),
        effects=effects.opened,
    ),
    Step(id="A16-T02", trigger=_T.OPEN, sources=(), target=_S.ERROR, effects=effects.unreached),
    Step(
        id="A16-X15",
        trigger=_T.VACATE,
        sources=(_S.OPEN,),
        target=_S.ERROR,
        when=(duties.unowned,),
        effects=effects.vacated,
    ),
    Step(
        id="A16-T12",
        trigger=_T.RETRY,
        sources=(_S.ERROR,),
        target=_S.OPEN,
        by=(ADMINISTRATOR,),
        effects=effects.retried,
    ),
)
_SHARING = (
    Step(
        id="A16-X01",
        trigger=_T.CLAIM,
        sources=(_S.OPEN,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.unowned, duties.holds_the_role, *_MINE),
    ),
    Step(
        id="A16-X02",
        trigger=_T.RELEASE,
        sources=(_S.OPEN,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.owns,),
    ),
    Step(
        id="A16-T03",
        trigger=_T.DELEGATE,
        sources=(_S.OPEN,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.may_act, *_PASSED, duties.to_somebody_else, duties.not_to_the_sender),
        effects=effects.delegated,
    ),
    Step(
        id="A16-X03",
        trigger=_T.TAKE_BACK,
        sources=(_S.OPEN,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.owns, duties.delegated),
    ),
    Step(
        id="A16-T04",
        trigger=_T.TRANSFER,
        sources=(_S.OPEN,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.may_give_away, *_PASSED, duties.to_another_owner, duties.not_to_the_sender),
        effects=effects.transferred,
    ),
)
_TALKING = (
    Step(
        id="A16-T05",
        trigger=_T.ASK,
        sources=(_S.OPEN,),
        target=_S.MORE_INFO,
        by=_BY_ANYBODY,
        when=(*_MINE, duties.asks_somebody),
        effects=effects.asked,
    ),
    Step(
        id="A16-T06",
        trigger=_T.REPLY,
        sources=(_S.MORE_INFO,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.is_asked, duties.has_an_answer),
        effects=effects.replied,
    ),
    Step(
        id="A16-X04",
        trigger=_T.TAKE_BACK,
        sources=(_S.MORE_INFO,),
        target=_S.OPEN,
        by=_BY_ANYBODY,
        when=(duties.asked_or_owns,),
    ),
    *(
        Step(
            id=step,
            trigger=_T.COMMENT,
            sources=(state,),
            target=state,
            by=_BY_ANYBODY,
            when=(duties.takes_part, duties.says_something),
            effects=effects.commented,
        )
        for step, state in (("A16-X05", _S.OPEN), ("A16-X06", _S.MORE_INFO), ("A16-X07", _S.ERROR))
    ),
)
_ENDING = (
    *(
        Step(
            id=step,
            trigger=_T.ANSWER,
            sources=(state,),
            target=_S.CLOSED,
            by=_BY_ANYBODY,
            when=_ANSWER,
            effects=effects.answered,
        )
        for step, state in (("A16-T07", _S.OPEN), ("A16-X08", _S.ERROR))
    ),
    *(
        Step(id=step, trigger=_T.CANCEL, sources=(state,), target=_S.CANCELED, effects=effects.canceled)
        for step, state in (("A16-T08", _S.OPEN), ("A16-T09", _S.MORE_INFO), ("A16-X09", _S.ERROR))
    ),
)
_TIME = (
    *(
        Step(
            id=step,
            trigger=_T.REMIND,
            sources=(state,),
            target=state,
            when=(duties.reminders_left, duties.not_due_yet),
            effects=effects.reminded,
        )
        for step, state in (("A16-X10", _S.OPEN), ("A16-X11", _S.MORE_INFO))
    ),
    Step(
        id="A16-X12",
        trigger=_T.ESCALATE,
        sources=(_S.OPEN, _S.MORE_INFO, _S.ERROR),
        target=_S.TIMED_OUT,
        when=_ESCALATE,
        effects=effects.escalated,
    ),
    Step(
        id="A16-X13",
        trigger=_T.ESCALATE,
        sources=(_S.OPEN, _S.MORE_INFO, _S.ERROR),
        target=_S.TIMED_OUT,
        when=(duties.ends_here,),
        effects=effects.lapsed,
    ),
    Step(id="A16-T10", trigger=_T.LAPSE, sources=(_S.OPEN,), target=_S.TIMED_OUT, effects=effects.lapsed),
    Step(
        id="A16-X14",
        trigger=_T.LAPSE,
        sources=(_S.MORE_INFO, _S.ERROR),
        target=_S.TIMED_OUT,
        effects=effects.lapsed,
    ),
)

WORKFLOW = Workflow(
    kind=KIND,
    title="Approval",
    states=Status,
    triggers=Trigger,
    finals=(_S.CLOSED, _S.CANCELED, _S.TIMED_OUT),
    steps=(*_OPENING, *_SHARING, *_TALKING, *_ENDING, *_TIME),
)
