"""W5, SCORM sequencing: navigation requests in one thread over a tree of 50 activities, in memory.

Measured twice: the request alone, and with all that a player shows after it: what may be asked for, and the contents.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scorm.sequencing import contents, overall
from scorm.sequencing.definition import (
    Action,
    Aspect,
    Circumstance,
    Condition,
    Node,
    Objective,
    Organisation,
    RollupAction,
    RollupRule,
    Rule,
    Settings,
)
from scorm.sequencing.requests import Request
from scorm.sequencing.survey import survey
from scorm.sequencing.tracking import State
from scorm.sequencing.tree import Tree

MODULES: Final = 7
SCOS: Final = 6
_WARM_UP: Final = 300
_OBJECTIVE: Final = Objective(by_measure=True, minimum_measure=0.6)
_PASSING: Final = 0.8


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Walk and count; see `--help`."""
    parser = argparse.ArgumentParser(prog="preceptor bench w5", description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--variant", choices=("flow", "choice"), default="flow")
    told = parser.parse_args(arguments)
    plain = _measured(told.requests, told.variant, lambda _state: None)
    shown = _measured(told.requests, told.variant, _show)
    return {
        **plain.figures,
        "with_contents": shown.figures,
        "ok": all(one.accepted == told.requests and one.in_order for one in (plain, shown)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    ops: int
    seconds: float
    cpu: float
    accepted: int
    in_order: bool

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "ops": self.ops,
            "seconds": round(self.seconds, 3),
            "rate": round(self.ops / self.seconds, 1),
            "accepted": self.accepted,
            "cpu_ms_per_request": round(self.cpu / self.ops * 1000, 4),
        }


def _measured(count: int, variant: str, show: Callable[[State], None]) -> _Measured:
    state = State(Tree.grown(tree()), "1", {})
    walk = _WALKS[variant](state)
    for _ in range(_WARM_UP):
        next(walk)
        show(state)
    began, spent = time.perf_counter(), time.process_time()
    visited = []
    for _ in range(count):
        visited.append(next(walk))
        show(state)
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    accepted = [one for one in visited if one is not None]
    in_order = variant == "choice" or _follows(state.tree, accepted)
    return _Measured(ops=count, seconds=seconds, cpu=cpu, accepted=len(accepted), in_order=in_order)


def _show(state: State) -> None:
    contents.entries(state, survey(state))


def _flow(state: State) -> Iterator[int | None]:
    while True:
        _report(state)
        result = overall.request(state, Request.START if state.current is None else Request.CONTINUE)
        if result.over:
            result = overall.request(state, Request.START)
        yield result.delivered


def _choice(state: State) -> Iterator[int | None]:
    number = 0
    while True:
        _report(state)
        module, sco = (5 * number + 3) % MODULES, (7 * number + 1) % SCOS
        yield overall.request(state, Request.CHOICE, state.tree.numbers[_name(module, sco)]).delivered
        number += 1


_WALKS: Final[dict[str, Callable[[State], Iterator[int | None]]]] = {"flow": _flow, "choice": _choice}


def _report(state: State) -> None:
    if state.current is not None:
        primary = state.tree.activities[state.current].primary
        state.write(primary, Aspect.COMPLETION, value=True)
        state.measure(primary, _PASSING)


def _follows(tree: Tree, visited: Sequence[int]) -> bool:
    leaves = [one.index for one in tree.activities if not one.children]
    following = dict(zip(leaves, [*leaves[1:], leaves[0]], strict=True))
    return all(following[one] == another for one, another in itertools.pairwise(visited))


def tree() -> Organisation:
    """Give the course: a root, 7 modules, 42 SCOs, with rules before and after each and rollup on every cluster."""
    modules = tuple(_cluster(f"module-{number}", _scos(number)) for number in range(MODULES))
    return Organisation(root=_cluster("root", modules))


def _cluster(identifier: str, children: tuple[Node, ...]) -> Node:
    rules = (
        RollupRule(action=RollupAction.COMPLETED, conditions=(Condition(circumstance=Circumstance.COMPLETED),)),
        RollupRule(action=RollupAction.SATISFIED, conditions=(Condition(circumstance=Circumstance.SATISFIED),)),
    )
    settings = Settings(flow=True, rollup_rules=rules, primary=_OBJECTIVE)
    return Node(identifier=identifier, settings=settings, children=children)


def _scos(module: int) -> tuple[Node, ...]:
    exceeded = (Condition(circumstance=Circumstance.ATTEMPT_LIMIT_EXCEEDED),)
    poor = (Condition(circumstance=Circumstance.MEASURE_LESS, threshold=-0.5),)
    rules = (
        Rule(action=Action.DISABLED, conditions=exceeded),
        Rule(action=Action.SKIP, conditions=exceeded),
        Rule(action=Action.RETRY, conditions=poor),
    )
    settings = Settings(rules=rules, primary=_OBJECTIVE)
    return tuple(Node(identifier=_name(module, sco), resource="page", settings=settings) for sco in range(SCOS))


def _name(module: int, sco: int) -> str:
    return f"module-{module}-sco-{sco}"
