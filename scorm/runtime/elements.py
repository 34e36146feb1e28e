"""The data model of one version of SCORM, as the table in model/ states it: elements, arrays and functions. Pure."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from scorm.errors import UnknownModel
from scorm.runtime.places import SHORT, Place
from scorm.runtime.values import Space

MODELS = ("scorm12", "scorm2004", "aicc")
_FRAGMENT = re.compile(r"<([a-z0-9_]+)>")
_ANYTHING = Space()
_MOST_NAMES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The value spaces of an element whose type another element tells, by that element's value."""

    by: str
    spaces: Mapping[str, Space]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How a status follows from a measure wherever there is a threshold (RTE 2004 4.2.4.1, 4.2.22.1)."""

    measure: str
    threshold: str
    reached: str
    short: str
    unmeasured: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One row of the table; where `chosen` is there, it tells the space."""

    pattern: str
    access: str
    space: Space = _ANYTHING
    chosen: Chosen | None = None
    default: str | None = None
    source: str | None = None
    judged: Judged | None = None
    needs: tuple[str, ...] = ()
    counts: bool = False
    appends: bool = False
    fixed: bool = False
    clears: bool = False
    once: bool = False
    unlike: bool = False
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a table says of one name: `element` is None where it has none of its pattern.

    `refused` is why nothing may ever be put there; `needs` are names whose values must be there first, `by` is the name
    whose value chooses the space, "" where none does. `steady` says that what was put there once may be again.
    """

    place: Place
    name: str
    indices: tuple[tuple[str, int], ...]
    element: Element | None
    refused: str
    needs: tuple[str, ...]
    by: str
    steady: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function of the API: its verb, how many arguments it takes, and the error of each state that refuses it."""

    verb: str
    takes: int
    refused: Mapping[str, str]

    @property
    def nothing(self) -> str:
        """The answer with an error."""
        return "" if self.verb == "get" else "false"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A whole table; `missing` and `refusals` are the error codes by failure, of a get and of a set.

    `silent` is the status of a session that ended without having said one; `known` are names that were looked up.
    """

    name: str
    functions: Mapping[str, Function]
    argument: str
    missing: Mapping[str, str]
    refusals: Mapping[str, str]
    errors: Mapping[str, str]
    diagnostics: Mapping[str, str]
    elements: Mapping[str, Element]
    containers: frozenset[str]
    array_limit: int
    silent: str = "completed"
    known: dict[str, Named] = field(default_factory=dict, compare=False, repr=False)

    def named(self, name: str) -> Named:
        """Return what the table says of a name, which is worked out once for names that are not too long."""
        found = self.known.get(name)
        if found is None:
            found = _named(self, Place.named(name))
            if len(name) <= SHORT:
                if len(self.known) >= _MOST_NAMES:
                    self.known.clear()
                self.known[name] = found
        return found

    def hollow(self, pattern: str) -> str:
        """Say why there is no element of this pattern, as `missing` and `refusals` name it."""
        if not pattern:
            return "nameless"
        return "container" if pattern in self.containers else "undefined"

    def has(self, pattern: str) -> bool:
        """Is there an element or a container of this pattern?"""
        return pattern in self.elements or pattern in self.containers


@functools.cache
def model(name: str) -> Model:
    """Read the table of this name, such as `scorm12`; UnknownModel if there is none."""
    if name not in MODELS:
        raise UnknownModel(name)
    return stated(name, _table(name))


def stated(name: str, table: Mapping[str, Any]) -> Model:
    """Read a whole table (model/README.md)."""
    fragments = _whole(table.get("fragments", {}))
    spaces = {kind: Space.stated(_spelled(rules, fragments)) for kind, rules in table["types"].items()}
    return Model(
        name=name,
        functions={key: Function(**row) for key, row in table["functions"].items()},
        argument=table["failures"]["argument"],
        missing=table["failures"]["get"],
        refusals=table["failures"]["set"],
        errors=table["errors"],
        diagnostics=table.get("diagnostics", table["errors"]),
        elements={pattern: _element(pattern, row, spaces) for pattern, row in table["elements"].items()},
        containers=frozenset(above for pattern in table["elements"] for above in _above(pattern)),
        array_limit=table["array_limit"],
        silent=table.get("silent", "completed"),
    )


def _table(name: str) -> dict[str, Any]:
    """Read a table; one that is like another says only which functions it has otherwise."""
    table: dict[str, Any] = json.loads(resources.files("scorm").joinpath("model", f"{name}.json").read_text("utf-8"))
    if "like" not in table:
        return table
    like = _table(table["like"])
    return {**like, **table, "functions": {**like["functions"], **table["functions"]}}


def _named(stated: Model, place: Place) -> Named:
    element = stated.elements.get(place.pattern)
    absent = "" if element else stated.hollow(place.pattern)
    chosen = element.chosen if element else None
    return Named(
        place=place,
        name=place.name,
        indices=place.indices,
        element=element,
        refused="keyword" if place.keyword else absent,
        needs=tuple(place.beside(needed) for needed in element.needs) if element else (),
        by=place.beside(chosen.by) if chosen else "",
        steady=bool(element and not (chosen or element.appends or element.unlike or element.space.unlike)),
    )


def _whole(fragments: Mapping[str, Any]) -> dict[str, str]:
    whole: dict[str, str] = {}
    for name, stated in fragments.items():
        whole[name] = _filled(stated, whole) if isinstance(stated, str) else _any_of(stated["words"].split())
    return whole


def _any_of(words: Iterable[str]) -> str:
    # In either case, without a flag that would be for the whole pattern.
    return "|".join("".join(f"[{letter}{letter.upper()}]" for letter in word) for word in words)


def _filled(pattern: str, fragments: Mapping[str, str]) -> str:
    return _FRAGMENT.sub(lambda match: f"(?:{fragments[match[1]]})", pattern)


def _spelled(rules: Mapping[str, Any], fragments: Mapping[str, str]) -> Mapping[str, Any]:
    return {**rules, "pattern": _filled(rules["pattern"], fragments)} if "pattern" in rules else rules


def _element(pattern: str, row: Mapping[str, Any], spaces: Mapping[str, Space]) -> Element:
    kind = row.get("type")
    return Element(
        pattern=pattern,
        access=row["access"],
        space=spaces[kind] if isinstance(kind, str) else _ANYTHING,
        chosen=_chosen(kind, spaces) if isinstance(kind, Mapping) else None,
        default=row.get("default"),
        source=row.get("from"),
        judged=Judged(**row["judged"]) if "judged" in row else None,
        needs=tuple(row.get("needs", ())),
        counts=row.get("count", False),
        appends=row.get("append", False),
        fixed=row.get("fixed", False),
        clears=row.get("clears", False),
        once=row.get("once", False),
        unlike=row.get("unlike", False),
        kept=row.get("kept", True),
    )


def _chosen(kind: Mapping[str, Any], spaces: Mapping[str, Space]) -> Chosen:
    return Chosen(by=kind["by"], spaces={value: spaces[name] for value, name in kind["types"].items()})


def _above(pattern: str) -> list[str]:
    parts = pattern.split(".")
    return [".".join(parts[:at]) for at in range(1, len(parts))]
