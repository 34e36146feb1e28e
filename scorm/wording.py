"""JSON as text, both ways, quickly; what a SCO says may hold halves of a character, which orjson refuses. Pure."""

from __future__ import annotations

import json
from typing import Any

import orjson


def written(value: Any) -> str:
    """Write strings, numbers, lists, tuples and mappings as JSON that every database takes: without a NUL."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)


def read(text: str | bytes) -> Any:
    """Read JSON; raises `ValueError`, and `RecursionError` for what is nested too deeply."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
