"""How attempts end, and which children the next one has: SN [UP.3], [UP.4], [SR.1] and [SR.2]. Pure."""

from __future__ import annotations

import random

from scorm.sequencing import rollup
from scorm.sequencing.definition import Aspect, Timing
from scorm.sequencing.tracking import State


def end(state: State, index: int) -> None:
    """[UP.4] End Attempt Process: what content left unsaid is taken as done, then rollup."""
    activity = state.tree.activities[index]
    if activity.children:
        state.stand(index, active=False, suspended=any(state.standing[one].suspended for one in activity.children))
    else:
        if not state.standing[index].suspended:
            conclude(state, index)
        state.stand(index, active=False)
    _pass_on(state, index)
    rollup.overall(state, index)


def _pass_on(state: State, index: int) -> None:
    """Write to shared objectives what follows here from a measure that was read from another (SN 3.10.3)."""
    activity = state.tree.activities[index]
    if not activity.settings.tracked:
        return
    for slot in range(activity.primary, activity.primary + 1 + len(activity.settings.objectives)):
        for aspect in state.tree.slots[slot].derived:
            value = state.read(slot, aspect)
            if value is not None:
                state.write(slot, aspect, value)


def conclude(state: State, index: int) -> None:
    """[UP.4] 1.1: take as done what the content of a tracked leaf left unsaid."""
    if not state.tree.activities[index].settings.tracked:
        return
    activity, standing = state.tree.activities[index], state.standing[index]
    settings, primary = activity.settings, activity.primary
    # A status that the content has said to be unknown is said; only silence counts as done (RTE 4.2.4, 4.2.22). Where
    # a measure decides, its absence is no success (SN 3.10.1, Objective Satisfied by Measure; SN 3.14).
    said = settings.completion_by_content or standing.spoke_completion or settings.by_progress
    if not said and state.local(primary, Aspect.COMPLETION) is None:
        state.write(primary, Aspect.COMPLETION, value=True)
    said = settings.objective_by_content or standing.spoke_success or settings.primary.by_measure
    if not said and state.local(primary, Aspect.SATISFIED) is None:
        state.write(primary, Aspect.SATISFIED, value=True)


def end_descendants(state: State, index: int) -> None:
    """[UP.3] Terminate Descendent Attempts Process: end what lies between the current activity and this one."""
    if state.current is None:
        return
    path = state.tree.activities[state.current].path
    common = state.tree.common(state.current, index)
    for between in reversed(path[path.index(common) + 1 : -1]):
        end(state, between)


def arrange_at_start(state: State) -> None:
    """[SR.1] and [SR.2] for a new sequencing session: every cluster that was not attempted yet."""
    for index in state.tree.arranged:
        if not state.standing[index].arranged:
            _arrange(state, index, 1, (Timing.ONCE, Timing.EACH_NEW_ATTEMPT))


def arrange_anew(state: State) -> None:
    """[SR.1] and [SR.2] for clusters whose attempt has ended: what the next one will be made of."""
    for index in state.tree.arranged:
        standing = state.standing[index]
        if standing.attempts >= standing.arranged and not standing.active and not standing.suspended:
            _arrange(state, index, standing.attempts + 1, (Timing.EACH_NEW_ATTEMPT,))


def _arrange(state: State, index: int, attempt: int, timings: tuple[Timing, ...]) -> None:
    activity = state.tree.activities[index]
    settings = activity.settings
    # The order is a function of the seed, so that a trial of a request and the request itself see the same one.
    chance = random.Random(f"{state.seed}/{activity.identifier}/{attempt}")  # noqa: S311 - an order, not a secret
    children = state.available[index]
    if settings.select in timings and settings.select_count is not None:
        wanted = min(settings.select_count, len(activity.children))
        chosen = set(chance.sample(activity.children, wanted))
        children = tuple(child for child in activity.children if child in chosen)
    if settings.randomise in timings and settings.reorder:
        children = tuple(chance.sample(children, len(children)))
    state.available[index] = children
    state.stand(index, arranged=attempt)
