"""Why an activity cannot be opened yet, by the names of what must come first: rules, prerequisites, limits. Pure.

The pseudo-code has a code for it (refusals.py); which other activity it waits for follows from the rule that holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from scorm.sequencing import conditions, phrases
from scorm.sequencing.definition import Action, Aspect, Circumstance, Condition, Rule
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.tracking import State

USED_UP = "All the attempts that the course allows at this have been used."

_WANTED: Mapping[tuple[Circumstance, bool], tuple[str, Aspect]] = {
    (Circumstance.SATISFIED, True): ("passed", Aspect.SATISFIED),
    (Circumstance.COMPLETED, True): ("finished", Aspect.COMPLETION),
    (Circumstance.STATUS_KNOWN, True): ("finished", Aspect.SATISFIED),
    (Circumstance.PROGRESS_KNOWN, True): ("begun", Aspect.COMPLETION),
    (Circumstance.MEASURE_KNOWN, True): ("finished", Aspect.MEASURE),
    (Circumstance.MEASURE_GREATER, True): ("reached a higher score in", Aspect.MEASURE),
    (Circumstance.MEASURE_LESS, False): ("reached a higher score in", Aspect.MEASURE),
    (Circumstance.ATTEMPTED, True): ("opened", Aspect.COMPLETION),
}
"""What a learner does about a condition in the way, and which aspect tells of it: by (circumstance, negated)."""

_CLOSING = frozenset({"DB.1.1-3", "SB.2.2-2", "SB.2.9-9"})


def said(state: State, index: int | None, refusal: Refusal | None) -> str:
    """Say why this activity cannot be opened, "" where it can; None stands for whatever comes next.

    The state is the one in which it was tried.
    """
    if refusal is None:
        return ""
    if refusal.code == "SB.2.4-1" and refusal.at is not None:
        return _sentence(_ruled(state, refusal.at, Action.STOP_FORWARD_TRAVERSAL), index) or str(refusal)
    barred = refusal.at if refusal.at is not None else index
    if refusal.code not in _CLOSING or barred is None:
        return str(refusal)
    return _closed(state, barred, index) or str(refusal)


def _closed(state: State, barred: int, index: int | None) -> str:
    for one in state.tree.activities[barred].path:
        if conditions.over_limit(state, one):
            return USED_UP
        if conditions.locked(state, one):
            return _sentence(_prerequisite(state, one), index)
        if conditions.applies(state, one, Action.DISABLED):
            return _sentence(_ruled(state, one, Action.DISABLED), index)
    return ""


def _sentence(phrase: str, index: int | None) -> str:
    opens = "Open" if index is not None else "What comes next opens"
    return f"{opens} after you have {phrase}." if phrase else ""


def _prerequisite(state: State, index: int) -> str:
    prerequisite = state.tree.activities[index].prerequisite
    if prerequisite is None:
        return ""
    statuses = lambda name: conditions.lesson_status(state, name)  # noqa: E731 - one of two small readers
    return prerequisite.lacking(statuses, _titles(state))


def _titles(state: State) -> phrases.Titles:
    def title(name: str) -> str:
        index = state.tree.numbers.get(name)
        return "" if index is None else _title(state, index)

    return title


def _title(state: State, index: int) -> str:
    node = state.tree.activities[index].node
    return phrases.quoted(node.title or node.identifier) if node.visible else ""


def _ruled(state: State, index: int, action: Action) -> str:
    """Say what ends every rule for this action that holds."""
    rules = state.tree.activities[index].rules.get(action, ())
    holding = [one for one in rules if conditions.holds(state, index, one.conditions, every=one.every)]
    ends = [_ended(state, index, one) for one in holding]
    return phrases.of(len(ends), ends)


def _ended(state: State, index: int, rule: Rule) -> str:
    known = [one for one in rule.conditions if conditions.holds(state, index, (one,), every=True)]
    undone = [_undone(state, index, one) for one in known]
    return phrases.of(1 if rule.every else len(undone), undone)


def _undone(state: State, index: int, condition: Condition) -> str:
    verb, aspect = _WANTED.get((condition.circumstance, condition.negated), ("", Aspect.SATISFIED))
    if not verb:
        return ""
    told = _telling(state, index, condition, aspect)
    return phrases.of(1, [f"{verb} {title}" if title else "" for title in (_title(state, one) for one in told)])


def _telling(state: State, index: int, condition: Condition, aspect: Aspect) -> Iterable[int]:
    """Give the activities that decide on it: those that write what it reads, or the activity itself."""
    activity = state.tree.activities[index]
    slot = activity.slots.get(condition.objective) if condition.objective else activity.primary
    own = condition.circumstance is Circumstance.ATTEMPTED or slot is None
    targets = () if own or slot is None else _targets(state, slot, aspect)
    writers = [one for target in targets for one in _writers(state, target, aspect) if one != index]
    return dict.fromkeys(writers) or (index,)


def _targets(state: State, slot: int, aspect: Aspect) -> Iterator[str]:
    reads = state.tree.slots[slot].reads
    aspects = (aspect, *(from_ for from_, _ in state.tree.slots[slot].derived.values()))
    return (reads[one] for one in aspects if one in reads)


def _writers(state: State, target: str, aspect: Aspect) -> Iterator[int]:
    for slot in state.tree.slots:
        if target in slot.writes.get(aspect, ()) or target in slot.writes.get(Aspect.MEASURE, ()):
            yield slot.owner
