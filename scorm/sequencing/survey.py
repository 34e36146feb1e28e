"""What a learner could do now: every navigation request and every choice, tried on a copy of the state. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scorm.sequencing import attempts, choosing, conditions, delivery, overall, requests
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.termination import Ending, Next
from scorm.sequencing.tracking import Standing, State
from scorm.sequencing.traversal import SessionOver
from scorm.sequencing.tree import ROOT, Tree

_MOST_SURVEYS: Final = 256

MOVES = (
    Request.START,
    Request.RESUME_ALL,
    Request.CONTINUE,
    Request.PREVIOUS,
    Request.EXIT,
    Request.EXIT_ALL,
    Request.ABANDON,
    Request.ABANDON_ALL,
    Request.SUSPEND_ALL,
)
"""The requests that need no target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Why each thing is not possible now, None where it is.

    `moves` is by request; `offers` has the same, but Continue by the control modes alone [NB.2.1]; `choices`, `jumps`
    and `hidden` (by a rule) are by number of activity; `ends` are the moves that end the session. `after` is the state
    in which they were tried, where it can be read why.
    """

    offers: Mapping[Request, Refusal | None]
    moves: Mapping[Request, Refusal | None]
    choices: tuple[Refusal | None, ...]
    jumps: tuple[Refusal | None, ...]
    hidden: Sequence[bool]
    ends: frozenset[Request]
    after: State


def survey(state: State) -> Survey:
    """Try everything, as if the activity that is open ended now with what it has reported (RTE 4.4, request_valid).

    Where no rule of the tree asks what was reported, the answer is one that is remembered, as often as not.
    """
    tree = state.tree
    if tree.ruled:
        return _tried(state)
    seed = state.seed if tree.arranged else ""
    return _unruled(tree, seed, state.current, state.suspended, tuple(state.standing), tuple(state.available))


@lru_cache(maxsize=_MOST_SURVEYS)
def _unruled(  # noqa: PLR0913, PLR0917 - all that such a survey depends on
    tree: Tree,
    seed: str,
    current: int | None,
    suspended: int | None,
    standing: tuple[Standing, ...],
    available: tuple[tuple[int, ...], ...],
) -> Survey:
    state = State(tree, seed, {})
    state.current, state.suspended = current, suspended
    state.standing, state.available = list(standing), list(available)
    return _tried(state)


def _tried(state: State) -> Survey:
    surveyor = _Surveyor(state)
    count = range(len(state.tree.activities))
    moves = {one: surveyor.tried(one, None) for one in MOVES}
    return Survey(
        offers={**moves, Request.CONTINUE: surveyor.offered()},
        moves=moves,
        choices=tuple(surveyor.chosen(index) for index in count),
        jumps=tuple(surveyor.jumped(index) for index in count),
        hidden=surveyor.hidden,
        ends=frozenset(surveyor.ends),
        after=surveyor.after,
    )


class _Surveyor:
    """One trial ending of what is current, on which everything else is tried without changing it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.after = state.copied()
        self.stopped: Refusal | None = None
        self.instead: Next | None = None
        self.ends: set[Request] = set()
        self.ways: dict[int, tuple[Refusal | None, Refusal | None]] = {}
        self._end()
        self.around = {-1, *self._paths()}
        conditions.settle(self.after)
        self.unjumpable = self._unjumpable()

    def _end(self) -> None:
        if self.after.current is None:
            attempts.arrange_at_start(self.after)
        try:
            active = self.after.current is not None and self.after.standing[self.after.current].active
            self.instead = overall.ended(self.after, Ending.EXIT if active else None)
        except Refusal as refusal:
            self.stopped = refusal

    def _paths(self) -> Iterator[int]:
        for current in (self.state.current, self.after.current):
            if current is not None:
                yield from self.state.tree.activities[current].path

    def _unjumpable(self) -> Refusal | None:
        return self.stopped or self.refused(Request.JUMP, ROOT)

    @property
    def hidden(self) -> Sequence[bool]:
        assert self.after.facts is not None  # noqa: S101 - settled when this was made
        return self.after.facts["hidden"]

    def jumped(self, index: int) -> Refusal | None:
        """Try a jump, as [NB.2.1] and [SB.2.13] have it."""
        if self.unjumpable is not None:
            return self.unjumpable
        if conditions.anywhere(self.after, index, "absent"):
            return Refusal("NB.2.1-11")
        try:
            delivery.validate(self.after, index)
        except Refusal as refusal:
            return refusal
        return None

    def offered(self) -> Refusal | None:
        """Say whether Continue is to be offered: wherever the parent flows, for a course must not look as if it ended.

        Who uses it and cannot be led on is told so, and to choose.
        """
        return self.refused(Request.CONTINUE, None)

    def refused(self, request: Request, target: int | None) -> Refusal | None:
        try:
            requests.navigate(self.state, request, target)
        except Refusal as refusal:
            return refusal
        return None

    def chosen(self, target: int) -> Refusal | None:
        """Try a choice; into a branch where nothing is open, the way is the same for all children of a cluster."""
        parent = self.state.tree.activities[target].parent
        if self.stopped is not None or self.instead is not None or parent in self.around:
            return self.tried(Request.CHOICE, target)
        if parent not in self.ways:
            self.ways[parent] = self.refused(Request.CHOICE, target), self._unreachable(target)
        offered, way = self.ways[parent]
        return offered or self._delivered(target, way)

    def _unreachable(self, target: int) -> Refusal | None:
        try:
            choosing.reachable(self.after, target)
        except Refusal as refusal:
            return refusal
        return None

    def _delivered(self, target: int, way: Refusal | None) -> Refusal | None:
        try:
            choosing.selectable(self.after, target)
            if way is None:
                delivery.validate(self.after, choosing.leaf(self.after, target))
        except SessionOver:
            return None
        except Refusal as refusal:
            return refusal
        return way

    def tried(self, request: Request, target: int | None) -> Refusal | None:
        try:
            translated = requests.navigate(self.state, request, target)
            if translated.following is not Next.EXIT:
                self._followed(request, self.instead or translated.following, target)
        except Refusal as refusal:
            return refusal
        return None

    def _followed(self, request: Request, following: Next, target: int | None) -> None:
        if self.stopped is not None:
            raise self.stopped
        try:
            found = requests.sequence(self.after, following, target)
        except SessionOver:
            self.ends.add(request)
            return
        if found is not None:
            delivery.validate(self.after, found)
