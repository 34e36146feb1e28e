"""The whole sequencing process of one navigation request: SN [OP.1]. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from scorm.sequencing import attempts, delivery, requests, termination
from scorm.sequencing.choosing import Stranded
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.termination import Ending, Next
from scorm.sequencing.tracking import State
from scorm.sequencing.traversal import SessionOver
from scorm.sequencing.tree import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a request: `delivered` is the activity that begins, `over` says that the session ended.

    `refusal` is why nothing is delivered where something was asked for; what had to end by then has ended.
    """

    delivered: int | None = None
    over: bool = False
    refusal: Refusal | None = None


def request(state: State, asked: Request, target: int | None = None) -> Result:
    """[OP.1] Overall Sequencing Process: navigation, termination, sequencing, delivery; changes the state.

    Refusal if the request is not valid, and then nothing has changed.
    """
    if state.current is None:
        attempts.arrange_at_start(state)
    translated = requests.navigate(state, asked, target)
    before = state.copied()
    try:
        following = ended(state, translated.ending) or translated.following
    except Refusal:
        state.become(before)
        raise
    return _followed(state, following, target)


def ended(state: State, ending: Ending | None) -> Next | None:
    """End what is current as asked; give the sequencing request that rules put in the place of the learner's."""
    following = termination.terminate(state, ending) if ending is not None else None
    attempts.arrange_anew(state)
    return following


def _followed(state: State, following: Next, target: int | None) -> Result:
    try:
        found = requests.sequence(state, following, target)
        if found is not None:
            delivery.validate(state, found)
            delivery.deliver(state, found)
    except SessionOver:
        _close(state)
        return Result(over=True)
    except Stranded as stranded:
        _strand(state, stranded)
        return Result(refusal=stranded)
    except Refusal as refusal:
        return Result(refusal=refusal)
    return Result(delivered=found)


def _close(state: State) -> None:
    """End the sequencing session; who walks off the end has finished every attempt on the way ([SB.2.1] 3.1.1)."""
    attempts.end_descendants(state, ROOT)
    if state.standing[ROOT].active:
        attempts.end(state, ROOT)
    state.current = None


def _strand(state: State, stranded: Stranded) -> None:
    attempts.end_descendants(state, stranded.common)
    attempts.end(state, stranded.common)
    state.current = stranded.target
