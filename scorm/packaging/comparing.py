"""What differs between two versions of a package, and what of a learner's progress the newer one can take over. Pure.

Progress is kept by the identifiers of parts, and what a part reads of it only its own program knows. So it can be kept
where the parts are the same and the programs are too; of programs that changed nobody can say what they still read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from scorm.packaging import authoring, items
from scorm.packaging.manifest import Item, Manifest
from scorm.sequencing.definition import Node

NAMED: Final = 20
"""Files of each kind that a comparison names; the counts are of all."""


class Keeps(StrEnum):
    """How much of an attempt's progress another version takes over; stored with each move of an attempt."""

    ALL = "all"
    PART = "part"
    UNKNOWN = "unknown"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A version as it is compared: its manifest, and the SHA-256 of each file by name."""

    manifest: Manifest
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files of one kind of change: how many there are, and the first of them by name."""

    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part that both versions have, by identifier or else by page; `sure` where both are the same."""

    old: Item
    new: Item

    @property
    def sure(self) -> bool:
        """Is it the same part beyond doubt?"""
        return self.old.identifier == self.new.identifier and _page(self.old) == _page(self.new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs: `says` has it in sentences, `reasons` why progress can be kept or not.

    `parts` leads from each identifier to that in the newer version; `doubtful` are those of which nobody can be sure;
    `reads` says whether the newer programs read what the older ones kept (ALL), or nobody knows, or they cannot.
    """

    says: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    parts: Mapping[str, str]
    doubtful: frozenset[str]
    new_files: Files
    changed_files: Files
    lost_files: Files
    reads: Keeps
    reasons: tuple[str, ...]

    @property
    def keeps(self) -> Keeps:
        """Say how much is kept of an attempt that has been in every part."""
        return self.keeps_of((*self.parts, *self.removed))

    def keeps_of(self, played: Collection[str]) -> Keeps:
        """Say how much is kept of an attempt that has been in these parts; of none, there is nothing to lose."""
        if not played:
            return Keeps.ALL
        there = [one for one in played if one in self.parts]
        if not there or self.reads is Keeps.NONE:
            return Keeps.NONE
        if self.reads is Keeps.UNKNOWN or self.doubtful.intersection(there):
            return Keeps.UNKNOWN
        return Keeps.ALL if len(there) == len(set(played)) else Keeps.PART

    def as_dict(self) -> dict[str, Any]:
        """Give it as a report, ready for JSON."""
        return {**asdict(self), "doubtful": sorted(self.doubtful), "keeps": str(self.keeps), "reads": str(self.reads)}


def compare(old: Contents, new: Contents) -> Comparison:
    """Compare a version with a newer one."""
    parts = _matched(old.manifest.scos, new.manifest.scos)
    here, there = {one.old.identifier for one in parts}, {one.new.identifier for one in parts}
    removed = tuple(one for one in old.manifest.scos if one.identifier not in here)
    added = tuple(one for one in new.manifest.scos if one.identifier not in there)
    reads, reasons = _reading(old, new)
    doubtful = [one for one in parts if not one.sure]
    return Comparison(
        says=tuple(_sentences(old.manifest, new.manifest, parts, removed, added)),
        added=tuple(one.identifier for one in added),
        removed=tuple(one.identifier for one in removed),
        parts={one.old.identifier: one.new.identifier for one in parts},
        doubtful=frozenset(one.old.identifier for one in doubtful),
        new_files=_files(name for name in new.files if name not in old.files),
        changed_files=_files(name for name, was in old.files.items() if new.files.get(name, was) != was),
        lost_files=_files(name for name in old.files if name not in new.files),
        reads=reads,
        reasons=(*reasons, *_doubts(doubtful, removed)),
    )


def _matched(old: Collection[Item], new: Collection[Item]) -> list[Part]:
    """Match parts by identifier, and what is left by a page that only one on each side has."""
    named = {one.identifier: one for one in new}
    found = [Part(old=one, new=named[one.identifier]) for one in old if one.identifier in named]
    taken = {one.new.identifier for one in found}
    waiting = [one for one in old if one.identifier not in named]
    free = [one for one in new if one.identifier not in taken]
    for one in waiting:
        same = [other for other in free if _page(other) == _page(one)]
        if len(same) == 1 and sum(_page(other) == _page(one) for other in waiting) == 1:
            found.append(Part(old=one, new=same[0]))
    return found


def _page(item: Item) -> str:
    return item.path or item.url


def _files(names: Iterator[str]) -> Files:
    every = sorted(names)
    return Files(count=len(every), names=tuple(every[:NAMED]))


def _reading(old: Contents, new: Contents) -> tuple[Keeps, tuple[str, ...]]:
    """Say whether the newer version's programs read what the older's kept, by what can be known from outside."""
    if _model(old.manifest) != _model(new.manifest):
        said = f"It speaks {_standard(new.manifest)} instead of {_standard(old.manifest)}"
        return Keeps.NONE, (f"{said}, so that nothing of what was kept can be read.",)
    if (items.course(old.manifest) is None) != (items.course(new.manifest) is None):
        return Keeps.NONE, ("It was one part and is several now, or the other way round.",)
    found = authoring.compared(old.files, new.files, _starts(old.manifest), _starts(new.manifest))
    known = {True: Keeps.ALL, False: Keeps.NONE, None: Keeps.UNKNOWN}
    return known[found.same], (found.sentence,)


def _starts(manifest: Manifest) -> tuple[str, ...]:
    return tuple(one.path for one in manifest.scos if one.path)


def _model(manifest: Manifest) -> str:
    if manifest.standard == "AICC" or manifest.edition.startswith("AICC"):
        return "AICC"
    return "1.2" if manifest.edition == "1.2" else "2004"


def _standard(manifest: Manifest) -> str:
    return f"{manifest.standard} {manifest.edition.removeprefix(manifest.standard).strip()}".strip()


def _doubts(doubtful: Collection[Part], removed: Collection[Item]) -> Iterator[str]:
    for one in doubtful:
        what = "identifier" if one.old.identifier != one.new.identifier else "first page"
        yield f"“{_name(one.old)}” has another {what}, so that nobody can be sure that it is the same part."
    for item in removed:
        yield f"“{_name(item)}” is not there any more, and what was done in it goes with it."


def _sentences(
    old: Manifest, new: Manifest, parts: Collection[Part], removed: Collection[Item], added: Collection[Item]
) -> Iterator[str]:
    if _standard(old) != _standard(new):
        yield f"It is {_standard(new)}; it was {_standard(old)}."
    if old.title != new.title:
        yield f"It is called “{new.title}”; it was called “{old.title}”."
    yield from (f"“{_name(one)}” is new (item {one.identifier}, {_page(one)})." for one in added)
    yield from (f"“{_name(one)}” is gone (item {one.identifier}, {_page(one)})." for one in removed)
    for part in parts:
        yield from _changes(part)
    yield from _sequencing(old, new)


def _changes(part: Part) -> Iterator[str]:
    old, new = part.old, part.new
    compared = (
        ("identifier", old.identifier, new.identifier),
        ("title", old.title, new.title),
        ("first page", f"{_page(old)}{old.suffix}", f"{_page(new)}{new.suffix}"),
        ("pass mark", old.mastery_score, new.mastery_score),
        ("longest time", old.max_time_allowed, new.max_time_allowed),
        ("action when the time is over", old.time_limit_action, new.time_limit_action),
        ("launch data", old.launch_data, new.launch_data),
        ("prerequisites", old.prerequisites, new.prerequisites),
    )
    for what, was, now in compared:
        if was != now:
            yield f"“{_name(old)}”: its {what} is {_shown(now)}; it was {_shown(was)}."


def _sequencing(old: Manifest, new: Manifest) -> Iterator[str]:
    before, after = items.course(old), items.course(new)
    if before is None or after is None or _model(old) != "2004":
        return
    was, now = _nodes(before.root), _nodes(after.root)
    for identifier, node in now.items():
        if identifier in was and was[identifier].settings != node.settings:
            yield f"The rules of “{node.title or identifier}” (sequencing, objectives, pass mark) are others."
    if [one for one in was if one in now] != [one for one in now if one in was]:
        yield "The parts come in another order."


def _nodes(root: Node) -> dict[str, Node]:
    found = {root.identifier: root}
    for child in root.children:
        found |= _nodes(child)
    return found


def _name(item: Item) -> str:
    return item.title or item.identifier


def _shown(value: str) -> str:
    return f"“{value[:60]}”" if value else "not set"
