"""What may be delivered, and what begins when it is: SN [DB.1.1], [DB.2] and [DB.2.1]. Pure."""

from __future__ import annotations

from scorm.sequencing import attempts, conditions
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.tracking import State


def validate(state: State, index: int) -> None:
    """[DB.1.1] Delivery Request Process: only a leaf, and only where nothing on the way is unavailable."""
    activity = state.tree.activities[index]
    if activity.children:
        raise Refusal("DB.1.1-1")
    if conditions.anywhere(state, index, "unavailable"):
        raise Refusal("DB.1.1-3")


def deliver(state: State, index: int) -> None:
    """[DB.2] Content Delivery Environment Process: attempts begin or go on from the root to the activity."""
    if state.current is not None and state.standing[state.current].active:
        raise Refusal("DB.2-1")
    if index != state.suspended:
        _clear_suspended(state, index)
    attempts.end_descendants(state, index)
    for one in state.tree.activities[index].path:
        standing = state.standing[one]
        if standing.active:
            continue
        if standing.suspended:
            state.stand(one, suspended=False, active=True)
            continue
        if state.tree.activities[one].settings.tracked:
            state.begin_attempt(one)
        state.stand(one, active=True)
    state.current = index
    state.suspended = None


def _clear_suspended(state: State, index: int) -> None:
    """[DB.2.1] Clear Suspended Activity Subprocess: what was put aside is so no longer, up to the common ancestor."""
    if state.suspended is None:
        return
    common = state.tree.common(state.suspended, index)
    path = state.tree.activities[state.suspended].path
    for one in reversed(path[path.index(common) :]):
        children = state.tree.activities[one].children
        if not any(state.standing[child].suspended for child in children):
            state.stand(one, suspended=False)
    state.suspended = None
