"""The tracking model of SN 4.2: what is known of each activity and objective, as state that is cheap to copy.

Pure. Each record is immutable and each list holds records, so that a copy for "would this request be valid?" costs
some slices, and a snapshot is what the lists hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from scorm.sequencing import records
from scorm.sequencing.definition import Aspect
from scorm.sequencing.tree import Slot, Tree

Value = float | bool | None
"""A measure or score, a status, or None for what is not known (the model's "status" flags)."""

_PROGRESS = frozenset({Aspect.PROGRESS, Aspect.COMPLETION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known of an objective; on the primary one, `completion` and `progress` are the activity's own."""

    satisfied: Value = None
    measure: Value = None
    raw: Value = None
    minimum: Value = None
    maximum: Value = None
    progress: Value = None
    completion: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An activity's attempts and state (SN 4.2.1.2 and 4.2.1.5).

    With `old_objectives` or `old_progress` its parent began a new attempt since, in whose rollup what is known does not
    count (SN 3.2.5, 3.2.6); `arranged` is the attempt for which its children were selected and put in order;
    `spoke_completion` and `spoke_success` say that content has said something of these in this attempt.
    """

    attempts: int = 0
    active: bool = False
    suspended: bool = False
    old_objectives: bool = False
    old_progress: bool = False
    arranged: int = 0
    spoke_completion: bool = False
    spoke_success: bool = False


NOTHING = Progress()
UNTOUCHED = Standing()


class State:
    """The tracking of one learner's attempt at a whole tree; `shared` are the shared objectives by identifier.

    Where `facts` are settled nothing may change any more: they say what holds of each activity or above it.
    """

    __slots__ = (
        "available",
        "current",
        "facts",
        "progress",
        "seed",
        "shared",
        "standing",
        "suspended",
        "touched",
        "tree",
    )

    def __init__(self, tree: Tree, seed: str, shared: Mapping[str, Progress]) -> None:
        """Begin with nothing attempted."""
        self.tree = tree
        self.seed = seed
        self.shared = dict(shared)
        self.standing = [UNTOUCHED] * len(tree.activities)
        self.progress = [NOTHING] * len(tree.slots)
        self.available = [one.children for one in tree.activities]
        self.current: int | None = None
        self.suspended: int | None = None
        self.touched: set[str] = set()
        self.facts: Mapping[str, Sequence[bool]] | None = None

    def copied(self) -> Self:
        """Make one that can go its own way."""
        copy = type(self).__new__(type(self))
        copy.tree, copy.seed = self.tree, self.seed
        copy.shared, copy.touched = dict(self.shared), set(self.touched)
        copy.standing, copy.progress, copy.available = self.standing[:], self.progress[:], self.available[:]
        copy.current, copy.suspended = self.current, self.suspended
        copy.facts = None
        return copy

    def become(self, other: State) -> None:
        """Take over all that the other one holds."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))

    def stand(self, index: int, **changes: Any) -> None:
        """Change some fields of an activity's standing."""
        self.standing[index] = replace(self.standing[index], **changes)

    def read(self, slot: int, aspect: Aspect) -> Value:
        """Read an objective: the shared one where a map says so, known or not, else the local one (SN 3.10.3)."""
        stated = self.tree.slots[slot]
        if not stated.reads:
            return self.local(slot, aspect)
        if aspect in stated.derived:
            return self._derived(slot, aspect, stated)
        return self.mapped(slot, aspect)

    def mapped(self, slot: int, aspect: Aspect) -> Value:
        """Read what the map or the activity says itself, without what follows from it for this activity."""
        stated = self.tree.slots[slot]
        target = stated.reads.get(aspect)
        if target is None:
            return self.local(slot, aspect)
        shared: Value = getattr(self.shared.get(target, NOTHING), aspect)
        return shared

    def local(self, slot: int, aspect: Aspect) -> Value:
        """Read what was recorded here."""
        value: Value = getattr(self.progress[slot], aspect)
        return value

    def recent(self, slot: int, aspect: Aspect) -> Value:
        """Read for rollup: None where it was recorded before the parent's current attempt and so does not count."""
        stated = self.tree.slots[slot]
        standing = self.standing[stated.owner]
        old = standing.old_progress if aspect in _PROGRESS else standing.old_objectives
        return None if old and aspect not in stated.reads else self.read(slot, aspect)

    def write(self, slot: int, aspect: Aspect, value: Value, *, said: bool = False) -> None:
        """Record an aspect of an objective, and write it to the shared ones that its maps name (SN 3.10.3).

        What was not known before and is not known now changes no shared objective, unless content has `said` so.
        """
        record = self.progress[slot]
        before = getattr(record, aspect)
        if before is None and value is None and not said:
            return
        if before != value:
            self.progress[slot] = replace(record, **{str(aspect): value})
        for target in self.tree.slots[slot].writes.get(aspect, ()):
            self.shared[target] = replace(self.shared.get(target, NOTHING), **{str(aspect): value})
            self.touched.add(target)

    def measure(self, slot: int, value: Value) -> None:
        """Record a measure; where it decides, it also satisfies or not (SN 3.10.1, Objective Satisfied by Measure)."""
        self.write(slot, Aspect.MEASURE, value)
        stated = self.tree.slots[slot].objective
        if stated.by_measure:
            self.write(slot, Aspect.SATISFIED, None if value is None else value >= stated.minimum_measure)

    def _derived(self, slot: int, aspect: Aspect, stated: Slot) -> Value:
        source, threshold = stated.derived[aspect]
        measure = self.read(slot, source)
        return None if measure is None else measure >= threshold

    def begin_attempt(self, index: int) -> None:
        """Count a new attempt and forget what the last one recorded (DB.2 5.1.1.2); shared objectives stay."""
        activity = self.tree.activities[index]
        attempts = self.standing[index].attempts + 1
        self.standing[index] = Standing(attempts=attempts, arranged=self.standing[index].arranged)
        for slot in range(activity.primary, activity.primary + 1 + len(activity.settings.objectives)):
            self.progress[slot] = NOTHING
        settings = activity.settings
        if attempts > 1:
            for child in activity.children:
                before = self.standing[child]
                self.stand(
                    child,
                    old_objectives=settings.current_objectives or before.old_objectives,
                    old_progress=settings.current_progress or before.old_progress,
                )

    def snapshot(self) -> dict[str, Any]:
        """Give all that changes, by identifier and without what is as it was at first; ready for JSON."""
        names = [one.identifier for one in self.tree.activities]
        return {
            "seed": self.seed,
            "current": None if self.current is None else names[self.current],
            "suspended": None if self.suspended is None else names[self.suspended],
            "standing": {names[at]: _changed(one, UNTOUCHED) for at, one in enumerate(self.standing)},
            "progress": {str(at): _changed(one, NOTHING) for at, one in enumerate(self.progress) if one != NOTHING},
            "available": {
                names[one.index]: [names[child] for child in self.available[one.index]]
                for one in self.tree.activities
                if self.available[one.index] != one.children
            },
            "shared": {target: _changed(one, NOTHING) for target, one in self.shared.items()},
        }

    @classmethod
    def restore(cls, tree: Tree, snapshot: Mapping[str, Any]) -> Self:
        """Go on from what `snapshot` gave."""
        shared = {target: records.read(Progress, given) for target, given in snapshot["shared"].items()}
        state = cls(tree, snapshot["seed"], shared)
        numbers = tree.numbers
        for name, given in snapshot["standing"].items():
            state.standing[numbers[name]] = records.read(Standing, given)
        slots = _slots(tree, list(snapshot["standing"]))
        for at, given in snapshot["progress"].items():
            state.progress[slots[int(at)]] = records.read(Progress, given)
        for name, children in snapshot["available"].items():
            state.available[numbers[name]] = tuple(numbers[child] for child in children)
        state.current = None if snapshot["current"] is None else numbers[snapshot["current"]]
        state.suspended = None if snapshot["suspended"] is None else numbers[snapshot["suspended"]]
        return state


def _slots(tree: Tree, before: list[str]) -> Sequence[int]:
    """Give the place of each objective by the place it had in the tree that was kept, of these activities.

    An activity that came to the tree since (a page of SCORM 1.2 above its parts) has moved those after it.
    """
    if len(before) == len(tree.activities):
        return range(len(tree.slots))
    return [tree.activities[tree.numbers[name]].primary for name in before]


def _changed(record: Progress | Standing, first: Progress | Standing) -> dict[str, Any]:
    origin = asdict(first)
    return {name: value for name, value in asdict(record).items() if value != origin[name]}


def status(state: State, index: int) -> tuple[Value, Value]:
    """Say whether an activity is completed and satisfied, None for not known."""
    primary = state.tree.activities[index].primary
    return state.read(primary, Aspect.COMPLETION), state.read(primary, Aspect.SATISFIED)
