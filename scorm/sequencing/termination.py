"""How the current activity ends: SN [TB.2.1] to [TB.2.3]. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from scorm.sequencing import attempts, conditions, rollup
from scorm.sequencing.definition import Action
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.tracking import State
from scorm.sequencing.tree import ROOT


class Ending(StrEnum):
    """A termination request (SN 4.4); never stored."""

    EXIT = "exit"
    EXIT_ALL = "exitAll"
    SUSPEND_ALL = "suspendAll"
    ABANDON = "abandon"
    ABANDON_ALL = "abandonAll"


class Next(StrEnum):
    """A sequencing request (SN 4.7); never stored."""

    START = "start"
    RESUME_ALL = "resumeAll"
    CONTINUE = "continue"
    PREVIOUS = "previous"
    CHOICE = "choice"
    JUMP = "jump"
    RETRY = "retry"
    EXIT = "exit"


def terminate(state: State, ending: Ending) -> Next | None:
    """[TB.2.3] Termination Request Process: the sequencing request that comes of it, if any; Refusal if invalid."""
    if state.current is None:
        raise Refusal("TB.2.3-1")
    if ending in (Ending.EXIT, Ending.ABANDON) and not state.standing[state.current].active:
        raise Refusal("TB.2.3-2")
    return _ENDINGS[ending](state, state.current)


def _exit(state: State, current: int) -> Next | None:
    attempts.end(state, current)
    _exit_rules(state, current)
    while True:
        assert state.current is not None  # noqa: S101 - what _exit_rules may move, it never takes away
        action = _post_condition(state, state.current)
        if action in (Action.EXIT_ALL, Action.RETRY_ALL):
            ending = _exit_all(state, state.current)
            return Next.RETRY if action is Action.RETRY_ALL else ending
        if action is not Action.EXIT_PARENT:
            break
        if state.current == ROOT:
            raise Refusal("TB.2.3-4")
        state.current = state.tree.activities[state.current].parent
        attempts.end(state, state.current)
    following = _FOLLOWING.get(action) if action is not None else None
    if state.current == ROOT and following is not Next.RETRY:
        return Next.EXIT
    return following


def _exit_rules(state: State, current: int) -> None:
    """[TB.2.1] Sequencing Exit Action Rules Subprocess: the topmost ancestor that wants to end takes all with it."""
    for above in state.tree.activities[current].path[:-1]:
        if conditions.applies(state, above, Action.EXIT):
            attempts.end_descendants(state, above)
            attempts.end(state, above)
            state.current = above
            return


def _post_condition(state: State, index: int) -> Action | None:
    """[TB.2.2] Sequencing Post Condition Rules Subprocess: nothing while the activity is suspended."""
    return None if state.standing[index].suspended else conditions.check(state, index, conditions.POST)


def _exit_all(state: State, current: int) -> Next | None:
    if state.standing[current].active:
        attempts.end(state, current)
    attempts.end_descendants(state, ROOT)
    attempts.end(state, ROOT)
    state.current = ROOT
    return Next.EXIT


def _suspend_all(state: State, current: int) -> Next | None:
    standing = state.standing[current]
    if standing.active or standing.suspended:
        rollup.overall(state, current)
        state.suspended = current
    elif current != ROOT:
        state.suspended = state.tree.activities[current].parent
    else:
        raise Refusal("TB.2.3-3")
    for index in state.tree.activities[state.suspended].path:
        state.stand(index, active=False, suspended=True)
    state.current = ROOT
    return Next.EXIT


def _abandon(state: State, current: int) -> Next | None:
    state.stand(current, active=False)
    return None


def _abandon_all(state: State, current: int) -> Next | None:
    for index in state.tree.activities[current].path:
        state.stand(index, active=False)
    state.current = ROOT
    return Next.EXIT


_FOLLOWING: Mapping[Action, Next] = {
    Action.RETRY: Next.RETRY,
    Action.CONTINUE: Next.CONTINUE,
    Action.PREVIOUS: Next.PREVIOUS,
}
_ENDINGS: Mapping[Ending, Callable[[State, int], Next | None]] = {
    Ending.EXIT: _exit,
    Ending.EXIT_ALL: _exit_all,
    Ending.SUSPEND_ALL: _suspend_all,
    Ending.ABANDON: _abandon,
    Ending.ABANDON_ALL: _abandon_all,
}
