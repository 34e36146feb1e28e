"""JSON as text, quickly: what orjson refuses (halves of a character, long numbers) goes by the library. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import orjson

_STRICT: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def written(value: Any) -> str:
    """Write plain values. Raises `TypeError` for what JSON does not know."""
    try:
        return orjson.dumps(value, None, _STRICT).decode()
    except TypeError:
        return json.dumps(value)


def sorted_by_key(value: Any, default: Callable[[Any], Any]) -> str:
    """Write values with their keys in order; `default` makes something plain of what JSON does not know."""
    try:
        return orjson.dumps(value, default, _STRICT | orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return json.dumps(value, default=default, ensure_ascii=False, sort_keys=True)


def read(text: str | bytes) -> Any:
    """Read JSON; raises `ValueError`, and `RecursionError` for what is nested too deeply."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
