"""Navigation and sequencing requests: SN [NB.2.1] and [SB.2.5] to [SB.2.13]. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from scorm.sequencing import choosing, conditions
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.termination import Ending, Next
from scorm.sequencing.tracking import State
from scorm.sequencing.traversal import Blocked, Direction, SessionOver, flow
from scorm.sequencing.tree import ROOT


class Request(StrEnum):
    """A navigation request (SN 5.6); as adl.nav.request spells it where content may make it."""

    START = "start"
    RESUME_ALL = "resumeAll"
    CONTINUE = "continue"
    PREVIOUS = "previous"
    CHOICE = "choice"
    JUMP = "jump"
    EXIT = "exit"
    EXIT_ALL = "exitAll"
    ABANDON = "abandon"
    ABANDON_ALL = "abandonAll"
    SUSPEND_ALL = "suspendAll"


@dataclass(frozen=True, slots=True)
class Translated:
    """What a navigation request comes to: how the current activity ends, then which way to go."""

    ending: Ending | None
    following: Next


def navigate(state: State, request: Request, target: int | None) -> Translated:
    """[NB.2.1] Navigation Request Process: Refusal if the request is not valid now."""
    return _NAVIGATION[request](state, target)


def _start(state: State, _target: int | None) -> Translated:
    if state.current is not None:
        raise Refusal("NB.2.1-1")
    return Translated(None, Next.START)


def _resume_all(state: State, _target: int | None) -> Translated:
    if state.current is not None:
        raise Refusal("NB.2.1-1")
    if state.suspended is None:
        raise Refusal("NB.2.1-3")
    return Translated(None, Next.RESUME_ALL)


def _leaving(state: State, current: int) -> Ending | None:
    return Ending.EXIT if state.standing[current].active else None


def _continue(state: State, _target: int | None) -> Translated:
    current = _current(state)
    parent = state.tree.activities[current].parent
    if parent < 0 or not state.tree.activities[parent].settings.flow:
        raise Refusal("NB.2.1-4")
    return Translated(_leaving(state, current), Next.CONTINUE)


def _previous(state: State, _target: int | None) -> Translated:
    current = _current(state)
    parent = state.tree.activities[current].parent
    if parent < 0:
        raise Refusal("NB.2.1-6")
    settings = state.tree.activities[parent].settings
    if not settings.flow or settings.forward_only:
        raise Refusal("NB.2.1-5")
    return Translated(_leaving(state, current), Next.PREVIOUS)


def _choice(state: State, target: int | None) -> Translated:
    if target is None:
        raise Refusal("NB.2.1-11")
    parent = state.tree.activities[target].parent
    if parent >= 0 and not state.tree.activities[parent].settings.choice:
        raise Refusal("NB.2.1-10")
    if state.current is None:
        return Translated(None, Next.CHOICE)
    if state.tree.activities[state.current].parent != parent:
        _may_exit(state, state.current, target)
    return Translated(_leaving(state, state.current), Next.CHOICE)


def _may_exit(state: State, current: int, target: int) -> None:
    common = state.tree.common(current, target)
    for index in state.tree.activities[current].path:
        if index > common and state.standing[index].active and not state.tree.activities[index].settings.choice_exit:
            raise Refusal("NB.2.1-8")


def _jump(state: State, target: int | None) -> Translated:
    current = _current(state)
    if target is None or conditions.anywhere(state, target, "absent"):
        raise Refusal("NB.2.1-11")
    return Translated(_leaving(state, current), Next.JUMP)


def _ended(ending: Ending, *, active: bool) -> Callable[[State, int | None], Translated]:
    def translate(state: State, _target: int | None) -> Translated:
        if active and not state.standing[_current(state)].active:
            raise Refusal("NB.2.1-12")
        _current(state)
        return Translated(ending, Next.EXIT)

    return translate


def _current(state: State) -> int:
    if state.current is None:
        raise Refusal("NB.2.1-2")
    return state.current


_NAVIGATION: Mapping[Request, Callable[[State, int | None], Translated]] = {
    Request.START: _start,
    Request.RESUME_ALL: _resume_all,
    Request.CONTINUE: _continue,
    Request.PREVIOUS: _previous,
    Request.CHOICE: _choice,
    Request.JUMP: _jump,
    Request.EXIT: _ended(Ending.EXIT, active=True),
    Request.EXIT_ALL: _ended(Ending.EXIT_ALL, active=False),
    Request.ABANDON: _ended(Ending.ABANDON, active=True),
    Request.ABANDON_ALL: _ended(Ending.ABANDON_ALL, active=False),
    Request.SUSPEND_ALL: _ended(Ending.SUSPEND_ALL, active=False),
}


def sequence(state: State, following: Next, target: int | None) -> int | None:
    """[SB.2.12] Sequencing Request Process: the activity to deliver, None for nothing; changes nothing.

    Refusal if there is none to find; SessionOver if the sequencing session ends.
    """
    try:
        return _SEQUENCING[following](state, target)
    except Blocked as blocked:
        raise blocked.refusal from blocked


def _begin(state: State, _target: int | None) -> int:
    """[SB.2.5] Start Sequencing Request Process."""
    if state.current is not None:
        raise Refusal("SB.2.5-1")
    if not state.tree.activities[ROOT].children:
        return ROOT
    return flow(state, ROOT, Direction.FORWARD, enter=True)


def _resume(state: State, _target: int | None) -> int:
    """[SB.2.6] Resume All Sequencing Request Process."""
    if state.current is not None:
        raise Refusal("SB.2.6-1")
    if state.suspended is None:
        raise Refusal("SB.2.6-2")
    return state.suspended


def _flowing(direction: Direction, undefined: str, violated: str) -> Callable[[State, int | None], int]:
    def move(state: State, _target: int | None) -> int:
        """[SB.2.7] Continue and [SB.2.8] Previous Sequencing Request Process."""
        if state.current is None:
            raise Refusal(undefined)
        parent = state.tree.activities[state.current].parent
        if parent >= 0 and not state.tree.activities[parent].settings.flow:
            raise Refusal(violated)
        return flow(state, state.current, direction, enter=False)

    return move


def _chosen(state: State, target: int | None) -> int:
    if target is None:
        raise Refusal("SB.2.9-1")
    return choosing.choose(state, target)


def _again(state: State, _target: int | None) -> int:
    """[SB.2.10] Retry Sequencing Request Process."""
    if state.current is None:
        raise Refusal("SB.2.10-1")
    standing = state.standing[state.current]
    if standing.active or standing.suspended:
        raise Refusal("SB.2.10-2")
    if not state.tree.activities[state.current].children:
        return state.current
    try:
        return flow(state, state.current, Direction.FORWARD, enter=True)
    except Blocked as blocked:
        raise Refusal("SB.2.10-3") from blocked


def _out(state: State, _target: int | None) -> None:
    """[SB.2.11] Exit Sequencing Request Process: at the root the session ends, elsewhere nothing is delivered."""
    if state.current is None:
        raise Refusal("SB.2.11-1")
    if state.standing[state.current].active:
        raise Refusal("SB.2.11-2")
    if state.current == ROOT:
        raise SessionOver


def _jumped(state: State, target: int | None) -> int:
    """[SB.2.13] Jump Sequencing Request Process."""
    if state.current is None:
        raise Refusal("SB.2.13-1")
    if target is None:
        raise Refusal("SB.2.13-2")
    return target


_SEQUENCING: Mapping[Next, Callable[[State, int | None], int | None]] = {
    Next.START: _begin,
    Next.RESUME_ALL: _resume,
    Next.CONTINUE: _flowing(Direction.FORWARD, "SB.2.7-1", "SB.2.7-2"),
    Next.PREVIOUS: _flowing(Direction.BACKWARD, "SB.2.8-1", "SB.2.8-2"),
    Next.CHOICE: _chosen,
    Next.JUMP: _jumped,
    Next.RETRY: _again,
    Next.EXIT: _out,
}
