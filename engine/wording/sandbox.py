"""Templates that can only say what they were given: a small part of Jinja, with bounds on work and on text.

Jinja's own sandbox bounds neither time nor memory, so that what is not on the list here is refused (SECURITY 9).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.exceptions import TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from engine.errors import TemplateError, TemplateLimit

LONGEST_SOURCE = 64 * 1024
LONGEST_OUTPUT = 256 * 1024
_MOST_NODES = 3000
_MOST_LOOPS = 10
_DEEPEST_LOOP = 2
_MEASURED = 16
_TOO_DEEP = "The template is nested too deeply."
_OF_A_LOOP = frozenset({"first", "last", "index"})
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)
_EXTENDS = re.compile(r"""\s*\{%-?\s*extends\s+["']_base["']\s*-?%\}""")
_BLOCK = re.compile(r"\{%-?\s*block\s+(\w+)\s*-?%\}(.*?)\{%-?\s*endblock(?:\s+\w+)?\s*-?%\}", re.DOTALL)
_FRAME = re.compile(r"\{%-?\s*(?:extends\b|block\b|endblock\b).*?%\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without attributes: a dot looks into plain data, and into nothing else."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look a name up in a mapping, or the three facts of a loop."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        if type(obj).__name__ == "LoopContext" and attribute in _OF_A_LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)


def environment(*, html: bool) -> Sandbox:
    """Return the environment of plain text, or of HTML, where every value is escaped."""
    made = Sandbox(autoescape=html, undefined=StrictUndefined, optimized=False, trim_blocks=True, lstrip_blocks=True)
    made.globals.clear()
    made.tests.clear()
    made.filters = {
        "e": escape,
        "join": _joined,
        "length": len,
        "lines": _broken if html else str,
        "lower": _lower,
        "upper": _upper,
    }
    return made


class Compiled:
    """One part of a template, ready to render any number of times."""

    def __init__(self, source: str, sandbox: Sandbox) -> None:
        """Compile what `check` lets through. Raises `TemplateError`."""
        tree = check(source, sandbox)
        self._loops = tree.find(nodes.For) is not None
        try:
            self._template = sandbox.from_string(source)
        except (JinjaError, SyntaxError, RecursionError):  # Python allows 100 levels of indentation
            raise TemplateLimit(_TOO_DEEP, line=1) from None

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text. Raises `TemplateError` for a name it was not given, `TemplateLimit` for too much."""
        context = self._template.new_context(dict(values))
        try:
            pieces = self._template.root_render_func(context)
            # Without a loop there are few pieces, so that they can be measured together, which is quicker.
            return "".join(_bounded(pieces)) if self._loops else _measured("".join(pieces))
        except UndefinedError as trouble:
            raise TemplateError(f"The template asks for something it was not given: {trouble.message}.") from None
        except (JinjaError, TypeError, ValueError) as trouble:
            raise TemplateError(f"The template cannot be rendered: {trouble}.") from None


def check(source: str, sandbox: Sandbox) -> nodes.Template:
    """Return the parsed source, if it keeps to the list.

    Raises `TemplateError` with the line as a fact, or `TemplateLimit`.
    """
    if len(source) > LONGEST_SOURCE:
        raise TemplateLimit(f"The template is longer than {LONGEST_SOURCE // 1024} KiB.", line=1)
    try:
        tree = sandbox.parse(source)
        everything = list(tree.find_all(nodes.Node))
        _require_few_loops(tree)
    except TemplateSyntaxError as trouble:
        raise TemplateError(str(trouble.message).rstrip(".") + ".", line=trouble.lineno) from None
    except RecursionError:
        raise TemplateLimit(_TOO_DEEP, line=1) from None
    if len(everything) > _MOST_NODES:
        raise TemplateLimit("The template has too many parts.", line=1)
    for node in everything:
        _require_allowed(node, sandbox)
    return tree


def assemble(base: str, source: str) -> str:
    """Put the blocks of a body into the frame: `extends` is done here, so that no template can name another.

    Raises `TemplateError` where text stands outside the blocks, or a block is none of the frame's.
    """
    body = _COMMENT.sub("", source)
    head = _EXTENDS.match(body)
    if head is None:
        raise TemplateError('The first line must be {% extends "_base" %}.', line=1)
    rest = body[head.end() :]
    if _BLOCK.sub("", rest).strip():
        raise TemplateError("Every text must stand in a block, and blocks cannot be nested.", line=1)
    blocks: dict[str, str] = dict(_BLOCK.findall(rest))
    frame = _COMMENT.sub("", base)
    unknown = blocks.keys() - {name for name, _ in _BLOCK.findall(frame)}
    if unknown:
        raise TemplateError(f"The frame has no block named {', '.join(sorted(unknown))}.", line=1)
    return _BLOCK.sub(lambda found: blocks.get(found[1], str(found[2])), frame)


def unframed(source: str) -> str:
    """Return what a body says without the marks of its frame and its comments, each word still on its line."""
    body = _COMMENT.sub(_its_lines, source)
    return _FRAME.sub(_its_lines, body)


def _its_lines(mark: re.Match[str]) -> str:
    return "\n" * mark[0].count("\n")


def blocks(source: str) -> dict[str, str]:
    """Return what stands in each block of a body, by its name."""
    return dict(_BLOCK.findall(_COMMENT.sub("", source)))


def _require_allowed(node: nodes.Node, sandbox: Sandbox) -> None:
    if not isinstance(node, _ALLOWED):
        raise TemplateError(f"Templates cannot use {type(node).__name__.lower()} here.", line=node.lineno)
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        raise TemplateError(f"Templates cannot use the name {node.name}.", line=node.lineno)
    if isinstance(node, nodes.Getattr) and (node.attr.startswith("_") or not isinstance(node.node, nodes.Name)):
        raise TemplateError(f"Templates cannot use .{node.attr} here.", line=node.lineno)
    if isinstance(node, nodes.Filter) and node.name not in sandbox.filters:
        raise TemplateError(f"There is no filter named {node.name}.", line=node.lineno)
    if isinstance(node, nodes.For) and not _plain_loop(node):
        raise TemplateError("A loop goes over one list, without recursion and without a condition.", line=node.lineno)


def _plain_loop(loop: nodes.For) -> bool:
    over = isinstance(loop.iter, nodes.Name | nodes.Getattr)
    return over and isinstance(loop.target, nodes.Name) and loop.test is None and not loop.recursive


def _require_few_loops(tree: nodes.Template) -> None:
    if len(list(tree.find_all(nodes.For))) > _MOST_LOOPS or _depth(tree) > _DEEPEST_LOOP:
        raise TemplateLimit("The template has too many loops, or too many inside one another.", line=1)


def _depth(node: nodes.Node) -> int:
    inner = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return inner + isinstance(node, nodes.For)


def _bounded(pieces: Iterator[str]) -> Iterator[str]:
    """Measure some pieces together: one by one costs as much as making them."""
    length = 0
    while several := list(islice(pieces, _MEASURED)):
        together = "".join(several)
        length += len(together)
        if length > LONGEST_OUTPUT:
            raise _too_long()
        yield together


def _measured(rendered: str) -> str:
    if len(rendered) > LONGEST_OUTPUT:
        raise _too_long()
    return rendered


def _too_long() -> TemplateLimit:
    return TemplateLimit(f"The message is longer than {LONGEST_OUTPUT // 1024} KiB.")


def _broken(value: Any) -> Markup:
    return Markup("<br>").join(escape(line) for line in str(value).split("\n"))


def _joined(value: Any, between: Any = ", ") -> str:
    return str(between).join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)


def _upper(value: Any) -> str:
    return str(value).upper()


def _lower(value: Any) -> str:
    return str(value).lower()


PLAIN = environment(html=False)
HTML = environment(html=True)
