"""Branches of a template that can never be taken, so that somebody wrote them for nothing. Pure.

Only what tokens say by themselves is followed (`{% if venue %}`, `not`, `and`, `or`): a required token is never empty,
and inside a branch its condition holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from jinja2 import nodes

Known = Mapping[str, bool]
_NEVER: Final = "This condition never holds, so what stands in it is never said."
_ELSE: Final = "The condition before it always holds, so what stands here is never said."


def branches(tree: nodes.Template, always: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and a sentence for each branch that is never taken; `always` names tokens that are never empty."""
    return _within(tree.iter_child_nodes(), dict.fromkeys(always, True))


def _within(children: Iterator[nodes.Node] | Sequence[nodes.Node], known: Known) -> Iterator[tuple[int, str]]:
    for child in children:
        if isinstance(child, nodes.If):
            yield from _choice(child, known)
        elif isinstance(child, nodes.For):
            yield from _within(child.body, _without(known, child.target))
            yield from _within(child.else_, known)
        elif not isinstance(child, nodes.Expr):
            yield from _within(child.iter_child_nodes(), known)


def _choice(choice: nodes.If, known: Known) -> Iterator[tuple[int, str]]:
    ladder = [choice, *choice.elif_]
    for number, branch in enumerate(ladder, start=1):
        holds = _value(branch.test, known)
        if holds is False:
            yield branch.lineno, _NEVER
        else:
            yield from _within(branch.body, {**known, **_told(branch.test, said=True)})
        if holds:
            yield from ((after.lineno, _ELSE) for after in [*ladder[number:], *choice.else_][:1])
            return
        known = {**known, **_told(branch.test, said=False)}
    yield from _within(choice.else_, known)


def _value(test: nodes.Node, known: Known) -> bool | None:
    """Return what a condition comes to, or None where that depends on the message."""
    match test:
        case nodes.Const(value=value):
            return bool(value)
        case nodes.Name(name=name):
            return known.get(name)
        case nodes.Not(node=inner):
            value = _value(inner, known)
            return None if value is None else not value
        case nodes.And(left=left, right=right):
            return _both(_value(left, known), _value(right, known))
        case nodes.Or(left=left, right=right):
            return _either(_value(left, known), _value(right, known))
        case _:
            return None


def _both(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - they are operands
    if left is False or right is False:
        return False
    return True if left and right else None


def _either(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001 - they are operands
    if left or right:
        return True
    return False if left is False and right is False else None


def _told(test: nodes.Node, *, said: bool) -> dict[str, bool]:
    """Return what is known of the tokens once a condition held, or did not."""
    match test:
        case nodes.Name(name=name):
            return {name: said}
        case nodes.Not(node=inner):
            return _told(inner, said=not said)
        case nodes.And(left=left, right=right) if said:
            return _told(left, said=True) | _told(right, said=True)
        case nodes.Or(left=left, right=right) if not said:
            return _told(left, said=False) | _told(right, said=False)
        case _:
            return {}


def _without(known: Known, target: nodes.Node) -> Known:
    """Return what is known inside a loop, whose own name hides a token's."""
    hidden = {"loop", *(name.name for name in target.find_all(nodes.Name)), getattr(target, "name", "")}
    return {name: value for name, value in known.items() if name not in hidden}
