"""Frozen records to JSON and back, by their types: nested records, tuples, frozen sets and names. Pure."""

from __future__ import annotations

import functools
import types
from collections.abc import Hashable, Mapping
from dataclasses import is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def plain(value: Any) -> Any:
    """Turn what `dataclasses.asdict` gave into what JSON can carry; sets become sorted lists."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(str(inner) for inner in value)
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, StrEnum) else value


def read(kind: type[Record], record: Mapping[str, Any]) -> Record:
    """Make a record of this kind from its plain form; a field that is not there takes its default."""
    hints = _hints(cast("Hashable", kind))
    return kind(**{name: _value(hints[name], given) for name, given in record.items()})


@functools.cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, given: Any) -> Any:
    origin = get_origin(hint)
    if origin in (tuple, frozenset):
        return origin(_value(get_args(hint)[0], inner) for inner in given)
    if origin is types.UnionType or given is None:
        return given
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, given)
    return hint(given) if isinstance(hint, type) and issubclass(hint, StrEnum) else given
