"""A workflow as a table of steps, and the decision which step a case takes. Pure.

The table is a machine of the `transitions` library, one for each workflow and none for each subject. What is decided
comes from an index of it; a test walks the machines beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, partial
from typing import Any, Final, Generic, Protocol, TypeVar

from transitions import Machine, Transition

from engine.effects import Effect
from engine.errors import NotAllowed, NotDeclared, Refused
from engine.letters import Letter, Recipient

EVERYONE: Final = "everyone"
SELF: Final = "self"
SYSTEM: Final = "system"
_START: Final = "(new)"  # not "*", which to `transitions` means every state


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: an account with its responsibilities, each in one organisation and all below it."""

    id: str
    name: str
    person: str | None = None
    grants: frozenset[tuple[str, str]] = frozenset()
    system: bool = False

    def may(self, responsibilities: Iterable[str], organisations: Iterable[str]) -> bool:
        """Say whether one of these responsibilities is held in one of these organisations."""
        places = tuple(organisations)
        return any((held, place) in self.grants for held in responsibilities for place in places)


THE_SYSTEM: Final = Actor(id=SYSTEM, name="Preceptor", system=True)


class Record(Protocol):
    """What every workflow knows of a subject; `state` is None while it is a draft.

    `organisations` leads from the subject's own organisation up to the trust; `person` is whom it is about.
    """

    @property
    def trust(self) -> str: ...  # noqa: D102 - named in the class docstring
    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def state(self) -> StrEnum | None: ...  # noqa: D102
    @property
    def revision(self) -> int: ...  # noqa: D102
    @property
    def head(self) -> str: ...  # noqa: D102
    @property
    def organisation(self) -> str: ...  # noqa: D102
    @property
    def organisations(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def person(self) -> str | None: ...  # noqa: D102


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(Generic[R]):
    """All that a step may be decided on."""

    record: R
    facts: Mapping[str, Any]
    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A condition of a step, its sentence when it does not hold, and whether only what is typed can make it hold."""

    test: Callable[[Any], bool]
    sentence: str
    typed: bool = False

    @property
    def name(self) -> str:
        """Return the name of the test, as tables and diagrams show it."""
        return self.test.__name__

    def __call__(self, case: Any) -> bool:
        """Say whether the condition holds."""
        return self.test(case)


def guard(sentence: str, *, typed: bool = False) -> Callable[[Callable[[Any], bool]], Guard]:
    """Make a test of a case into a guard that can say why it refuses."""
    return lambda test: Guard(test=test, sentence=sentence, typed=typed)


@guard("A reason is needed.")
def reason_given(case: Case[Any]) -> bool:
    """Hold where the facts carry a reason."""
    return bool(str(case.facts.get("reason") or "").strip())


@dataclass(frozen=True, slots=True)
class Notice:
    """A kind of message that a step sends: the folder of its templates, and its letters for a case."""

    name: str
    letters: Callable[[Any], Iterable[Letter]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a state asks of a role; its choices are the steps out of the state that are marked `answer`.

    `letter` tells one holder of the role (given the case, the holder and the approval's id); `due` is when `lapse`
    fires if nobody answers; `fallback` is the trigger that fires at once where the role is not allocated.
    So many `reminders` go out, `remind_every` apart; after `escalate_after` the nearest version of the role above is
    asked, then the roles of `escalation` in turn (`periods`).
    """

    role: str
    title: Callable[[Any], str]
    letter: Callable[[Any, Recipient, str], Letter]
    due: Callable[[Any], datetime | None] = lambda _case: None
    lapse: StrEnum | None = None
    fallback: StrEnum | None = None
    reminders: int = 0
    remind_every: timedelta = timedelta(days=3)
    escalate_after: timedelta | None = None
    escalation: tuple[str, ...] = ()


def nothing(_case: object) -> tuple[Effect, ...]:
    """Ask for no write."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of a workflow's table; without sources it starts a subject.

    `by` names the responsibilities that allow it, `SELF` the subject's own person, `EVERYONE` whoever
    is signed in (guards then say who); the system always may.
    """

    id: str
    trigger: StrEnum
    sources: tuple[StrEnum, ...]
    target: StrEnum
    by: tuple[str, ...] = ()
    when: tuple[Guard, ...] = ()
    effects: Callable[[Any], Iterable[Effect]] = nothing
    notices: tuple[Notice, ...] = ()
    answer: bool = False

    def permits(self, actor: Actor, record: Record) -> bool:
        """Say whether the actor may take this step with this record."""
        if actor.system or EVERYONE in self.by:
            return True
        own = SELF in self.by and record.person is not None and record.person == actor.person
        return own or actor.may(self.by, record.organisations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The step that a case takes, with all it asks for."""

    step: Step
    source: StrEnum | None
    effects: tuple[Effect, ...]
    letters: tuple[Letter, ...]


def _passes(step: Step, case: Case[Any]) -> bool:
    if not step.permits(case.actor, case.record):
        return False
    return not step.when or all(condition(case) for condition in step.when)


def _refusal(steps: Iterable[Step], case: Case[Any]) -> NotAllowed | Refused:
    """Say why none of the steps is taken: who may take one is told what fails, who may take none learns no more."""
    permitted = [step for step in steps if step.permits(case.actor, case.record)]
    failed = (next(condition for condition in step.when if not condition(case)) for step in permitted)
    return Refused(*dict.fromkeys(condition.sentence for condition in failed)) if permitted else NotAllowed()


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A named table of steps over the states of one kind of subject; in its `finals` a subject may rest for good."""

    kind: str
    title: str
    states: type[StrEnum]
    triggers: type[StrEnum]
    steps: tuple[Step, ...]
    questions: Mapping[StrEnum, Question] = field(default_factory=dict)
    finals: tuple[StrEnum, ...] = ()

    def decide(self, trigger: str, case: Case[Any]) -> Decision:
        """Return the first step for the trigger that is permitted and whose guards hold.

        Raises `NotDeclared`, `NotAllowed` or `Refused`.
        """
        source = case.record.state
        steps = self._ways.get((_START if source is None else str(source), str(trigger)))
        if not steps:
            raise self._undeclared(source, trigger)
        for step in steps:
            if _passes(step, case):
                letters = [letter for notice in step.notices for letter in notice.letters(case)]
                return Decision(step=step, source=source, effects=tuple(step.effects(case)), letters=tuple(letters))
        raise _refusal(steps, case)

    def possible(self, case: Case[Any]) -> tuple[StrEnum, ...]:
        """Return the triggers that would be accepted now, in the table's order."""
        source = case.record.state
        found = (
            step.trigger
            for step in self.steps
            if (source in step.sources or (source is None and not step.sources)) and _passes(step, case)
        )
        return tuple(dict.fromkeys(found))

    def answers(self, state: StrEnum) -> tuple[StrEnum, ...]:
        """Return the choices of the question that a state asks."""
        return tuple(dict.fromkeys(s.trigger for s in self.steps if s.answer and state in s.sources))

    @cached_property
    def version(self) -> str:
        """Return the hash of all that the table declares, 12 hexadecimal digits."""
        return hashlib.sha256(repr([_declared(step) for step in self.steps]).encode()).hexdigest()[:12]

    @cached_property
    def _ways(self) -> Mapping[tuple[str, str], Sequence[Step]]:
        """Return the steps out of a state by a trigger, in order, as the machine has them: walking it costs more."""
        return {
            (source, name): [_step_of(transition) for transition in transitions]
            for name, event in self._machine.events.items()
            for source, transitions in event.transitions.items()
        }

    @cached_property
    def _machine(self) -> Machine:
        machine = Machine(
            model=None,
            states=[_START, *map(str, self.states)],
            initial=_START,
            auto_transitions=False,
        )
        for step in self.steps:
            machine.get_state(str(step.target))  # which raises where it is not declared
            for source in map(str, step.sources or (_START,)):
                machine.add_transition(str(step.trigger), source, str(step.target), conditions=partial(_passes, step))
        return machine

    def _undeclared(self, source: StrEnum | None, trigger: str) -> NotDeclared:
        if trigger not in set(self.triggers):
            return NotDeclared(f"“{trigger}” is nothing that can happen to a {self.title.lower()}.")
        allowed = sorted({plain(s.trigger) for s in self.steps if source in s.sources})
        now = f"This {self.title.lower()} is {plain(source)}" if source else f"A new {self.title.lower()}"
        then = f"From here one may: {', '.join(allowed)}." if allowed else "Nothing more can happen to it."
        return NotDeclared(f"{now}, so “{plain(trigger)}” is not possible. {then}", state=source, allowed=allowed)


def _step_of(transition: Transition) -> Step:
    passes: Any = transition.conditions[0].func
    step: Step = passes.args[0]
    return step


def plain(value: str) -> str:
    """Write a state or a trigger in plain words."""
    return str(value).replace("_", " ").lower()


def _declared(step: Step) -> tuple[object, ...]:
    return (
        step.id,
        str(step.trigger),
        tuple(map(str, step.sources)),
        str(step.target),
        step.by,
        tuple(condition.name for condition in step.when),
        getattr(step.effects, "__qualname__", ""),
        tuple(notice.name for notice in step.notices),
        step.answer,
    )
