"""Tries every branch of a text's conditions, with the tokens that decide them given and not given. Pure.

Samples show what usually happens; a branch that none of them takes would fail for the first person whom it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Any, Final

from jinja2 import nodes
from jinja2.exceptions import TemplateError as JinjaError

from engine.errors import TemplateError
from engine.wording import notices, sandbox
from engine.wording.notices import Kind, Notice, Source
from engine.wording.sandbox import HTML, PLAIN, Sandbox

_MOST: Final = 400
_MARK: Final = re.compile("\x00(\\d+)\x00")
_CONDITION: Final = re.compile(r"\{%-?\s*((?:if|elif|for)\b.*?)\s*-?%\}")
_Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A branch that cannot be rendered: its part, its line there (0 where it is none in particular), and why."""

    part: str
    line: int
    sentence: str

    @property
    def place(self) -> str:
        """Return the part with the line, as findings have it."""
        return f"{self.part}, line {self.line}" if self.line else self.part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    line: int
    name: str


def troubles(notice: Notice, source: Source) -> tuple[Trouble, ...]:
    """Return what goes wrong in the branches of a text that passed the linter, each once."""
    found: dict[tuple[str, int, str], Trouble] = {}
    for part, body, environment in _bodies(source):
        for one in _part(part, body, environment, notice, source.language):
            found.setdefault((one.part, one.line, one.sentence), one)
    return tuple(found.values())


def situations(notice: Notice, source: Source) -> Iterator[tuple[str, _Values]]:
    """Yield every situation that a text tells apart: how it is called, and what a message says in it.

    The text has passed the linter; a situation that cannot be is left out. The least unusual come first.
    """
    choices: dict[str, tuple[Any, ...]] = {}
    for _, body, environment in _bodies(source):
        for name, values in _choices(sandbox.check(body, environment), notice).items():
            choices[name] = tuple(dict.fromkeys((*choices.get(name, ()), *values)))
    usual = notice.samples[notices.USUAL]
    for unlike, changed in sorted(((_unlike(notice, one), one) for one in _situations(choices)), key=_how_unusual):
        said = {**usual, **changed}
        try:
            notices.values(notice, said, source.language)
        except TemplateError:
            continue
        yield "; ".join(unlike) or "everything is given", said


def _unlike(notice: Notice, changed: Mapping[str, Any]) -> tuple[str, ...]:
    """Say of each token that is left out, or has another value than its example, what it is."""
    return tuple(
        f"{name} is “{value}”" if value else f"no {name}"
        for name, value in changed.items()
        if value != notice.tokens[name].example
    )


def _how_unusual(situation: tuple[tuple[str, ...], _Values]) -> int:
    return len(situation[0])


def _bodies(source: Source) -> tuple[tuple[str, str, Sandbox], ...]:
    """Return each part with what it says outside of the frame, and how that is rendered."""
    return (
        ("subject", source.subject, PLAIN),
        ("text", sandbox.unframed(source.text), PLAIN),
        ("html", sandbox.unframed(source.html), HTML),
    )


def _part(part: str, body: str, environment: Sandbox, notice: Notice, language: str) -> Iterator[Trouble]:
    tree = sandbox.check(body, environment)
    choices = _choices(tree, notice)
    branches = _marked(tree, body.splitlines())
    template = environment.from_string(tree)
    for changed in _situations(choices):
        try:
            values = notices.values(notice, {**notice.samples[notices.USUAL], **changed}, language)
        except TemplateError:
            continue  # a token cannot have such a value, so that the branch needs no text
        said, reason = _rendered(template, {**values, "subject": ""})
        if reason:
            yield _trouble(part, branches, said, changed, reason)
        elif part == "subject" and not _MARK.sub("", said).strip():
            yield Trouble(part=part, line=1, sentence=f"The subject is empty{_where(changed)}.")


def _rendered(template: Any, values: _Values) -> tuple[str, str]:
    """Return what was said until it ended or failed, and why it failed."""
    said: list[str] = []
    try:
        said.extend(islice(template.root_render_func(template.new_context(values)), sandbox.LONGEST_OUTPUT))
    except (JinjaError, TypeError, ValueError) as trouble:
        return "".join(said), str(trouble) or type(trouble).__name__
    return "".join(said), ""


def _trouble(part: str, branches: Sequence[_Branch], said: str, changed: _Values, reason: str) -> Trouble:
    """Name the branch that was entered last."""
    entered = _MARK.findall(said)
    if not entered:
        return Trouble(part=part, line=0, sentence=f"It cannot be rendered{_where(changed)}: {reason}.")
    last = branches[int(entered[-1])]
    sentence = f"The branch “{last.name}” on line {last.line} cannot be rendered{_where(changed)}: {reason}."
    return Trouble(part=part, line=last.line, sentence=sentence)


def _where(changed: Mapping[str, Any]) -> str:
    empty = sorted(name for name, value in changed.items() if value in ("", []))
    return f" without {', '.join(empty)}" if empty else ""


def _choices(tree: nodes.Template, notice: Notice) -> Mapping[str, tuple[Any, ...]]:
    """Return by token that decides a branch which values it is tried with; for a list none."""
    deciding: set[str] = set()
    for condition in tree.find_all(nodes.If):
        deciding |= _names(condition.test)
    for choice in tree.find_all(nodes.CondExpr):
        deciding |= _names(choice.test)
    for loop in tree.find_all(nodes.For):
        deciding |= _names(loop.iter)
    known = sorted(deciding & notice.tokens.keys())
    return {
        name: ()
        if notice.tokens[name].kind is Kind.LIST
        else tuple(dict.fromkeys((*_usual(notice, name), *_compared(tree, name))))
        for name in known
    }


def _usual(notice: Notice, name: str) -> tuple[Any, ...]:
    token = notice.tokens[name]
    return (token.example,) if token.required else (token.example, "")


def _compared(tree: nodes.Template, name: str) -> Iterator[Any]:
    """Yield the values that a token is compared with."""
    for node in tree.find_all(nodes.Compare):
        if name in _names(node):
            yield from (const.value for const in node.find_all(nodes.Const) if const.value)


def _names(node: nodes.Node) -> set[str]:
    inner = {name.name for name in node.find_all(nodes.Name)}
    return inner | ({node.name} if isinstance(node, nodes.Name) else set())


def _situations(choices: Mapping[str, tuple[Any, ...]]) -> Iterator[_Values]:
    """Yield all ways to choose; of very many, those in which at most two tokens differ from the usual or the empty."""
    names = [name for name, values in choices.items() if len(values) > 1]
    lists = [name for name, values in choices.items() if not values]
    for chosen in islice(_products(names, choices), _MOST):
        yield dict(zip(names, chosen, strict=True))
    for name in lists:
        yield {name: []}


def _products(names: Sequence[str], choices: Mapping[str, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    sizes = 1
    for name in names:
        sizes *= len(choices[name])
    if sizes <= _MOST:
        yield from product(*(choices[name] for name in names))
        return
    for end in (0, -1):
        usual = {name: choices[name][end] for name in names}
        for pair in combinations(names, 2):
            for chosen in product(*(choices[name] for name in pair)):
                yield tuple({**usual, **dict(zip(pair, chosen, strict=True))}.values())


def _marked(tree: nodes.Template, lines: Sequence[str]) -> Sequence[_Branch]:
    """Put a mark at the head of every branch, so that what was rendered says which were taken."""
    branches: list[_Branch] = []
    conditions: list[nodes.If | nodes.For] = [*tree.find_all(nodes.If), *tree.find_all(nodes.For)]
    for node in conditions:
        condition = _called(node, lines)
        arms = [(node.body, node.lineno, condition), (node.else_, node.lineno, f"else of {condition}")]
        for body, line, name in arms:
            if body:
                mark = nodes.TemplateData(f"\x00{len(branches)}\x00", lineno=line)
                body.insert(0, nodes.Output([mark], lineno=line))
                branches.append(_Branch(line=line, name=name))
    return branches


def _called(node: nodes.Node, lines: Sequence[str]) -> str:
    """Return how a condition is written; of several on one line the first."""
    written = _CONDITION.search(lines[node.lineno - 1]) if node.lineno <= len(lines) else None
    return written[1] if written else "condition"
