"""Everything that can be said of a bundle of workflows before it runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from engine.checking.correspondence import correspondence
from engine.checking.findings import Bundle, Checked, Finding, Severity
from engine.checking.firings import fired
from engine.checking.shape import Fired, shape
from engine.checking.timing import timing
from engine.effects import Effect, Fire, Schedule, Start
from engine.exploring import Explored, explore_examples, explore_table
from engine.machine import Guard, Workflow

_BY_THE_SPINE: Final = (Fire, Start)
_WORST_FIRST: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def check(bundle: Bundle) -> Checked:
    """Check every workflow of a bundle, its tables first and then what its examples do."""
    tables = {workflow.kind: explore_table(workflow) for workflow in bundle.workflows}
    explored = {
        workflow.kind: explore_examples(workflow, bundle.examples[workflow.kind])
        for workflow in bundle.workflows
        if workflow.kind in bundle.examples
    }
    taken = [one for each in explored.values() for one in each.taken]
    known = fired(bundle, taken)
    found: list[Finding] = list(_unserved(bundle))
    for workflow in bundle.workflows:
        found += shape(workflow, known)
        found += _troubles(workflow, tables[workflow.kind])
        found += _tried(bundle, workflow, explored.get(workflow.kind))
    found.sort(key=lambda finding: _WORST_FIRST.index(finding.severity))
    cases = {kind: table.cases + (explored[kind].cases if kind in explored else 0) for kind, table in tables.items()}
    return Checked(findings=tuple(dict.fromkeys(found)), cases=cases)


def _tried(bundle: Bundle, workflow: Workflow, explored: Explored | None) -> Iterator[Finding]:
    if explored is None:
        yield _said(workflow, "(table)", "It has no examples, so its guards, effects and letters were not tried.")
        yield from correspondence(workflow, ())
        return
    yield from _troubles(workflow, explored)
    yield from _idle(workflow, explored)
    yield from _effects(bundle, workflow, explored)
    yield from timing(workflow, explored.taken)
    yield from correspondence(workflow, explored.taken)


def _troubles(workflow: Workflow, explored: Explored) -> Iterator[Finding]:
    for place, sentence in explored.troubles:
        yield Finding(workflow=workflow.kind, place=place, sentence=sentence)


def _idle(workflow: Workflow, explored: Explored) -> Iterator[Finding]:
    """Return what no example ever does: guards that never hold, steps that nobody takes."""
    taken = {one.decision.step.id for one in explored.taken}
    never: dict[Guard, list[str]] = defaultdict(list)
    for step in workflow.steps:
        failing = [each for each in step.when if each not in explored.held]
        for each in failing:
            never[each].append(step.id)
        if step.id not in taken and not failing:
            yield _said(workflow, step.id, "No example takes this step.")
    for each, steps in never.items():
        yield _said(workflow, ", ".join(steps), f"In no example this guard holds: {each.sentence}")
    if not explored.whole:
        yield _said(workflow, "(table)", f"The examples make more than {explored.cases} cases; the rest was not tried.")


def _effects(bundle: Bundle, workflow: Workflow, explored: Explored) -> Iterator[Finding]:
    """Return effects that nobody serves, and triggers that are fired at no step."""
    known = frozenset((each.kind, str(trigger)) for each in bundle.workflows for trigger in each.triggers)
    for one in explored.taken:
        for effect in one.decision.effects:
            if not isinstance(effect, _BY_THE_SPINE) and type(effect) not in bundle.handlers:
                sentence = f"It asks for {type(effect).__name__}, which has no handler."
                yield Finding(workflow=workflow.kind, place=one.decision.step.id, sentence=sentence)
            yield from _aim(known, workflow, one.decision.step.id, effect)


def _aim(known: Fired, workflow: Workflow, step: str, effect: Effect) -> Iterator[Finding]:
    if not isinstance(effect, Fire | Start | Schedule):
        return
    kind = effect.kind if isinstance(effect, Start) else effect.subject.kind
    if (kind, str(effect.trigger)) not in known:
        sentence = f"It fires “{effect.trigger}” of “{kind}”, which no workflow declares."
        yield Finding(workflow=workflow.kind, place=step, sentence=sentence)


def _unserved(bundle: Bundle) -> Iterator[Finding]:
    """Return the effects that are declared in the packages of the handlers and served by nobody."""
    packages = {handler.__module__.partition(".")[0] for handler in bundle.handlers.values()}
    served = {_named(kind) for kind in (*bundle.handlers, *_BY_THE_SPINE)}
    for kind in _declared(Effect):
        if kind.__module__.partition(".")[0] in packages and _named(kind) not in served:
            yield Finding(workflow="(effects)", place=kind.__name__, sentence="This effect has no handler.")


def _declared(kind: type[Effect]) -> Iterator[type[Effect]]:
    for found in kind.__subclasses__():
        yield found
        yield from _declared(found)


def _named(kind: type[Effect]) -> tuple[str, str]:
    """Tell effects apart by name: a slotted dataclass leaves the class that it was made from among the subclasses."""
    return kind.__module__, kind.__qualname__


def _said(workflow: Workflow, place: str, sentence: str) -> Finding:
    return Finding(workflow=workflow.kind, place=place, sentence=sentence, severity=Severity.WARNING)
