"""An organisation of imsmanifest.xml -> Organisation: items, with all that SCORM 2004 says of them. Pure.

It reads the 2nd, 3rd and 4th Edition alike (CAM 3.4): what an edition does not have is simply not there. It is lenient:
what is not legal is left out, with a doubt that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element

from scorm import editions, markup
from scorm.sequencing.definition import Node, Organisation, Settings, Store
from scorm.sequencing.literals import Literals
from scorm.sequencing.settings_reading import read_settings

DEEPEST = 40
"""Levels of items that are read; deeper nesting is an attack, not a table of contents."""


def read(root: Element) -> tuple[Organisation | None, tuple[str, ...]]:
    """Read the default organisation of a manifest, with doubts; None if there is nothing in it to launch."""
    reading = _Reading(root)
    return reading.organisation(), tuple(dict.fromkeys(reading.literals.doubts))


def flat(parts: Sequence[tuple[str, str]], title: str, edition: str) -> Organisation:
    """Make a course of resources, as (identifier, title), one after the other: where the manifest organises nothing."""
    nodes = tuple(Node(identifier=one, title=named, resource=one) for one, named in parts)
    settings = Settings(flow=True, choice=len(nodes) > 1)
    root = Node(identifier=f"{parts[0][0]} (course)", title=title, settings=settings, children=nodes)
    return Organisation(root=root, edition=edition)


class _Reading:
    """One pass over one manifest, gathering doubts on the way."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.literals = Literals()
        self.seen: set[str] = set()
        collections = markup.within(root, "imsss", "sequencingCollection")
        shared = [one for holder in collections for one in markup.within(holder, "imsss", "sequencing")]
        self.shared = {markup.identifier(one.get("ID")): one for one in reversed(shared)}

    def organisation(self) -> Organisation | None:
        holder = markup.child(self.root, "organizations")
        organisations = markup.children(holder, "organization")
        if not organisations:
            return None
        default = markup.identifier(holder.get("default")) if holder is not None else ""
        matching = [one for one in organisations if markup.identifier(one.get("identifier")) == default]
        if not matching and (default or len(organisations) > 1):
            self.literals.doubts.append(f"No organisation is the default one {default!r}; the first is used.")
        chosen = (matching or organisations)[0]
        root = self._node(chosen, 0)
        if root is None:
            return None
        return Organisation(
            root=_alone(root),
            edition=editions.edition(self.root)[0],
            global_objectives=self._global(chosen, "adlseq", "objectivesglobaltosystem"),
            global_data=self._global(chosen, "adlcp", "shareddataglobaltosystem"),
        )

    def _global(self, organisation: Element, space: str, name: str) -> bool:
        return self.literals.truth(markup.attribute(organisation, name, space), name, default=True)

    def _node(self, element: Element, level: int) -> Node | None:
        """Read an item and all beneath it; None for one that leads to nothing that can be launched."""
        items = markup.children(element, "item") if level < DEEPEST else []
        children = tuple(child for child in (self._node(one, level + 1) for one in items) if child is not None)
        resource = markup.identifier(element.get("identifierref"))
        identifier = self._unique(markup.identifier(element.get("identifier")))
        if not children and not resource:
            self.literals.doubts.append(f"Item {identifier!r} has nothing to launch and is left out.")
            return None
        return self._described(element, identifier, resource, children)

    def _described(self, element: Element, identifier: str, resource: str, children: tuple[Node, ...]) -> Node:
        thresholds = markup.within(element, "adlcp", "completionThreshold")
        return Node(
            identifier=identifier,
            title=markup.text(markup.child(element, "title")),
            visible=self.literals.truth(element.get("isvisible", ""), "isvisible", default=True),
            resource="" if children else resource,
            parameters=element.get("parameters", "").strip(),
            launch_data=markup.said(element, "dataFromLMS"),
            time_limit_action=markup.said(element, "timeLimitAction"),
            threshold_stated=bool(thresholds) and not children,
            stores=self._stores(element),
            hidden_controls=_hidden(element),
            settings=self._settings(element, thresholds),
            children=children,
        )

    def _unique(self, identifier: str) -> str:
        # Identifiers are xs:ID and must differ; where they do not, ours must, for the state is kept by them.
        name, number = identifier, 2
        while name in self.seen or not name:
            name, number = f"{identifier}#{number}", number + 1
        if name != identifier:
            self.literals.doubts.append(f"More than one item is called {identifier!r}.")
        self.seen.add(name)
        return name

    def _settings(self, element: Element, thresholds: list[Element]) -> Settings:
        stated = markup.within(element, "imsss", "sequencing")
        own = stated[0] if stated else None
        reference = markup.identifier(own.get("IDRef")) if own is not None else ""
        if reference and reference not in self.shared:
            self.literals.doubts.append(f"No sequencing of the collection is called {reference!r}.")
        shared = self.shared.get(reference)

        def part(space: str, name: str) -> Element | None:
            # CAM 5.1.1, IDRef: each child element is the item's own where it has one, else the collection's.
            return next(iter(markup.within(own, space, name) or markup.within(shared, space, name)), None)

        return read_settings(part, thresholds[0] if thresholds else None, self.literals)

    def _stores(self, element: Element) -> tuple[Store, ...]:
        holders = markup.within(element, "adlcp", "data")
        return tuple(self._store(one) for holder in holders for one in markup.within(holder, "adlcp", "map"))

    def _store(self, element: Element) -> Store:
        return Store(
            target=element.get("targetID", "").strip(),
            reads=self.literals.truth(element.get("readSharedData", ""), "readSharedData", default=True),
            writes=self.literals.truth(element.get("writeSharedData", ""), "writeSharedData", default=True),
        )


def _hidden(element: Element) -> frozenset[str]:
    return frozenset(
        (one.text or "").strip()
        for presentation in markup.within(element, "adlnav", "presentation")
        for interface in markup.within(presentation, "adlnav", "navigationInterface")
        for one in markup.within(interface, "adlnav", "hideLMSUI")
    )


def _alone(root: Node) -> Node:
    """Let a course of a single leaf begin by itself: with choice alone, the default, the learner would see nothing."""
    settings = root.settings
    if len(root.children) != 1 or root.children[0].children or settings.flow or not settings.choice:
        return root
    return replace(root, settings=replace(settings, flow=True, choice=False))
