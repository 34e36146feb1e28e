"""imsmanifest.xml -> Manifest: what a package is called, what it is made of, and what can be launched. Pure.

Written for SCORM 1.2 (CAM 1.2 2.3, over IMS Content Packaging 1.1.2) and 2004, 2nd to 4th Edition, whose sequencing
sequencing/reading.py reads. It is strict where a guess could play the wrong thing, and lenient, with a warning, where
authoring tools are known to slip.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self
from xml.etree.ElementTree import Element

from scorm import hrefs, markup
from scorm.sequencing import reading
from scorm.sequencing.definition import Node, Organisation
from scorm.values import Space

DEEPEST = 40
"""Levels of items; deeper nesting is an attack, not a table of contents."""

AU = "au"
"""The kind of an AICC assignable unit, which speaks HACP instead of calling an API."""

_MASTERY = Space.stated({"values": [""], "pattern": r"[0-9]{1,3}(\.[0-9]{1,9})?", "range": [0, 100]})
_TIMESPAN = Space.stated({"values": [""], "pattern": r"[0-9]{2,4}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,2})?"})
_ACTION = Space.stated({"values": ["", "exit,message", "exit,no message", "continue,message", "continue,no message"]})
_LAUNCH_DATA = Space.stated({"max": 4096})


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


def parse(xml: bytes, names: Collection[str], folder: str = "", warnings: Collection[str] = ()) -> Manifest:
    """Read a manifest that lies in `folder` ("" or `name/`) of a zip with these file names; never raises.

    `warnings` are those that are known already.
    """
    try:
        root, doubts = markup.read(xml)
    except markup.Unreadable as unreadable:
        return Manifest(warnings=tuple(warnings), reasons=(str(unreadable),))
    reading = _Reading(root, hrefs.Names(names), folder)
    reading.warnings.extend([*warnings, *doubts])
    return reading.manifest()


class _Reading:
    """One pass over one manifest, gathering what is wrong on the way."""

    def __init__(self, root: Element, names: hrefs.Names, folder: str) -> None:
        self.root = root
        self.names = names
        self.base = folder + markup.base(root)
        self.warnings: list[str] = []
        self.reasons: list[str] = []
        holder = markup.child(root, "resources")
        self.resources_base = self.base + markup.base(holder)
        self.resources = {markup.identifier(one.get("identifier")): one for one in markup.children(holder, "resource")}
        self.course: Organisation | None = None
        self.seen: set[str] = set()

    def manifest(self) -> Manifest:
        edition, doubt = markup.edition(self.root)
        self.warnings.extend(doubt)
        items: tuple[Item, ...] = ()
        title = self._title(markup.child(self.root, "organizations"))
        if edition == "1.2":
            title, items = self._organisation(title)
            self._judge(items)
        elif edition:
            items = self._sequenced(edition, title)
            title = (self.course and self.course.root.title) or title
            self._require_something(items)
        else:
            self.reasons.append("The manifest does not say which version of SCORM this is.")
        return Manifest(
            standard="SCORM" if edition else "",
            edition=edition,
            identifier=self.root.get("identifier", "").strip(),
            title=title,
            items=items,
            warnings=tuple(dict.fromkeys(self.warnings)),
            reasons=tuple(dict.fromkeys(self.reasons)),
            course=self.course.as_record() if self.course else None,
        )

    def _sequenced(self, edition: str, title: str) -> tuple[Item, ...]:
        """Read the activities of SCORM 2004 as items; each leaf must lead to a page."""
        self.course, doubts = reading.read(self.root)
        self.warnings.extend(doubts)
        if self.course is not None:
            return tuple(map(self._activity, self.course.root.children))
        found = self._unorganised(title)
        if found:
            self.course = reading.only(found[0].identifier, found[0].title, edition)
        return found

    def _activity(self, node: Node) -> Item:
        item = Item(
            identifier=node.identifier,
            title=node.title,
            visible=node.visible,
            launch_data=node.launch_data,
            time_limit_action=node.time_limit_action,
            items=tuple(map(self._activity, node.children)),
        )
        if not node.resource:
            return item
        launched = item
        if node.resource in self.resources:
            launched = self._launched(item, self.resources[node.resource], node.parameters)
        if not launched.path and not self.reasons:
            self.reasons.append(f"Item {item.identifier!r} means {node.resource!r}, which has no page to open.")
        return launched

    def _title(self, holder: Element | None) -> str:
        for organisation in markup.children(holder, "organization"):
            if title := markup.text(markup.child(organisation, "title")):
                return title
        return "Untitled"

    def _organisation(self, title: str) -> tuple[str, tuple[Item, ...]]:
        holder = markup.child(self.root, "organizations")
        organisations = markup.children(holder, "organization")
        if not organisations:
            return title, self._unorganised(title)
        default = holder.get("default", "").strip() if holder is not None else ""
        matching = [one for one in organisations if one.get("identifier", "").strip() == default]
        if not matching and (default or len(organisations) > 1):
            self.warnings.append(f"No organisation is the default one {default!r}; the first is used.")
        chosen = (matching or organisations)[0]
        items = self._items(chosen, 1)
        return markup.text(markup.child(chosen, "title")) or title, items

    def _unorganised(self, title: str) -> tuple[Item, ...]:
        candidates = [one for one in self.resources.values() if _kind(one) == "sco"]
        candidates = candidates or [one for one in self.resources.values() if one.get("href")]
        if len(candidates) != 1:
            self.reasons.append("The manifest has no organisation, so nothing says what is to be launched.")
            return ()
        self.warnings.append("The manifest has no organisation; its only resource that can be launched is used.")
        item = Item(identifier=candidates[0].get("identifier", "").strip(), title=title)
        return (self._launched(item, candidates[0], ""),)

    def _items(self, above: Element, level: int) -> tuple[Item, ...]:
        if level > DEEPEST:
            self.reasons.append(f"The manifest nests its items more than {DEEPEST} levels deep.")
            return ()
        return tuple(self._item(one, level) for one in markup.children(above, "item"))

    def _item(self, element: Element, level: int) -> Item:
        item = self._described(element, level)
        reference = markup.identifier(element.get("identifierref"))
        if reference in self.resources:
            return self._launched(item, self.resources[reference], element.get("parameters", ""))
        if reference:
            self.warnings.append(f"Item {item.identifier!r} means a resource {reference!r}, which does not exist.")
        return item

    def _described(self, element: Element, level: int) -> Item:
        return Item(
            identifier=self._unique(markup.identifier(element.get("identifier"))),
            title=markup.text(markup.child(element, "title")),
            visible=element.get("isvisible", "true").strip().lower() not in ("false", "0"),
            mastery_score=self._said(element, "masteryscore", _MASTERY),
            max_time_allowed=self._said(element, "maxtimeallowed", _TIMESPAN),
            time_limit_action=self._said(element, "timelimitaction", _ACTION),
            launch_data=self._said(element, "datafromlms", _LAUNCH_DATA),
            prerequisites=markup.said(element, "prerequisites"),
            items=self._items(element, level + 1),
        )

    def _unique(self, identifier: str) -> str:
        # How far a learner is gets kept by identifier: where the manifest has one twice, ours must differ.
        name, number = identifier or "item", 2
        while name in self.seen:
            name, number = f"{identifier}#{number}", number + 1
        self.seen.add(name)
        return name

    def _said(self, element: Element, name: str, space: Space) -> str:
        value = markup.said(element, name)
        if space.holds(value):
            return value
        self.warnings.append(f"The manifest's {name} {value[:60]!r} is not a legal one and is left out.")
        return ""

    def _launched(self, item: Item, resource: Element, parameters: str) -> Item:
        href = resource.get("href", "").strip()
        base = self.resources_base + markup.base(resource)
        if not href:
            return item
        if hrefs.elsewhere(base + href):
            self.reasons.append(f"Its page {base + href!r} is on another server, which cannot be played from here.")
            return item
        found = self.names.find(href, base)
        if found is None:
            self.reasons.append(f"Its page {base + href!r} is not in the zip.")
            return item
        self.warnings.extend(filter(None, [found.warning]))
        self._missing_files(resource, base)
        suffix = hrefs.suffixed(found.suffix, parameters)
        return replace(item, kind=self._typed(resource), path=found.name, suffix=suffix)

    def _missing_files(self, resource: Element, base: str) -> None:
        listed = [one.get("href", "") for one in markup.children(resource, "file")]
        missing = [one for one in listed if one and not hrefs.elsewhere(one) and not self.names.find(one, base)]
        if missing:
            self.warnings.append(f"The manifest lists files that are not in the zip: {', '.join(missing[:5])}.")

    def _typed(self, resource: Element) -> str:
        kind = _kind(resource)
        if not kind:
            self.warnings.append("A resource does not say whether it is a SCO or an asset; it is taken as a SCO.")
        return kind or "sco"

    def _judge(self, items: tuple[Item, ...]) -> None:
        self._require_something(items)
        launchable = [found for item in items for found in item.launchable()]
        if len(launchable) == 1 and launchable[0].kind == "asset":
            self.warnings.append(
                "Its only part is an asset, which never reports: it cannot be completed by playing it."
            )

    def _require_something(self, items: tuple[Item, ...]) -> None:
        if not any(True for item in items for _ in item.launchable()) and not self.reasons:
            self.reasons.append("Nothing in this package can be launched.")


def _kind(resource: Element) -> str:
    kind = markup.attribute(resource, "scormtype").strip().lower()
    return kind if kind in ("sco", "asset") else ""
