"""The rules of attempts: what each may be, and where the value that holds comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, Self

from engine.errors import Invalid


class Begin(StrEnum):
    """When a learner may begin a new attempt; stored in `attempt_rules.value`."""

    NEVER = "never"
    COMPLETED = "completed"
    FAILED = "failed"
    ENDED = "ended"
    ALWAYS = "always"


class Within(StrEnum):
    """Which score of one attempt counts; stored in `attempt_rules.value`."""

    HIGHEST = "highest"
    LAST = "last"


class Across(StrEnum):
    """Which of several attempts counts; stored in `attempt_rules.value`."""

    HIGHEST = "highest"
    AVERAGE = "average"
    FIRST = "first"
    LAST = "last"


class Scope(StrEnum):
    """What a rule is set for, the widest first; stored in `attempt_rules.scope`."""

    SYSTEM = "system"
    PACKAGE = "package"
    OFFERING = "offering"


MOST: Final = 100
"""The largest number of attempts that can be set; 0 is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules as they hold for an offering; the defaults are the system's.

    A status never goes back whatever is chosen here: `within` and `across` are about scores, and about which attempt's
    status reaches the record first.
    """

    begin: Begin = Begin.ENDED
    automatic: bool = False
    most: int = 0
    lock: bool = False
    within: Within = Within.HIGHEST
    across: Across = Across.HIGHEST
    browse: bool = False
    apart: bool = False

    @property
    def plain(self) -> bool:
        """Say whether the best counts, so that one attempt need not be held against the others."""
        return self.within is Within.HIGHEST and self.across is Across.HIGHEST


NAMES: Final = tuple(one.name for one in fields(Rules))
DEFAULTS: Final = Rules()

TITLES: Final[Mapping[str, str]] = {
    "begin": "A new attempt may be begun",
    "automatic": "A new attempt begins",
    "most": "Most attempts",
    "lock": "After the last attempt",
    "within": "Score of one attempt",
    "across": "Score of several attempts",
    "browse": "Looking inside without a place",
    "apart": "The course plays",
}

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "begin": {
        Begin.NEVER: "never: there is one attempt",
        Begin.COMPLETED: "once the last one is completed or passed",
        Begin.FAILED: "once the last one is failed",
        Begin.ENDED: "once the last one is completed, passed or failed",
        Begin.ALWAYS: "at any time, also in the middle of one",
    },
    "automatic": {"no": "when the learner asks for it", "yes": "by itself, when the course is opened again"},
    "lock": {"no": "the course may be opened for review", "yes": "the course is locked"},
    "within": {Within.HIGHEST: "the highest that was saved", Within.LAST: "the last that was saved"},
    "across": {
        Across.HIGHEST: "the highest",
        Across.AVERAGE: "the average",
        Across.FIRST: "that of the first attempt",
        Across.LAST: "that of the last attempt with a result",
    },
    "browse": {"no": "only for those who run classes", "yes": "for everybody who can find the class"},
    "apart": {"no": "in the page", "yes": "in a window of its own"},
}
"""What each rule may be, in plain words; `most` is a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One rule as it holds somewhere: its value as it is stored, and what set it; None is the built-in default."""

    name: str
    value: str
    source: Scope | None

    @property
    def words(self) -> str:
        """Return the value in plain words."""
        return worded(self.name, self.value)


Said = Mapping[str, str]
"""What one scope sets: values as they are stored, by the name of the rule."""


def resolved(*said: tuple[Scope, Said]) -> tuple[Resolved, ...]:
    """Return every rule, from the narrowest of the scopes that sets it; the widest scope comes first."""
    return tuple(_resolved(name, said) for name in NAMES)


def _resolved(name: str, said: tuple[tuple[Scope, Said], ...]) -> Resolved:
    for scope, values in reversed(said):
        if name in values:
            return Resolved(name=name, value=values[name], source=scope)
    return Resolved(name=name, value=written(getattr(DEFAULTS, name)), source=None)


def effective(found: tuple[Resolved, ...]) -> Rules:
    """Return the rules that hold."""
    return Rules(**{one.name: read(one.name, one.value) for one in found})


def read(name: str, value: str) -> Any:
    """Read a value as it is stored; raises `Invalid`, also for a name that is none."""
    if name == "most":
        return _number(value)
    if value not in CHOICES.get(name, {}):
        raise Invalid(f"{TITLES.get(name, 'This rule')} cannot be that.", field=name)
    return value == "yes" if name in _SWITCHES else _ENUMS[name](value)


def written(value: Any) -> str:
    """Write a value as it is stored."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def worded(name: str, value: str) -> str:
    """Return a stored value in plain words."""
    if name == "most":
        return "no limit" if value == "0" else value
    return CHOICES[name][value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One rule that somebody sets, or takes back with None."""

    name: str
    value: str | None

    @classmethod
    def between(cls, before: Said, after: Mapping[str, str | None]) -> Iterator[Self]:
        """Return what differs; a name that `after` leaves out stays as it is. Raises `Invalid`."""
        for name, value in after.items():
            if name not in NAMES:
                raise Invalid("There is no such rule.", field=name)
            if value is not None:
                read(name, value)
            if before.get(name) != value:
                yield cls(name=name, value=value)

    @property
    def words(self) -> str:
        """Say what was changed."""
        title = TITLES[self.name]
        return f"{title}: set by itself no more" if self.value is None else f"{title}: {worded(self.name, self.value)}"


def _number(value: str) -> int:
    if not value.isdecimal() or not value.isascii() or int(value) > MOST:
        raise Invalid(f"Enter a number of attempts from 0 to {MOST}; 0 is no limit.", field="most")
    return int(value)


_SWITCHES: Final = frozenset({"automatic", "lock", "browse", "apart"})
_ENUMS: Final[Mapping[str, type[StrEnum]]] = {"begin": Begin, "within": Within, "across": Across}
