"""Bounded exploration of a workflow: what `decide` makes of every small case, beside a slow and obvious reading. Pure.

Two ways. Of the table alone every state, trigger, kind of actor and assignment of guards is tried, with guards that
hold or fail as they are told. Of the examples that a workflow brings, the real guards, effects and letters are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, combinations, islice, product
from typing import Any, Final

from engine.errors import NotAllowed, NotDeclared, Refused
from engine.machine import EVERYONE, SELF, THE_SYSTEM, Actor, Case, Decision, Guard, Record, Step, Workflow, plain

MOST_ASSIGNMENTS: Final = 128
MOST_CASES: Final = 20_000
_WHEN: Final = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_NOBODY: Final = Actor(id="nobody", name="Nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Small cases of one workflow: records as they may stand in some state, and the facts that triggers may bring.

    The explorer puts every record into every state; `actors` are tried beside the kinds that the table names.
    """

    records: tuple[Record, ...]
    facts: Mapping[StrEnum, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    actors: tuple[Actor, ...] = ()
    now: datetime = _WHEN


@dataclass(frozen=True, slots=True)
class Taken:
    """A case whose step was taken, with what it asks for."""

    case: Case[Any]
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """What came of a workflow's cases; `troubles` are a place and a sentence each, `whole` is false past the bound."""

    cases: int
    taken: tuple[Taken, ...]
    held: frozenset[Guard]
    troubles: tuple[tuple[str, str], ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A record of which nothing is known but what every workflow knows."""

    state: StrEnum | None
    trust: str = "trust"
    id: str = "subject"
    revision: int = 0
    head: str = ""
    organisation: str = "ward"
    organisations: tuple[str, ...] = ("ward", "trust")
    person: str | None = "somebody"


def interpret(workflow: Workflow, trigger: StrEnum, case: Case[Any]) -> str:
    """Read the table row by row, and say what happens; slow, obvious, and without the library that `decide` uses."""
    declared, said = False, list[str]()
    for row in workflow.steps:
        here = case.record.state in row.sources if row.sources else case.record.state is None
        if row.trigger != trigger or not here:
            continue
        declared = True
        if not _allowed(row, case):
            continue
        broken = [condition.sentence for condition in row.when if not condition.test(case)]
        if not broken:
            return f"takes {row.id}"
        if broken[0] not in said:
            said.append(broken[0])
    if not declared:
        return "not declared"
    return f"refused: {' '.join(said)}" if said else "not allowed"


def decided(workflow: Workflow, trigger: StrEnum, case: Case[Any]) -> tuple[str, Decision | None]:
    """Let `decide` say what happens, in the words of `interpret`."""
    try:
        decision = workflow.decide(trigger, case)
    except NotDeclared:
        return "not declared", None
    except NotAllowed:
        return "not allowed", None
    except Refused as refusal:
        return f"refused: {' '.join(refusal.reasons)}", None
    except Exception as fault:  # noqa: BLE001 - whatever a guard, an effect or a letter raises is what is looked for
        return f"fails with {type(fault).__name__}: {fault}", None
    return f"takes {decision.step.id}", decision


def explore_table(workflow: Workflow, reading: Callable[..., str] = interpret) -> Explored:
    """Compare `decide` with the reading for every state, trigger, kind of actor and assignment of guards."""
    bare, guards = _bared(workflow)
    cases, troubles = 0, list[tuple[str, str]]()
    for state, trigger in product((None, *workflow.states), workflow.triggers):
        mine = sorted({guards.index(each) for step in _rows(workflow, state, trigger) for each in step.when})
        for actor, failing in product(actors(workflow, Bare(state=state)), _assignments(mine)):
            case = Case(record=Bare(state=state), facts={"failing": failing}, actor=actor, now=_WHEN)
            cases += 1
            troubles += _compared(bare, trigger, case, reading)[1]
    return Explored(cases=cases, taken=(), held=frozenset(), troubles=tuple(dict.fromkeys(troubles)), whole=True)


def explore_examples(
    workflow: Workflow, examples: Examples, reading: Callable[..., str] = interpret, most: int = MOST_CASES
) -> Explored:
    """Try every example in every state with every trigger that is declared there, by every kind of actor."""
    tried = list(islice(_cases(workflow, examples), most + 1))
    taken, troubles, held = list[Taken](), list[tuple[str, str]](), set[Guard]()
    for trigger, case in tried[:most]:
        decision, found = _compared(workflow, trigger, case, reading)
        troubles += found
        if not found:
            held |= _holding(workflow, trigger, case, held)
        if decision is not None:
            taken.append(Taken(case, decision))
    return Explored(
        cases=min(len(tried), most),
        taken=tuple(taken),
        held=frozenset(held),
        troubles=tuple(dict.fromkeys(troubles)),
        whole=len(tried) <= most,
    )


def actors(workflow: Workflow, record: Record) -> tuple[Actor, ...]:
    """Return one actor of each kind that the table can tell apart."""
    names = sorted({name for step in workflow.steps for name in step.by} - {SELF, EVERYONE})
    own = Actor(id="self", name="Self", person=record.person)
    place = record.organisations[-1]
    holders = (Actor(id=name, name=name, person="other", grants=frozenset({(name, place)})) for name in names)
    both = replace(own, id="self-holder", grants=frozenset((name, place) for name in names))
    return (THE_SYSTEM, _NOBODY, own, *holders, *((both,) if names else ()))


def _allowed(row: Step, case: Case[Any]) -> bool:
    actor, record = case.actor, case.record
    if actor.system or EVERYONE in row.by:
        return True
    if SELF in row.by and actor.person is not None and actor.person == record.person:
        return True
    return any(held in row.by and place in record.organisations for held, place in actor.grants)


def _compared(
    workflow: Workflow, trigger: StrEnum, case: Case[Any], reading: Callable[..., str]
) -> tuple[Decision | None, list[tuple[str, str]]]:
    """Return the decision, and as a trouble whatever should not have come of the case."""
    place = f"{plain(case.record.state) if case.record.state else '(new)'}, {plain(trigger)}"
    said, decision = decided(workflow, trigger, case)
    if said.startswith("fails"):
        return None, [(place, f"With an example it {said}.")]
    expected = reading(workflow, trigger, case)
    if said != expected:
        return decision, [(place, f"For {case.actor.name} the machine {said}, the table {expected}.")]
    return decision, []


def _cases(workflow: Workflow, examples: Examples) -> Iterator[tuple[StrEnum, Case[Any]]]:
    for state, trigger in product((None, *workflow.states), workflow.triggers):
        if not _rows(workflow, state, trigger):
            continue
        for example, facts in product(examples.records, examples.facts.get(trigger, ({},))):
            record: Any = replace(example, state=state)
            for actor in (*actors(workflow, record), *examples.actors):
                yield trigger, Case(record=record, facts=facts, actor=actor, now=examples.now)


def _holding(workflow: Workflow, trigger: StrEnum, case: Case[Any], known: set[Guard]) -> set[Guard]:
    candidates = {each for step in _rows(workflow, case.record.state, trigger) for each in step.when} - known
    return {each for each in candidates if _holds(each, case)}


def _holds(condition: Guard, case: Case[Any]) -> bool:
    """Say whether a guard holds alone; one that leans on the guards before it may fail without them."""
    try:
        return condition(case)
    except Exception:  # noqa: BLE001 - `decide` never asks it of such a case
        return False


def _rows(workflow: Workflow, state: StrEnum | None, trigger: StrEnum) -> tuple[Step, ...]:
    return tuple(
        step
        for step in workflow.steps
        if step.trigger == trigger and (state in step.sources or (state is None and not step.sources))
    )


def _bared(workflow: Workflow) -> tuple[Workflow, list[Guard]]:
    """Return the table with guards that do as the facts say, and without effects and letters; and the real guards."""
    guards = list(dict.fromkeys(each for step in workflow.steps for each in step.when))
    steps = tuple(
        Step(
            id=step.id,
            trigger=step.trigger,
            sources=step.sources,
            target=step.target,
            by=step.by,
            when=tuple(_told(guards.index(each), each.sentence) for each in step.when),
            answer=step.answer,
        )
        for step in workflow.steps
    )
    return replace(workflow, steps=steps), guards


def _told(index: int, sentence: str) -> Guard:
    def holds(case: Case[Any]) -> bool:
        return index not in case.facts["failing"]

    return Guard(test=holds, sentence=sentence)


def _assignments(guards: Sequence[int]) -> Iterator[frozenset[int]]:
    """Return which guards fail, in turn: none, all, one, all but one, and so on up to the bound."""
    count = len(guards)
    sizes = list(dict.fromkeys(chain.from_iterable((size, count - size) for size in range(count // 2 + 1))))
    found = (frozenset(failing) for size in sizes for failing in combinations(guards, size))
    return islice(found, MOST_ASSIGNMENTS)
