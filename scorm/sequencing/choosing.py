"""A choice of an activity by the learner or the content: SN [SB.2.9]. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from scorm.sequencing import conditions
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.tracking import State
from scorm.sequencing.traversal import Blocked, Direction, choice_step, flow, neighbour
from scorm.sequencing.tree import ROOT


class Stranded(Refusal):
    """A cluster was chosen in which nothing can be delivered; the learner is left standing at it ([SB.2.9] 14)."""

    def __init__(self, target: int, common: int, at: int | None = None) -> None:
        """Keep the cluster, the common ancestor whose attempt ends, and what stands in the way where that is known."""
        self.target = target
        self.common = common
        super().__init__("SB.2.9-9", at=at)


def choose(state: State, target: int) -> int:
    """[SB.2.9] Choice Sequencing Request Process: the leaf to deliver; Refusal if the choice is not allowed."""
    selectable(state, target)
    if state.current != target:
        reachable(state, target)
    return leaf(state, target)


def common(state: State, target: int) -> int:
    """[SB.2.9] 5 and 6: the common ancestor of the target and what is current, the root where nothing is."""
    return ROOT if state.current is None else state.tree.common(state.current, target)


def selectable(state: State, target: int) -> None:
    """[SB.2.9] 1 to 4: the target is part of the tree, hidden nowhere on the way, and its parent allows choice."""
    activities = state.tree.activities
    if conditions.anywhere(state, target, "absent"):
        raise Refusal("SB.2.9-2")
    if conditions.anywhere(state, target, "hidden"):
        raise Refusal("SB.2.9-3")
    if target != ROOT and not activities[activities[target].parent].settings.choice:
        raise Refusal("SB.2.9-4")


def reachable(state: State, target: int) -> None:
    """[SB.2.9] 7 to 11: the way from the current activity to the target, by how they lie to each other."""
    current, top = state.current, common(state, target)
    if current is not None and state.tree.activities[current].parent == state.tree.activities[target].parent:
        _to_sibling(state, current, target)
    elif current is None or current == top:
        _down(state, top, target, forward=True)
    elif target == top:
        _may_leave(state, state.tree.activities[current].path, target)
    else:
        _across(state, current, target, top)


def _to_sibling(state: State, current: int, target: int) -> None:
    row = state.available[state.tree.activities[target].parent]
    # What is current may have been left out when the children of the next attempt were selected.
    here, there = row.index(current) if current in row else -1, row.index(target)
    forward = there > here
    for index in row[max(here, 0) : there] if forward else row[here:there:-1]:
        choice_step(state, index, Direction.FORWARD if forward else Direction.BACKWARD)


def _down(state: State, top: int, target: int, *, forward: bool) -> None:
    path = state.tree.activities[target].path
    way = path[path.index(top) : -1]
    if not way:
        raise Refusal("SB.2.9-5")
    for index in way:
        if forward:
            choice_step(state, index, Direction.FORWARD)
        settings = state.tree.activities[index].settings
        if index != top and settings.prevent_activation and not state.standing[index].active:
            raise Refusal("SB.2.9-6")


def _may_leave(state: State, path: Iterable[int], top: int) -> None:
    for index in path:
        if index > top and not state.tree.activities[index].settings.choice_exit:
            raise Refusal("SB.2.9-7")


def _across(state: State, current: int, target: int, top: int) -> None:
    """[SB.2.9] 11: out of one branch and into another, past what constrains choice and what bars activation."""
    tree = state.tree
    path = tree.activities[current].path
    way = path[path.index(top) + 1 :]
    _may_leave(state, way, top)
    forward = _comes_after(state, top, current, target)
    # SN 3.3.2: clusters constrain; from the current activity upward, the first that does is the one that counts.
    clusters = (one for one in reversed(way) if tree.activities[one].children)
    constrained = next((one for one in clusters if tree.activities[one].settings.constrain_choice), None)
    if constrained is not None:
        beside = neighbour(state, constrained, Direction.FORWARD if forward else Direction.BACKWARD)
        if not (tree.below(beside, target) or target == constrained):
            raise Refusal("SB.2.9-8")
    _down(state, top, target, forward=forward)


def _comes_after(state: State, top: int, current: int, target: int) -> bool:
    """Say whether the target lies forward of the current activity, in the order that the learner has."""
    paths = state.tree.activities[current].path, state.tree.activities[target].path
    here, there = (path[path.index(top) + 1] for path in paths)
    row = state.available[top]
    return there in row and (here not in row or row.index(there) > row.index(here))


def leaf(state: State, target: int) -> int:
    """[SB.2.9] 12 and 13: the target itself, or where the flow into it leads; Stranded where that is nowhere."""
    if not state.tree.activities[target].children:
        return target
    try:
        return flow(state, target, Direction.FORWARD, enter=True)
    except Blocked as blocked:
        raise Stranded(target, common(state, target), blocked.refusal.at) from blocked
