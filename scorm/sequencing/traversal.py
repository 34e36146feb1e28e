"""Ways through the tree, forward and backward: SN [SB.2.1] to [SB.2.4]. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scorm.sequencing import conditions
from scorm.sequencing.definition import Action
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.tracking import State
from scorm.sequencing.tree import ROOT


class Direction(StrEnum):
    """Which way a traversal goes; never stored."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a traversal arrived, and the direction in which it goes on."""

    index: int
    direction: Direction


class SessionOver(Exception):
    """The traversal walked off the end of the course: the sequencing session ends ([SB.2.1] 3.1)."""


class Blocked(Exception):
    """A flow found nothing to deliver; bears the activity where it stopped and the refusal."""

    def __init__(self, index: int, refusal: Refusal) -> None:
        """Keep both."""
        self.index = index
        self.refusal = refusal
        super().__init__(refusal.code)


def siblings(state: State, index: int) -> tuple[int, ...]:
    """Give the available children of the activity's parent; the root has only itself."""
    parent = state.tree.activities[index].parent
    return (ROOT,) if parent < 0 else state.available[parent]


def step(state: State, index: int, direction: Direction, *, enter: bool, previous: Direction | None = None) -> Found:
    """[SB.2.1] Flow Tree Traversal Subprocess: the activity that comes next; `enter` considers children.

    SessionOver at the end of the tree; Refusal where there is no next one.
    """
    turned = False
    if previous is Direction.BACKWARD and index == siblings(state, index)[-1]:
        direction, index, turned = Direction.BACKWARD, siblings(state, index)[0], True
    if direction is Direction.FORWARD:
        return _onward(state, index, enter=enter)
    return _back(state, index, enter=enter, turned=turned)


def _onward(state: State, index: int, *, enter: bool) -> Found:
    if enter and state.tree.activities[index].children:
        if not state.available[index]:
            raise Refusal("SB.2.1-2")
        return Found(state.available[index][0], Direction.FORWARD)
    while index != ROOT:
        row = siblings(state, index)
        at = row.index(index) if index in row else len(row)
        if at + 1 < len(row):
            return Found(row[at + 1], Direction.FORWARD)
        index = state.tree.activities[index].parent
    raise SessionOver


def _back(state: State, index: int, *, enter: bool, turned: bool) -> Found:
    if index == ROOT and not enter:
        raise Refusal("SB.2.1-3")
    if enter and state.tree.activities[index].children:
        return _into_backward(state, index)
    parent = state.tree.activities[index].parent
    if not turned and state.tree.activities[parent].settings.forward_only:
        raise Refusal("SB.2.1-4")
    row = siblings(state, index)
    at = row.index(index) if index in row else 0
    if at:
        return Found(row[at - 1], Direction.BACKWARD)
    return _back(state, parent, enter=False, turned=False)


def _into_backward(state: State, index: int) -> Found:
    children = state.available[index]
    if not children:
        raise Refusal("SB.2.1-2")
    if state.tree.activities[index].settings.forward_only:
        return Found(children[0], Direction.FORWARD)
    return Found(children[-1], Direction.BACKWARD)


def flow(state: State, index: int, direction: Direction, *, enter: bool) -> int:
    """[SB.2.3] Flow Subprocess: the leaf that is reached from the activity; Blocked or SessionOver."""
    try:
        found = step(state, index, direction, enter=enter)
    except Refusal as refusal:
        raise Blocked(index, refusal) from refusal
    return _deliverable(state, found.index, direction, None)


def _deliverable(state: State, index: int, direction: Direction, previous: Direction | None) -> int:
    """[SB.2.2] Flow Activity Traversal Subprocess: this activity or the next that can be delivered."""
    while True:
        activity = state.tree.activities[index]
        if activity.parent >= 0 and not state.tree.activities[activity.parent].settings.flow:
            raise Blocked(index, Refusal("SB.2.2-1"))
        skipped = conditions.applies(state, index, Action.SKIP)
        if not skipped and conditions.unavailable(state, index):
            raise Blocked(index, Refusal("SB.2.2-2", at=index))
        if not skipped and not activity.children:
            return index
        try:
            found = step(state, index, direction, enter=not skipped, previous=previous if skipped else None)
        except Refusal as refusal:
            raise Blocked(index, refusal) from refusal
        if skipped:
            turned = previous is Direction.BACKWARD and found.direction is Direction.BACKWARD
            previous = None if turned else previous
        else:
            turned = direction is Direction.BACKWARD and found.direction is Direction.FORWARD
            previous = Direction.BACKWARD if turned else None
        index, direction = found.index, found.direction


def choice_step(state: State, index: int, direction: Direction) -> None:
    """[SB.2.4] Choice Activity Traversal Subprocess: may a choice pass this activity? Refusal if not."""
    if direction is Direction.FORWARD:
        if conditions.applies(state, index, Action.STOP_FORWARD_TRAVERSAL):
            raise Refusal("SB.2.4-1", at=index)
        return
    parent = state.tree.activities[index].parent
    if parent < 0:
        raise Refusal("SB.2.4-3")
    if state.tree.activities[parent].settings.forward_only:
        raise Refusal("SB.2.4-2")


def neighbour(state: State, index: int, direction: Direction) -> int:
    """[SB.2.9.1] Choice Flow Subprocess with [SB.2.9.2]: the next activity without entering any, or this one."""
    at = index
    while at != ROOT:
        row = siblings(state, at)
        place = row.index(at) + (1 if direction is Direction.FORWARD else -1) if at in row else -1
        if 0 <= place < len(row):
            return row[place]
        at = state.tree.activities[at].parent
    return index
