"""Whether every timer is cancelled when its reason goes: states are walked with what is scheduled. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from engine.checking.findings import Finding
from engine.effects import Schedule, Unschedule
from engine.exploring import Taken
from engine.machine import Workflow, plain

MOST_STANDINGS: Final = 2000
_Pending = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one step, as it was taken, does to the timers of its own subject: keys with triggers set, keys forgotten."""

    step: str
    source: StrEnum | None
    target: StrEnum
    trigger: str
    alone: bool
    scheduled: _Pending
    forgotten: frozenset[str]


def timing(workflow: Workflow, taken: Iterable[Taken]) -> Iterator[Finding]:
    """Return each timer that is still set in a state that has no step for its trigger."""
    turns = tuple(dict.fromkeys(_turn(one) for one in taken))
    declared = _declared(workflow)
    found: set[tuple[str, str]] = set()
    for turn, pending in _standings(turns):
        for _key, trigger in sorted(pending):
            if trigger not in declared[turn.target] and (turn.step, trigger) not in found:
                found.add((turn.step, trigger))
                sentence = (
                    f"The timer for “{trigger.replace('_', ' ').lower()}” is still set in {plain(turn.target)}, "
                    "where nothing is declared for it."
                )
                yield Finding(workflow=workflow.kind, place=turn.step, sentence=sentence)


def _declared(workflow: Workflow) -> Mapping[StrEnum, set[str]]:
    return {state: {str(step.trigger) for step in workflow.steps if state in step.sources} for state in workflow.states}


def _turn(one: Taken) -> Turn:
    record, effects, step = one.case.record, one.decision.effects, one.decision.step
    own = [each for each in effects if isinstance(each, Schedule) and each.subject.id == record.id]
    return Turn(
        step=step.id,
        source=one.decision.source,
        target=step.target,
        trigger=str(step.trigger),
        alone=not step.by,
        scheduled=frozenset((each.key, str(each.trigger)) for each in own),
        forgotten=frozenset(each.key for each in effects if isinstance(each, Unschedule)),
    )


def _standings(turns: tuple[Turn, ...]) -> Iterator[tuple[Turn, _Pending]]:
    """Walk from the starts, breadth first: each way into a state with what is then scheduled, once."""
    starts = [turn for turn in turns if turn.source is None]
    waiting = deque((turn, _after(turn, frozenset())) for turn in starts)
    seen: set[tuple[StrEnum, _Pending]] = set()
    while waiting and len(seen) < MOST_STANDINGS:
        turn, pending = waiting.popleft()
        yield turn, pending
        if (turn.target, pending) in seen:
            continue
        seen.add((turn.target, pending))
        waiting += [(then, _after(then, pending)) for then in turns if then.source == turn.target]


def _after(turn: Turn, before: _Pending) -> _Pending:
    """Return what is scheduled after a step; what only the system may fire has used up its own timer."""
    gone = turn.forgotten | {key for key, _trigger in turn.scheduled}
    kept = {(key, trigger) for key, trigger in before if key not in gone}
    if turn.alone:
        kept -= {(key, trigger) for key, trigger in kept if trigger == turn.trigger}
    return frozenset(kept | turn.scheduled)
