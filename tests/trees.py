"""Activity trees for tests, and a learner who walks them: `course(cluster("m", sco("a"), sco("b")))`."""

from typing import Any

from scorm.sequencing import overall
from scorm.sequencing.definition import (
    Action,
    Aspect,
    ChildSet,
    Circumstance,
    Condition,
    Map,
    Node,
    Objective,
    Organisation,
    RollupAction,
    RollupRule,
    Rule,
    Settings,
)
from scorm.sequencing.overall import Result
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.survey import Survey, survey
from scorm.sequencing.tracking import Progress, State, status
from scorm.sequencing.tree import Tree


def sco(identifier: str, *, prerequisites: str = "", **settings: Any) -> Node:
    return Node(identifier=identifier, resource="page", prerequisites=prerequisites, settings=Settings(**settings))


def cluster(identifier: str, *children: Node, flow: bool = True, **settings: Any) -> Node:
    return Node(identifier=identifier, children=children, settings=Settings(flow=flow, **settings))


def when(
    circumstance: Circumstance, *, objective: str = "", negated: bool = False, threshold: float = 0.0
) -> Condition:
    return Condition(circumstance=circumstance, objective=objective, negated=negated, threshold=threshold)


def rule(action: Action, *conditions: Condition, every: bool = True) -> Rule:
    return Rule(action=action, conditions=conditions or (when(Circumstance.ALWAYS),), every=every)


def rollup(
    action: RollupAction, circumstance: Circumstance, child_set: ChildSet = ChildSet.ALL, **more: Any
) -> RollupRule:
    return RollupRule(action=action, conditions=(when(circumstance),), child_set=child_set, **more)


def objective(
    identifier: str = "",
    *,
    writes: str = "",
    reads: str = "",
    minimum: float | None = None,
    aspects: tuple[Aspect, ...] = (Aspect.SATISFIED, Aspect.MEASURE),
) -> Objective:
    maps = []
    if writes:
        maps.append(Map(target=writes, writes=frozenset(aspects)))
    if reads:
        maps.append(Map(target=reads, reads=frozenset(aspects)))
    stated = {} if minimum is None else {"by_measure": True, "minimum_measure": minimum}
    return Objective(identifier=identifier, maps=tuple(maps), **stated)


class Walk:
    """A learner in a tree; what is open is named by its identifier."""

    def __init__(self, root: Node, *, seed: str = "1", shared: dict[str, Progress] | None = None) -> None:
        self.tree = Tree.grown(Organisation(root=root))
        self.state = State(self.tree, seed, shared or {})

    @property
    def open(self) -> str | None:
        current = self.state.current
        if current is None or self.tree.activities[current].children or not self.state.standing[current].active:
            return None
        return self.tree.activities[current].identifier

    def ask(self, request: Request, target: str = "") -> Result:
        return overall.request(self.state, request, self.tree.numbers.get(target))

    def go(self, request: Request, target: str = "") -> str | None:
        self.ask(request, target)
        return self.open

    def start(self) -> str | None:
        return self.go(Request.START)

    def forward(self) -> str | None:
        return self.go(Request.CONTINUE)

    def back(self) -> str | None:
        return self.go(Request.PREVIOUS)

    def choose(self, target: str) -> str | None:
        return self.go(Request.CHOICE, target)

    def refused(self, request: Request, target: str = "") -> str | None:
        """Give the code for which nothing is delivered, None if something is, or if the session ends."""
        try:
            result = self.ask(request, target)
        except Refusal as refusal:
            return refusal.code
        return result.refusal.code if result.refusal else None

    def report(
        self,
        *,
        completed: bool | None = None,
        satisfied: bool | None = None,
        measure: float | None = None,
        progress: float | None = None,
    ) -> None:
        assert self.state.current is not None
        primary = self.tree.activities[self.state.current].primary
        for aspect, value in (
            (Aspect.COMPLETION, completed),
            (Aspect.SATISFIED, satisfied),
            (Aspect.PROGRESS, progress),
        ):
            if value is not None:
                self.state.write(primary, aspect, value)
        if measure is not None:
            self.state.measure(primary, measure)

    def suspend(self) -> None:
        assert self.state.current is not None
        self.state.stand(self.state.current, suspended=True)

    def status(self, identifier: str) -> tuple[Any, Any]:
        """Give (completed, satisfied)."""
        return status(self.state, self.tree.numbers[identifier])

    def known(self, identifier: str, aspect: Aspect) -> Any:
        return self.state.read(self.tree.activities[self.tree.numbers[identifier]].primary, aspect)

    def attempts(self, identifier: str) -> int:
        return self.state.standing[self.tree.numbers[identifier]].attempts

    def children(self, identifier: str) -> list[str]:
        numbers = self.state.available[self.tree.numbers[identifier]]
        return [self.tree.activities[one].identifier for one in numbers]

    def survey(self) -> Survey:
        return survey(self.state)

    def choosable(self) -> list[str]:
        choices = self.survey().choices
        return [one.identifier for one in self.tree.activities if choices[one.index] is None]
