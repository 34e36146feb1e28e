"""Rules, limit conditions and whether an activity may be used at all: SN [UP.1], [UP.2], [UP.2.1], [UP.5]. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from scorm.sequencing.definition import Action, Aspect, Circumstance, Condition
from scorm.sequencing.tracking import State, Value, status

POST = (
    Action.EXIT_PARENT,
    Action.EXIT_ALL,
    Action.RETRY,
    Action.RETRY_ALL,
    Action.CONTINUE,
    Action.PREVIOUS,
)
"""The actions of post-condition rules."""

Read = Callable[[int, Aspect], Value]
"""Reads an aspect of an objective by its place; rollup reads otherwise than rules do."""


def check(state: State, index: int, actions: Iterable[Action]) -> Action | None:
    """[UP.2] Sequencing Rules Check Process: the action of the first rule, in the manifest's order, that holds."""
    activity = state.tree.activities[index]
    if not activity.rules:
        return None
    wanted = set(actions)
    for rule in activity.settings.rules:
        if rule.action in wanted and holds(state, index, rule.conditions, every=rule.every):
            return rule.action
    return None


def applies(state: State, index: int, action: Action) -> bool:
    """[UP.2] for a single action: is there a rule for it that holds?"""
    for rule in state.tree.activities[index].rules.get(action, ()):
        if holds(state, index, rule.conditions, every=rule.every):
            return True
    return False


def holds(state: State, index: int, conditions: Sequence[Condition], *, every: bool) -> bool:
    """[UP.2.1] Sequencing Rule Check Subprocess: only what is known to be true counts."""
    return combined(state, index, conditions, every, state.read) is True


def combined(
    state: State,
    index: int,
    conditions: Sequence[Condition],
    every: bool,  # noqa: FBT001 - a field of the rule, not a switch
    read: Read,
) -> bool | None:
    """Combine conditions by three-valued logic, as [UP.2.1] and [RB.1.4.1] do; None is not known."""
    if len(conditions) == 1:
        return _evaluated(state, index, conditions[0], read)
    answers = {_evaluated(state, index, one, read) for one in conditions}
    if not answers:
        return None
    deciding = not every
    if deciding in answers:
        return deciding
    return None if None in answers else every


def _evaluated(state: State, index: int, condition: Condition, read: Read) -> bool | None:
    answer = _ANSWERS[condition.circumstance](state, index, condition, read)
    if answer is None:
        return None
    return answer is not condition.negated


def _aspect(state: State, index: int, condition: Condition, aspect: Aspect, read: Read) -> Value:
    activity = state.tree.activities[index]
    # SN 3.13.1: of an activity that is not tracked nothing is known, whatever its objectives could read.
    if not activity.settings.tracked:
        return None
    slot = activity.slots.get(condition.objective) if condition.objective else activity.primary
    return None if slot is None else read(slot, aspect)


def _satisfied(state: State, index: int, condition: Condition, read: Read) -> bool | None:
    value = _aspect(state, index, condition, Aspect.SATISFIED, read)
    return None if value is None else bool(value)


def _status_known(state: State, index: int, condition: Condition, read: Read) -> bool:
    return _aspect(state, index, condition, Aspect.SATISFIED, read) is not None


def _measure_known(state: State, index: int, condition: Condition, read: Read) -> bool:
    return _aspect(state, index, condition, Aspect.MEASURE, read) is not None


def _measure_greater(state: State, index: int, condition: Condition, read: Read) -> bool | None:
    measure = _aspect(state, index, condition, Aspect.MEASURE, read)
    return None if measure is None else measure > condition.threshold


def _measure_less(state: State, index: int, condition: Condition, read: Read) -> bool | None:
    measure = _aspect(state, index, condition, Aspect.MEASURE, read)
    return None if measure is None else measure < condition.threshold


def _completed(state: State, index: int, condition: Condition, read: Read) -> bool | None:
    value = _aspect(state, index, condition, Aspect.COMPLETION, read)
    return None if value is None else bool(value)


def _progress_known(state: State, index: int, condition: Condition, read: Read) -> bool:
    return _aspect(state, index, condition, Aspect.COMPLETION, read) is not None


def _attempted(state: State, index: int, _condition: Condition, _read: Read) -> bool:
    return state.standing[index].attempts > 0


def _limit_exceeded(state: State, index: int, _condition: Condition, _read: Read) -> bool:
    limit = state.tree.activities[index].settings.attempt_limit
    return limit is not None and state.standing[index].attempts >= limit


def _always(_state: State, _index: int, _condition: Condition, _read: Read) -> bool:
    return True


def _not_evaluated(_state: State, _index: int, _condition: Condition, _read: Read) -> None:
    # SN 3.4.1: an LMS need not evaluate the conditions on time; what is not evaluated is not known.
    return None


_ANSWERS: Mapping[Circumstance, Callable[[State, int, Condition, Read], bool | None]] = {
    Circumstance.SATISFIED: _satisfied,
    Circumstance.STATUS_KNOWN: _status_known,
    Circumstance.MEASURE_KNOWN: _measure_known,
    Circumstance.MEASURE_GREATER: _measure_greater,
    Circumstance.MEASURE_LESS: _measure_less,
    Circumstance.COMPLETED: _completed,
    Circumstance.PROGRESS_KNOWN: _progress_known,
    Circumstance.ATTEMPTED: _attempted,
    Circumstance.ATTEMPT_LIMIT_EXCEEDED: _limit_exceeded,
    Circumstance.TIME_LIMIT_EXCEEDED: _not_evaluated,
    Circumstance.OUTSIDE_TIME_RANGE: _not_evaluated,
    Circumstance.ALWAYS: _always,
}


def over_limit(state: State, index: int) -> bool:
    """[UP.1] Limit Conditions Check Process: have all attempts been used?

    Limits of duration and of begin and end times are optional in SN 3.6 and not applied.
    """
    settings = state.tree.activities[index].settings
    standing = state.standing[index]
    if settings.attempt_limit is None or not settings.tracked or standing.active or standing.suspended:
        return False
    return standing.attempts >= settings.attempt_limit


def unavailable(state: State, index: int) -> bool:
    """[UP.5] Check Activity Process: is the activity disabled, over its limits, or (SCORM 1.2) not unlocked yet?"""
    return applies(state, index, Action.DISABLED) or over_limit(state, index) or locked(state, index)


def hidden(state: State, index: int) -> bool:
    """Does a rule hide the activity from choice ([SB.2.9] 3.2)?"""
    return applies(state, index, Action.HIDDEN_FROM_CHOICE)


def absent(state: State, index: int) -> bool:
    """Was the activity left out when its parent's children were selected ([SB.2.9] 3.1)?"""
    parent = state.tree.activities[index].parent
    return parent >= 0 and index not in state.available[parent]


TESTS: Mapping[str, Callable[[State, int], bool]] = {"absent": absent, "hidden": hidden, "unavailable": unavailable}
"""What may be asked of an activity and all above it at once."""


def anywhere(state: State, index: int, test: str) -> bool:
    """Does this test hold of the activity, or of anything above it?"""
    if state.facts is not None:
        return state.facts[test][index]
    return any(TESTS[test](state, one) for one in state.tree.activities[index].path)


def settle(state: State) -> None:
    """Answer every `anywhere` once and for all, in a state that will not change any more."""
    facts: dict[str, list[bool]] = {}
    for name, test in TESTS.items():
        known = facts[name] = []
        for activity in state.tree.activities:
            above = activity.parent >= 0 and known[activity.parent]
            known.append(above or test(state, activity.index))
    state.facts = facts


def locked(state: State, index: int) -> bool:
    """Does the activity's prerequisite not hold (CAM 1.2 2.3.5.4, adlcp:prerequisites)?"""
    prerequisite = state.tree.activities[index].prerequisite
    return prerequisite is not None and not prerequisite(lambda name: lesson_status(state, name))


def lesson_status(state: State, name: str) -> str:
    """Say in the one word of SCORM 1.2 how an item stands, "" if there is none of that identifier."""
    index = state.tree.numbers.get(name)
    if index is None:
        return ""
    completed, satisfied = status(state, index)
    if satisfied is not None:
        return "passed" if satisfied else "failed"
    if completed is not None:
        return "completed" if completed else "incomplete"
    return "incomplete" if state.standing[index].attempts else "not attempted"
