"""Brings two changes of one text together, line by line, and shows where they conflict (diff3). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum


class Kept(StrEnum):
    """What a stretch of the merged text is, or, of a conflict, what somebody chose; stored nowhere."""

    SAME = "same"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some lines as they were in the base, and in both changes of it."""

    kept: Kept
    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    def lines(self, choice: Kept = Kept.OURS) -> tuple[str, ...]:
        """Return the lines of the merged text; of a conflict those that were chosen."""
        chosen = choice if self.kept is Kept.CONFLICT else self.kept
        return {Kept.THEIRS: self.theirs, Kept.BOTH: self.ours + self.theirs}.get(chosen, self.ours)


def merge(base: str, ours: str, theirs: str) -> tuple[Stretch, ...]:
    """Return the stretches of a merged text; those which only one side changed are taken from that side."""
    return tuple(_stretches(_lines(base), _lines(ours), _lines(theirs)))


def conflicts(stretches: Sequence[Stretch]) -> tuple[int, ...]:
    """Return the places of the stretches that somebody must choose."""
    return tuple(place for place, one in enumerate(stretches) if one.kept is Kept.CONFLICT)


def text(stretches: Sequence[Stretch], choices: Mapping[int, Kept]) -> str:
    """Return the merged text, with the choice at each conflict, by its place; ours where none was made."""
    return "".join(line for place, one in enumerate(stretches) for line in one.lines(choices.get(place, Kept.OURS)))


def _lines(whole: str) -> list[str]:
    return whole.splitlines(keepends=True)


def _stretches(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Stretch]:
    """Cut the three texts at the lines that stand in all of them."""
    in_ours, in_theirs = _matched(base, ours), _matched(base, theirs)
    at = (0, 0, 0)
    stable: list[str] = []
    for number, line in enumerate(base):
        if number not in in_ours or number not in in_theirs:
            continue
        here = (number, in_ours[number], in_theirs[number])
        if here != at:
            yield from _same(stable)
            stable = []
            yield _changed(base[at[0] : here[0]], ours[at[1] : here[1]], theirs[at[2] : here[2]])
        stable.append(line)
        at = (here[0] + 1, here[1] + 1, here[2] + 1)
    yield from _same(stable)
    rest = (base[at[0] :], ours[at[1] :], theirs[at[2] :])
    if any(rest):
        yield _changed(*rest)


def _matched(base: Sequence[str], other: Sequence[str]) -> Mapping[int, int]:
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}


def _same(lines: Sequence[str]) -> Iterator[Stretch]:
    if lines:
        yield Stretch(kept=Kept.SAME, base=tuple(lines), ours=tuple(lines), theirs=tuple(lines))


def _changed(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Stretch:
    kept = Kept.CONFLICT
    if list(ours) == list(base):
        kept = Kept.THEIRS
    elif list(theirs) == list(base) or list(ours) == list(theirs):
        kept = Kept.OURS
    return Stretch(kept=kept, base=tuple(base), ours=tuple(ours), theirs=tuple(theirs))
