"""The tree that an AICC course structure makes of units and blocks, and what each asks for first (CMI001 5.5). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from engine.text import clean
from scorm.packaging.manifest import DEEPEST, Item
from scorm.sequencing import prerequisites

LONGEST: Final = 250
"""Characters of an identifier or a title."""

MOST: Final = 1_000
"""Units and blocks of one course: each look at the contents of one that is larger would take seconds."""

_CUT: Final = 10_000


def named(said: str) -> str:
    """Write an identifier as it is shown and kept: with single blanks, and nothing that cannot be seen."""
    return " ".join(clean(said, _CUT).split())


def key(said: str) -> str:
    """Write an identifier as it is compared: AICC does not tell upper from lower case."""
    return named(said).casefold()


class Structure:
    """Units and blocks on their way into a tree; what is wrong is gathered in `warnings` and `reasons`."""

    def __init__(self, units: Mapping[str, Item], titles: Mapping[str, str], asked: Mapping[str, str]) -> None:
        """Take the units, and the titles and prerequisites of units and blocks, all by `key`."""
        self.units = units
        self.titles = titles
        self.asked = asked
        self.warnings: list[str] = []
        self.reasons: list[str] = []
        self._blocks: dict[str, list[str]] = {}
        self._names: dict[str, str] = {one: unit.identifier for one, unit in units.items()}
        self._used: set[str] = set()

    def items(self, rows: Sequence[Sequence[str]]) -> tuple[Item, ...]:
        """Return what is at the top, of rows of a block and its members; a unit that no block has is put last."""
        for block, *members in rows:
            self._names.setdefault(key(block), named(block)[:LONGEST])
            self._blocks.setdefault(key(block), []).extend(filter(None, members))
        if len(self._names) > MOST:
            self.reasons.append(f"It has {len(self._names)} units and blocks; a course can have {MOST} at most.")
            return ()
        inside = {key(member) for members in self._blocks.values() for member in members}
        tops = ["root"] if "root" in self._blocks else [block for block in self._blocks if block not in inside]
        ordered = tuple(item for top in tops for item in self._members(top, 1))
        left = tuple(self._asking(unit) for one, unit in self.units.items() if one not in self._used)
        if left and self._blocks:
            self.warnings.append(f"The structure lacks {', '.join(one.identifier for one in left[:5])}.")
        return (*ordered, *left)

    def _members(self, block: str, level: int) -> tuple[Item, ...]:
        if level > DEEPEST:
            self.reasons.append(f"The structure nests its blocks more than {DEEPEST} levels deep.")
            return ()
        return tuple(item for member in self._blocks[block] for item in self._member(member, level))

    def _member(self, member: str, level: int) -> tuple[Item, ...]:
        one = key(member)
        known = one in self.units or one in self._blocks
        if one in self._used or not known:
            why = "more than once" if known else "and it is neither a unit nor a block"
            self.warnings.append(f"The structure names {member[:60]!r} {why}; that is left out.")
            return ()
        self._used.add(one)
        if one in self.units:
            return (self._asking(self.units[one]),)
        name = self._names[one]
        title = clean(self.titles.get(one, ""), LONGEST) or name
        return (self._asking(Item(identifier=name, title=title, items=self._members(one, level + 1))),)

    def _asking(self, item: Item) -> Item:
        """Give a unit or a block its prerequisites, with the names spelled as its course has them."""
        script = self.asked.get(key(item.identifier), "")
        try:
            spelled = prerequisites.spelled(script, self._names)
        except prerequisites.Unreadable:
            spelled = (
                script[:LONGEST] + " (" if len(script) > LONGEST else script
            )  # cut, it must not be one that can be
        return replace(item, prerequisites=spelled)
