"""Compile the templates of the pages once a process: each test's own app would compile them all again."""

import functools
import sys
from types import CodeType

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
