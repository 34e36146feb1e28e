"""imsmanifest.xml -> Manifest. Pure.

Written for SCORM 1.2 (CAM 1.2 2.3, over IMS Content Packaging 1.1.2) and 2004, 2nd to 4th Edition, whose sequencing
sequencing/reading.py reads. It is strict where a guess could play the wrong thing, and lenient, with a warning, where
authoring tools are known to slip.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import Element

from scorm import editions, markup
from scorm.packaging import hrefs
from scorm.packaging.manifest import DEEPEST, Item, Manifest
from scorm.runtime.values import Space
from scorm.sequencing import reading
from scorm.sequencing.definition import Node, Organisation

_MASTERY = Space.stated({"values": [""], "pattern": r"[0-9]{1,3}(\.[0-9]{1,9})?", "range": [0, 100]})
_TIMESPAN = Space.stated({"values": [""], "pattern": r"[0-9]{2,4}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,2})?"})
_ACTION = Space.stated({"values": ["", "exit,message", "exit,no message", "continue,message", "continue,no message"]})
_LAUNCH_DATA = Space.stated({"max": 4096})
_NAMED: Final = 5

_ABSENT: Final = "not in the zip"

_FLASH: Final = (
    "All that it opens is Flash ({!r}), which no browser has played since 2021. Publish the course again as HTML5 from "
    "its authoring tool."
)

SCORM_11: Final = (
    "This is SCORM 1.1, which players of today do not play. Export the course from its authoring tool again, as "
    "SCORM 1.2 or SCORM 2004 (3rd or 4th Edition)."
)


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
        self.lost: dict[str, str] = {}

    def manifest(self) -> Manifest:
        edition, doubt = editions.edition(self.root)
        self.warnings.extend(doubt)
        items: tuple[Item, ...] = ()
        title = self._title(markup.child(self.root, "organizations"))
        if edition == "1.2":
            title, items = self._organisation(title)
        elif edition and edition != editions.OLDER:
            items = self._sequenced(edition, title)
            title = (self.course and self.course.root.title) or title
        else:
            self.reasons.append(self._unknown(edition))
        if edition and edition != editions.OLDER:
            self._judge(items)
        self._missing_files()
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

    def _unknown(self, edition: str) -> str:
        if edition == editions.OLDER:
            return SCORM_11
        other = editions.other(self.root)
        if other:
            return f"This is {other}; only SCORM and AICC courses can be played."
        return "The manifest does not say which version of SCORM this is, and nothing in it shows it."

    def _sequenced(self, edition: str, title: str) -> tuple[Item, ...]:
        """Read the activities of SCORM 2004 as items; each leaf must lead to a page."""
        self.course, doubts = reading.read(self.root)
        self.warnings.extend(doubts)
        if self.course is not None:
            return tuple(map(self._activity, self.course.root.children))
        found = self._unorganised(title)
        if found:
            self.course = reading.flat([(one.identifier, one.title) for one in found], title, edition)
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
        if node.resource in self.resources:
            item = self._launched(item, self.resources[node.resource], node.parameters)
        if not item.path:
            # The activity stays in its course: what rolls up must not do without it unseen.
            self._lose(item, f"it means {node.resource!r}, which has no page to open")
            item = replace(item, kind="sco", path=f"{self.base}{node.resource}")
        return item

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
        candidates = [one for one in self.resources.values() if _kind(one) == "sco" and one.get("href")]
        if not candidates:
            candidates = [one for one in self.resources.values() if one.get("href")]
            if len(candidates) != 1:
                self.reasons.append("The manifest has no organisation, so nothing says what is to be launched.")
                return ()
        only = len(candidates) == 1
        what = "its only resource that can be launched is" if only else "its SCOs, in the order of the manifest, are"
        self.warnings.append(f"The manifest has no organisation; {what} used.")
        return tuple(self._bare(one, title if only else "") for one in candidates)

    def _bare(self, resource: Element, title: str) -> Item:
        identifier = markup.identifier(resource.get("identifier"))
        return self._launched(Item(identifier=identifier, title=title or identifier), resource, "")

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
        found = None if hrefs.elsewhere(base + href) else self.names.find(href, base)
        if found is None:
            where = "on another server, which cannot be played from here" if hrefs.elsewhere(base + href) else _ABSENT
            self._lose(item, f"its page {base + href!r} is {where}")
            return replace(item, kind=self._typed(resource), path=hrefs.plain(base + href))
        self.warnings.extend(filter(None, [found.warning]))
        suffix = hrefs.suffixed(found.suffix, parameters)
        return replace(item, kind=self._typed(resource), path=found.name, suffix=suffix)

    def _lose(self, item: Item, why: str) -> None:
        self.lost.setdefault(item.identifier, why)

    def _missing_files(self) -> None:
        """Say which files are listed and not there, of all resources."""
        missing: dict[str, None] = {}
        for resource in self.resources.values():
            base = self.resources_base + markup.base(resource)
            listed = [one.get("href", "").strip() for one in markup.children(resource, "file")]
            absent = [
                one for one in listed if one and not hrefs.elsewhere(base + one) and not self.names.find(one, base)
            ]
            missing.update(dict.fromkeys(absent))
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            named = ", ".join(one[:120] for one in list(missing)[:_NAMED])
            self.warnings.append(f"The manifest lists files that are not in the zip: {named}{more}.")

    def _typed(self, resource: Element) -> str:
        kind = _kind(resource)
        if not kind:
            self.warnings.append("A resource does not say whether it is a SCO or an asset; it is taken as a SCO.")
        return kind or "sco"

    def _judge(self, items: tuple[Item, ...]) -> None:
        launchable = [found for item in items for found in item.launchable()]
        playable = [one for one in launchable if one.identifier not in self.lost]
        if not playable:
            known = [f"{why[0].upper()}{why[1:]}." for why in self.lost.values()]
            self.reasons.extend(known or ([] if self.reasons else ["Nothing in this package can be launched."]))
            return
        if all(one.path.casefold().endswith(".swf") for one in playable):
            self.reasons.append(_FLASH.format(playable[0].path))
        for item in launchable:
            if why := self.lost.get(item.identifier):
                self.warnings.append(
                    f"Part {item.title or item.identifier!r} cannot be opened, for {why}. Whoever must complete every "
                    "part cannot complete this course until it is mended."
                )
        if all(one.kind == "asset" for one in launchable) and self.course is None and len(launchable) == 1:
            self.warnings.append(
                "Its only part is an asset, which never reports: it cannot be completed by playing it."
            )


def _kind(resource: Element) -> str:
    kind = markup.attribute(resource, "scormtype").strip().lower()
    return kind if kind in ("sco", "asset") else ""
