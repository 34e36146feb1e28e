"""One launch of a package, from the first call to the last (catalogue A6). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from engine.machine import SELF, Case, Step, Workflow, guard, reason_given
from workflows.learning.attempts.standing import NONE_LEFT, NOT_AGAIN
from workflows.learning.records import Attempt, AttemptState
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

KIND = "attempt"


class Trigger(StrEnum):
    """What happens to an attempt; the journal keeps it."""

    LAUNCH = "LAUNCH"
    INITIALIZE = "INITIALIZE"
    CALL = "CALL"
    SUSPEND = "SUSPEND"
    FINISH = "FINISH"
    ABANDON = "ABANDON"
    RESET = "RESET"
    MOVE = "MOVE"
    MOVE_BACK = "MOVE_BACK"


@guard("There is nothing to play: you need a place on an e-learning class.")
def playable(case: Case[Attempt]) -> bool:
    """Hold where the enrolment has a place and the offering a package."""
    return case.record.playable


@guard(NONE_LEFT)
def attempts_left(case: Case[Attempt]) -> bool:
    """Hold while fewer attempts were made in this period than are allowed (F40)."""
    return case.record.standing(case.now).left != 0


@guard(NOT_AGAIN)
def ruled_in(case: Case[Attempt]) -> bool:
    """Hold where the rules of attempts let a new one follow the last."""
    return case.record.standing(case.now).barred != NOT_AGAIN


@guard("The result is final already: a new attempt is needed.")
def not_final(case: Case[Attempt]) -> bool:
    """Hold while the best result is not final."""
    return not case.record.final


_S, _T = AttemptState, Trigger
_STAYING: Final = (_S.CREATED, _S.INITIALIZED, _S.SUSPENDED, _S.FINISHED, _S.ABANDONED)


def _moves() -> Iterator[Step]:
    """Yield the steps by which somebody has an attempt go on with another version of its package, or undoes that."""
    by = (LEARNING_ADMINISTRATOR,)
    for number, state in enumerate(_STAYING, 1):
        yield Step(id=f"A6-move-{number}", trigger=_T.MOVE, sources=(state,), target=state, by=by, when=(reason_given,))
        yield Step(id=f"A6-back-{number}", trigger=_T.MOVE_BACK, sources=(state,), target=state, by=by)
    # One that was to start afresh was reset for that: it goes on where it was left.
    yield Step(id="A6-back", trigger=_T.MOVE_BACK, sources=(_S.RESET,), target=_S.SUSPENDED, by=by)


WORKFLOW = Workflow(
    kind=KIND,
    title="Attempt",
    states=AttemptState,
    triggers=Trigger,
    finals=(_S.FINISHED, _S.ABANDONED, _S.RESET),
    steps=(
        Step(
            id="A6-launch",
            trigger=_T.LAUNCH,
            sources=(),
            target=_S.CREATED,
            by=(SELF,),
            when=(playable, attempts_left, ruled_in),
        ),
        Step(id="A6-T01", trigger=_T.INITIALIZE, sources=(_S.CREATED,), target=_S.INITIALIZED, by=(SELF,)),
        Step(id="A6-T02", trigger=_T.CALL, sources=(_S.INITIALIZED,), target=_S.INITIALIZED),
        Step(id="A6-T03", trigger=_T.SUSPEND, sources=(_S.INITIALIZED,), target=_S.SUSPENDED),
        Step(id="A6-T04", trigger=_T.FINISH, sources=(_S.INITIALIZED,), target=_S.FINISHED),
        Step(id="A6-T05", trigger=_T.ABANDON, sources=(_S.INITIALIZED,), target=_S.ABANDONED),
        Step(id="A6-T06", trigger=_T.INITIALIZE, sources=(_S.ABANDONED,), target=_S.INITIALIZED, by=(SELF,)),
        Step(
            id="A6-T07",
            trigger=_T.INITIALIZE,
            sources=(_S.SUSPENDED,),
            target=_S.INITIALIZED,
            by=(SELF,),
            when=(not_final,),
        ),
        # Ours: a package may finish without a result, and is then taken up again where it was left.
        Step(
            id="A6-T07-finished",
            trigger=_T.INITIALIZE,
            sources=(_S.FINISHED,),
            target=_S.INITIALIZED,
            by=(SELF,),
            when=(not_final,),
        ),
        # Ours: a person has it begin anew; what was played stays to be read, and what arrives late of it still counts.
        Step(
            id="A6-reset",
            trigger=_T.RESET,
            sources=(_S.CREATED, _S.INITIALIZED, _S.SUSPENDED, _S.FINISHED, _S.ABANDONED),
            target=_S.RESET,
            when=(reason_given,),
        ),
        *_moves(),
    ),
)
