"""Rollup: what the children of a cluster make of it, SN 4.6 and [RB.1.1] to [RB.1.5]. Pure."""

from __future__ import annotations

from scorm.sequencing import rollup_rules
from scorm.sequencing.definition import Aspect, RollupAction
from scorm.sequencing.tracking import State


def overall(state: State, index: int) -> None:
    """[RB.1.5] Overall Rollup Process: from the activity to the root, then wherever a shared objective changed."""
    _climb(state, index)
    rolled: set[int] = set()
    while state.touched:
        targets, state.touched = sorted(state.touched), set()
        readers = {reader for target in targets for reader in state.tree.readers.get(target, ())}
        for reader in sorted(readers - rolled, reverse=True):
            rolled.add(reader)
            _climb(state, reader)
    state.touched = set()


def _climb(state: State, index: int) -> None:
    for above in reversed(state.tree.activities[index].path):
        if state.tree.activities[above].children and state.tree.activities[above].settings.tracked:
            _measure(state, above)
            _amount(state, above)
            _objective(state, above)
            _progress(state, above)


def _measure(state: State, index: int) -> None:
    """[RB.1.1] Measure Rollup Process: the weighted mean of the children's measures, one that is unknown as 0."""
    activities = state.tree.activities
    total, weights, known = 0.0, 0.0, False
    for child in state.available[index]:
        settings = activities[child].settings
        if settings.tracked and settings.measure_weight:
            weights += settings.measure_weight
            measure = state.recent(activities[child].primary, Aspect.MEASURE)
            if measure is not None:
                known = True
                total += measure * settings.measure_weight
    state.write(activities[index].primary, Aspect.MEASURE, total / weights if known else None)


def _amount(state: State, index: int) -> None:
    """[RB.1.1b] Completion Measure Rollup Process: the weighted mean of the children's progress."""
    activities = state.tree.activities
    total, weights, known = 0.0, 0.0, False
    for child in state.available[index]:
        settings = activities[child].settings
        if settings.tracked and settings.progress_weight:
            weights += settings.progress_weight
            amount = state.recent(activities[child].primary, Aspect.PROGRESS)
            if amount is not None:
                known = True
                total += amount * settings.progress_weight
    state.write(activities[index].primary, Aspect.PROGRESS, total / weights if known else None)


def _objective(state: State, index: int) -> None:
    """[RB.1.2] Objective Rollup Process: by measure where the objective says so, else by rules."""
    activity = state.tree.activities[index]
    if activity.settings.primary.by_measure:
        state.write(activity.primary, Aspect.SATISFIED, _satisfied_by_measure(state, index))
    elif rollup_rules.checked(state, index, RollupAction.SATISFIED):
        state.write(activity.primary, Aspect.SATISFIED, value=True)
    elif rollup_rules.checked(state, index, RollupAction.NOT_SATISFIED):
        state.write(activity.primary, Aspect.SATISFIED, value=False)


def _satisfied_by_measure(state: State, index: int) -> bool | None:
    """[RB.1.2a] Objective Rollup Using Measure Process."""
    activity = state.tree.activities[index]
    measure = state.read(activity.primary, Aspect.MEASURE)
    if measure is None or (state.standing[index].active and not activity.settings.satisfaction_while_active):
        return None
    return measure >= activity.settings.primary.minimum_measure


def _progress(state: State, index: int) -> None:
    """[RB.1.3] Activity Progress Rollup Process: by progress where the threshold says so [RB.1.3a], else by rules."""
    activity = state.tree.activities[index]
    if activity.settings.by_progress:
        amount = state.read(activity.primary, Aspect.PROGRESS)
        reached = None if amount is None else amount >= activity.settings.minimum_progress
        state.write(activity.primary, Aspect.COMPLETION, reached)
    elif rollup_rules.checked(state, index, RollupAction.COMPLETED):
        state.write(activity.primary, Aspect.COMPLETION, value=True)
    elif rollup_rules.checked(state, index, RollupAction.INCOMPLETE):
        state.write(activity.primary, Aspect.COMPLETION, value=False)
