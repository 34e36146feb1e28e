"""Which triggers some code fires, read from the code itself: steps' effects, handlers, scheduled work, the run-time."""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from engine.checking.findings import Bundle
from engine.checking.shape import Fired
from engine.effects import Fire, Schedule, Start
from engine.exploring import Taken

_NAMES: Final = ("LOAD_GLOBAL", "LOAD_NAME")
_PARTS: Final = ("LOAD_ATTR", "LOAD_METHOD")
_UNKNOWN: Final = object()


def fired(bundle: Bundle, taken: Iterable[Taken] = ()) -> Fired:
    """Return every trigger that the code names somewhere below an effect, a handler or a root; and those observed.

    A trigger that is only compared with counts as well: this errs on the side of silence.
    """
    kinds = {workflow.triggers: workflow.kind for workflow in bundle.workflows}
    steps = [step.effects for workflow in bundle.workflows for step in workflow.steps]
    named = _named([*steps, *bundle.handlers.values(), *bundle.roots], kinds)
    asked = {
        (workflow.kind, str(trigger))
        for workflow in bundle.workflows
        for question in workflow.questions.values()
        for trigger in (question.lapse, question.fallback)
        if trigger is not None
    }
    return frozenset(named | asked | set(_observed(taken)))


def _observed(taken: Iterable[Taken]) -> Iterator[tuple[str, str]]:
    for one in taken:
        for effect in one.decision.effects:
            if isinstance(effect, Fire | Schedule):
                yield effect.subject.kind, str(effect.trigger)
            elif isinstance(effect, Start):
                yield effect.kind, str(effect.trigger)


def _named(roots: Iterable[Any], kinds: Mapping[type, str]) -> set[tuple[str, str]]:
    """Follow the names in the code from the roots on, through functions and classes of ours."""
    starts = [code for root in roots for code in _functions(root)]
    ours = {_package(code) for code in starts}
    found, seen, waiting = set[tuple[str, str]](), set[Any](), starts
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        for value in _values(function.__code__, _scope(function)):
            if type(value) in kinds:
                found.add((kinds[type(value)], str(value)))
            else:
                waiting += [code for code in _functions(value) if _package(code) in ours]
    return found


def _functions(value: Any) -> list[FunctionType]:
    """Return the functions behind a value: itself, or those of a class."""
    if isinstance(value, partial):
        return _functions(value.func)
    if isinstance(value, MethodType):
        return _functions(value.__func__)
    if isinstance(value, FunctionType):
        return [value]
    if isinstance(value, type):
        return [part for part in vars(value).values() if isinstance(part, FunctionType)]
    return []


def _package(code: FunctionType) -> str:
    return code.__module__.partition(".")[0]


def _scope(function: FunctionType) -> Mapping[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {**function.__globals__, **{name: cell.cell_contents for name, cell in cells}}


def _values(code: CodeType, scope: Mapping[str, Any]) -> Iterator[Any]:
    """Return what the names of some code stand for, inner functions included; members of a table one by one."""
    value: Any = _UNKNOWN
    for line in dis.get_instructions(code):
        if line.opname in _NAMES or line.opname == "LOAD_DEREF":
            value = scope.get(line.argval, _UNKNOWN)
        elif line.opname in _PARTS and isinstance(value, ModuleType | type):
            value = getattr(value, line.argval, _UNKNOWN)
        else:
            value = _UNKNOWN
        yield from _members(value)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _values(constant, scope)


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping) and not isinstance(value, type):
        return (*value.keys(), *value.values())
    if isinstance(value, tuple | list | frozenset | set):
        return tuple(value)
    return () if value is _UNKNOWN else (value,)
