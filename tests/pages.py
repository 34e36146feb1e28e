"""Compile templates and addresses of the pages once a process: each test's own app would compile them all again."""

import functools
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache


class _Kept(BytecodeCache):
    """Compiled templates by name, place and text, so that a template that differs is never taken for another."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


@functools.cache
def compile_once() -> None:
    """Let the apps of this process share what they compile; where no test imported the pages there is nothing to do."""
    if frame := sys.modules.get("engine.web.frame"):
        frame._Pages.jinja_options = {**frame._Pages.jinja_options, "bytecode_cache": _Kept()}
        _share_builders()


def _share_builders() -> None:
    """Let rules that read alike share the functions that build their addresses: these are given the rule they serve."""
    from werkzeug.routing import Rule  # noqa: PLC0415 - tests without pages do not wait for it

    make = Rule._compile_builder
    kept: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def shared(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:  # noqa: FBT001, FBT002 - Werkzeug's
        if rule.defaults:  # their values become part of the function
            return make(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in kept:
            kept[key] = make(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = shared
