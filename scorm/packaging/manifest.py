"""What a package is called, what it is made of, and what can be launched, as its manifest tells it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

DEEPEST = 40
"""Levels of items; deeper nesting is an attack, not a table of contents."""

AU = "au"
"""The kind of an AICC assignable unit, which speaks HACP instead of calling an API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of the table of contents; `path` is "" for a heading, else the file that is launched.

    `kind` is `sco`, `asset`, `au` or "" for a heading; `url` is the page of a unit at another server, instead of a
    path; `suffix` follows either in the address; `password` is what an AICC unit may say in its messages. The rest is
    what adlcp says, as text, "" where it says nothing or nothing legal (CAM 1.2 2.3).
    """

    identifier: str
    title: str
    visible: bool = True
    kind: str = ""
    path: str = ""
    suffix: str = ""
    mastery_score: str = ""
    max_time_allowed: str = ""
    time_limit_action: str = ""
    launch_data: str = ""
    prerequisites: str = ""
    url: str = ""
    password: str = ""
    items: tuple[Item, ...] = ()

    def launchable(self) -> Iterator[Item]:
        """Give what can be launched here and below, in order."""
        if self.path or self.url:
            yield self
        for item in self.items:
            yield from item.launchable()

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote."""
        return cls(**{**record, "items": tuple(map(cls.recorded, record["items"]))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A package as its manifest tells it; with any `reasons` it cannot be played, `warnings` only tell of slips.

    `course` is the record of the Organisation of SCORM 2004, whose activities bear the identifiers of the items.
    """

    standard: str = ""
    edition: str = ""
    identifier: str = ""
    title: str = ""
    items: tuple[Item, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    course: Mapping[str, Any] | None = None

    @property
    def scos(self) -> tuple[Item, ...]:
        """Everything that can be launched, in order."""
        return tuple(found for item in self.items for found in item.launchable())

    def as_record(self) -> dict[str, Any]:
        """Give every field, ready for JSON."""
        return asdict(self)

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Self:
        """Read what `as_record` wrote, also after a journey through JSON."""
        tuples = {key: tuple(record[key]) for key in ("warnings", "reasons")}
        return cls(**{**record, **tuples, "items": tuple(map(Item.recorded, record["items"]))})
