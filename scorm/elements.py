"""The data model of one version of SCORM, as the table in model/ states it: elements, arrays and functions. Pure."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from scorm.errors import UnknownModel
from scorm.values import Space

MODELS = ("scorm12",)
KEYWORDS = frozenset({"_children", "_count", "_version"})

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_ANYTHING = Space()


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One row of the table."""

    pattern: str
    readable: bool
    writable: bool
    space: Space = _ANYTHING
    default: str = ""
    source: str | None = None
    keyword: bool = False
    counts: bool = False
    appends: bool = False
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the API: its verb, how many arguments it takes, and the error of each state that refuses it."""

    verb: str
    takes: int
    refused: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a name points: its pattern, and each array on the way with the index asked for."""

    pattern: str
    indices: tuple[tuple[str, int], ...]

    @classmethod
    def named(cls, name: str) -> Place:
        """Split a name such as `cmi.objectives.0.id`."""
        parts = name.split(".")
        found = tuple(
            (".".join(parts[:at]), int(part)) for at, part in enumerate(parts) if _INDEX.fullmatch(part) and at
        )
        return cls(pattern=".".join(_generalised(part) for part in parts), indices=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A whole table."""

    name: str
    functions: Mapping[str, Function]
    failures: Mapping[str, str]
    errors: Mapping[str, str]
    elements: Mapping[str, Element]
    containers: frozenset[str]
    array_limit: int

    def has(self, pattern: str) -> bool:
        """Is there an element or a container of this pattern?"""
        return pattern in self.elements or pattern in self.containers


@functools.cache
def model(name: str) -> Model:
    """Read the table of this name, such as `scorm12`; UnknownModel if there is none."""
    if name not in MODELS:
        raise UnknownModel(name)
    table = json.loads(resources.files("scorm").joinpath("model", f"{name}.json").read_text("utf-8"))
    spaces = {kind: Space.stated(rules) for kind, rules in table["types"].items()}
    return Model(
        name=name,
        functions={key: Function(**stated) for key, stated in table["functions"].items()},
        failures=table["failures"],
        errors=table["errors"],
        elements={pattern: _element(pattern, row, spaces) for pattern, row in table["elements"].items()},
        containers=frozenset(above for pattern in table["elements"] for above in _above(pattern)),
        array_limit=table["array_limit"],
    )


def _generalised(part: str) -> str:
    # A literal "n" in a name must not pass for an index.
    if part == "n":
        return ""
    return "n" if _INDEX.fullmatch(part) else part


def _element(pattern: str, row: Mapping[str, Any], spaces: Mapping[str, Space]) -> Element:
    return Element(
        pattern=pattern,
        readable="r" in row["access"],
        writable="w" in row["access"],
        space=spaces[row["type"]] if "type" in row else _ANYTHING,
        default=row.get("default", ""),
        source=row.get("from"),
        keyword=row.get("keyword", False),
        counts=row.get("count", False),
        appends=row.get("append", False),
        kept=row.get("kept", True),
    )


def _above(pattern: str) -> list[str]:
    parts = pattern.split(".")
    return [".".join(parts[:at]) for at in range(1, len(parts))]
