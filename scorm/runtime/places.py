"""The names of elements: where each points, whatever element a table has there. Pure."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

KEYWORDS = frozenset({"_children", "_count", "_version"})

SHORT = 120
"""Characters of a name that is worth remembering; whoever makes up longer ones must not fill the memory."""

_INDEX = re.compile(r"[0-9]{1,9}", re.ASCII)
_TARGET = re.compile(r"(.*)\.\{([a-z]+)=(.*)\}", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a name points: the name without leading zeros, its pattern, each array on the way with its index.

    `keyword` says that it ends in one of `KEYWORDS`.
    """

    name: str
    pattern: str
    indices: tuple[tuple[str, int], ...]
    keyword: bool

    @classmethod
    def named(cls, name: str) -> Place:
        """Split a name such as `cmi.objectives.0.id` or `adl.nav.request_valid.choice.{target=i1}`."""
        return _remembered(name) if len(name) <= SHORT else _placed(name)

    def beside(self, pattern: str) -> str:
        """Name the element of a pattern that shares this place's indices."""
        return _beside(pattern, tuple(index for _, index in self.indices))

    def siblings(self, count: int) -> list[str]:
        """Name the same element in the other entries of its innermost array, which has `count`."""
        array, own = self.indices[-1]
        rest = self.name[len(f"{array}.{own}") :]
        return [f"{array}.{index}{rest}" for index in range(count) if index != own]


@functools.lru_cache(maxsize=4096)
def _remembered(name: str) -> Place:
    return _placed(name)


@functools.lru_cache(maxsize=4096)
def _beside(pattern: str, indices: tuple[int, ...]) -> str:
    for index in indices:
        pattern = pattern.replace(".n", f".{index}", 1)
    return pattern


def _placed(name: str) -> Place:
    match = _TARGET.fullmatch(name)
    parts = (match[1] if match else name).split(".")
    tail = ((f"{{{match[2]}={match[3]}}}", f"{{{match[2]}=}}"),) if match else ()
    plain = [_plain(part) if at else part for at, part in enumerate(parts)]
    indexed = [bool(at and _INDEX.fullmatch(part)) for at, part in enumerate(plain)]
    whole = ".".join([*plain, *(said for said, _ in tail)])
    return Place(
        name=whole,
        pattern=".".join([*map(_generalised, plain, indexed), *(general for _, general in tail)]),
        indices=tuple((".".join(plain[:at]), int(part)) for at, part in enumerate(plain) if indexed[at]),
        keyword=whole.rpartition(".")[2] in KEYWORDS,
    )


def _plain(part: str) -> str:
    return str(int(part)) if _INDEX.fullmatch(part) else part


def _generalised(part: str, indexed: bool) -> str:  # noqa: FBT001 - it comes from a list beside the parts
    # A literal "n" in a name must not pass for an index.
    if indexed:
        return "n"
    return "" if part == "n" else part
