"""The activity tree as its processes use it: activities by number, in the order of the manifest. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from scorm.sequencing import prerequisites
from scorm.sequencing.definition import Aspect, Map, Node, Objective, Organisation, Rule, Settings, Timing
from scorm.sequencing.prerequisites import Prerequisite

ROOT = 0
"""The number of the root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity; `path` leads from the root to it, `slots` has the place of each of its named objectives.

    Numbers stand for activities everywhere: `parent` (-1 at the root), `children`, `path`.
    """

    index: int
    node: Node
    settings: Settings
    parent: int
    path: tuple[int, ...]
    children: tuple[int, ...]
    rules: Mapping[str, tuple[Rule, ...]]
    primary: int
    slots: Mapping[str, int]
    prerequisite: Prerequisite | None

    @property
    def identifier(self) -> str:
        """The identifier of its item."""
        return self.node.identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One local objective of one activity, with its maps by what they carry.

    `derived` has the statuses that follow from a measure which is read from elsewhere, with the threshold of this
    activity: who shares a measure need not share its meaning (SN 3.10.1, 3.14).
    """

    owner: int
    objective: Objective
    reads: Mapping[Aspect, str]
    writes: Mapping[Aspect, tuple[str, ...]]
    derived: Mapping[Aspect, tuple[Aspect, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """An organisation as an activity tree (SN 2.1); no two are the same, so that what is remembered of one is found.

    `readers` are the activities that read a shared objective, `arranged` the clusters whose children are selected or
    put in another order. One that is `ruled` has rules or prerequisites: what may follow depends on what was reported.
    """

    organisation: Organisation
    activities: tuple[Activity, ...]
    slots: tuple[Slot, ...]
    numbers: Mapping[str, int]
    readers: Mapping[str, tuple[int, ...]]
    arranged: tuple[int, ...]
    ruled: bool

    @classmethod
    def grown(cls, organisation: Organisation | Tree) -> Tree:
        """Grow the tree of an organisation; one that is grown already stays as it is."""
        if isinstance(organisation, Tree):
            return organisation
        growing = _Growing()
        growing.add(organisation.root, -1, ())
        activities = tuple(growing.activities[index] for index in range(len(growing.activities)))
        return cls(
            organisation=organisation,
            activities=activities,
            slots=tuple(growing.slots),
            numbers={one.identifier: one.index for one in reversed(activities)},
            readers=growing.readers(),
            arranged=tuple(one.index for one in activities if _arranged(one)),
            ruled=any(one.rules or one.prerequisite for one in activities),
        )

    def common(self, one: int, other: int) -> int:
        """Give the common ancestor of two activities; each counts as an ancestor of itself."""
        path = self.activities[one].path
        return next(above for above in reversed(self.activities[other].path) if above in path)

    def below(self, ancestor: int, activity: int) -> bool:
        """Is the activity this ancestor, or beneath it?"""
        return ancestor in self.activities[activity].path


class _Growing:
    """One walk over the nodes, numbering activities and objectives as it goes."""

    def __init__(self) -> None:
        self.activities: dict[int, Activity] = {}
        self.slots: list[Slot] = []
        self.count = 0

    def add(self, node: Node, parent: int, above: tuple[int, ...]) -> int:
        index, self.count = self.count, self.count + 1
        primary = len(self.slots)
        slots: dict[str, int] = {}
        for objective in (node.settings.primary, *node.settings.objectives):
            if objective.identifier:
                slots.setdefault(objective.identifier, len(self.slots))
            by_progress = len(self.slots) == primary and node.settings.by_progress
            self.slots.append(_slot(index, objective, node.settings.minimum_progress if by_progress else None))
        children = tuple(self.add(child, index, (*above, index)) for child in node.children)
        self.activities[index] = Activity(
            index=index,
            node=node,
            settings=node.settings,
            parent=parent,
            path=(*above, index),
            children=children,
            rules=_by_action(node.settings.rules),
            primary=primary,
            slots=slots,
            prerequisite=_prerequisite(node.prerequisites),
        )
        return index

    def readers(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, dict[int, None]] = {}
        for slot in self.slots:
            for target in slot.reads.values():
                found.setdefault(target, {})[slot.owner] = None
        return {target: tuple(owners) for target, owners in found.items()}


def _prerequisite(script: str) -> Prerequisite | None:
    # The reading of the manifest says so where a script is none; who is in the middle of a course must get on.
    with contextlib.suppress(prerequisites.Unreadable):
        return prerequisites.parsed(script) if script else None
    return None


def _arranged(activity: Activity) -> bool:
    settings = activity.settings
    return bool(activity.children) and (settings.select, settings.randomise) != (Timing.NEVER, Timing.NEVER)


def _slot(owner: int, objective: Objective, threshold: float | None) -> Slot:
    reads = {aspect: one.target for one in reversed(objective.maps) for aspect in one.reads}
    writes = {aspect: tuple(_targets(objective.maps, aspect)) for aspect in Aspect}
    derived = {}
    if objective.by_measure and Aspect.MEASURE in reads:
        derived[Aspect.SATISFIED] = (Aspect.MEASURE, objective.minimum_measure)
    if threshold is not None and Aspect.PROGRESS in reads:
        derived[Aspect.COMPLETION] = (Aspect.PROGRESS, threshold)
    return Slot(
        owner=owner,
        objective=objective,
        reads=reads,
        writes={aspect: targets for aspect, targets in writes.items() if targets},
        derived=derived,
    )


def _targets(maps: tuple[Map, ...], aspect: Aspect) -> Iterator[str]:
    return (one.target for one in maps if aspect in one.writes)


def _by_action(rules: tuple[Rule, ...]) -> dict[str, tuple[Rule, ...]]:
    return {action: tuple(one for one in rules if one.action == action) for action in {one.action for one in rules}}
