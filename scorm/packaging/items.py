"""The items of a SCORM 1.2 manifest, or of AICC's files -> Organisation: one sequencing engine plays them all. Pure.

Both leave to the LMS how a learner gets from SCO to SCO: here by choice and by Continue and Previous, past what
adlcp:prerequisites locks (CAM 1.2 2.3.5.4); a heading is done when all beneath it is. An item with a page of its own
and parts beneath it is a heading whose first part is that page: the page keeps the identifier, so that prerequisites
that name it and what is kept of it mean the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from scorm.packaging.manifest import AU, Item, Manifest
from scorm.sequencing import prerequisites
from scorm.sequencing.definition import Node, Organisation, Settings

_NAMED = 5
_SUBTLE = frozenset("=<>~")
_CLUSTER = Settings(flow=True)
_SCO = Settings(completion_by_content=True, objective_by_content=True)
# An asset cannot report: having been opened is all there is to do with it.
_ASSET = Settings(objective_by_content=True)


def course(manifest: Manifest) -> Organisation | None:
    """Return what the sequencing engine plays of a package; None where it has one SCO of 1.2, or one unit of AICC."""
    if manifest.course is not None:
        return Organisation.recorded(dict(manifest.course))
    return organisation(manifest) if len(manifest.scos) > 1 else None


def organisation(manifest: Manifest) -> Organisation | None:
    """Make a course of a manifest's items; None if nothing in it can be launched."""
    known = _known(manifest)
    children = tuple(node for item in manifest.items if (node := _node(item, known)) is not None)
    if not children:
        return None
    identifier = manifest.identifier or "course"
    root = Node(identifier=f"{identifier} (course)", title=manifest.title, settings=_CLUSTER, children=children)
    return Organisation(root=root, edition="AICC" if manifest.scos[0].kind == AU else "1.2")


def doubts(manifest: Manifest) -> tuple[str, ...]:
    """Say of every prerequisite that cannot be read or met that it locks nothing, and what waits for itself."""
    known = _known(manifest)
    flaws = (
        f"The prerequisites {one.prerequisites[:60]!r} of item {one.identifier!r} {why} and lock nothing."
        for one in _every(manifest.items)
        if (why := _flaw(one.prerequisites, known))
    )
    shut = _shut(manifest, known)
    named = ", ".join(map(repr, sorted(shut)[:_NAMED]))
    waits = f"What stands before {named} can never be met, for it waits for them: they cannot be opened."
    return (*flaws, *([waits] if shut else []))


def _known(manifest: Manifest) -> frozenset[str]:
    return frozenset(one.identifier for one in _every(manifest.items) if any(True for _ in one.launchable()))


def _every(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _every(item.items)


def _shut(manifest: Manifest, known: frozenset[str]) -> frozenset[str]:
    """Return the parts that stay shut though all that can be opened is passed.

    What depends on how a part ended, or on one that is not done, is taken to be met.
    """
    below = {one.identifier: frozenset(part.identifier for part in one.launchable()) for one in _every(manifest.items)}
    locks = [
        (part, prerequisites.parsed(one.prerequisites))
        for one in _every(manifest.items)
        for part in below[one.identifier]
        if not _flaw(one.prerequisites, known) and not _SUBTLE & set(one.prerequisites)
    ]
    shut, before = frozenset(part for part, _ in locks), frozenset({""})
    while shut != before:
        before = shut
        shut = frozenset(part for part, met in locks if part in before and not met(_passed(below, before)))
    return shut


def _passed(below: Mapping[str, frozenset[str]], shut: frozenset[str]) -> prerequisites.Statuses:
    return lambda name: "" if below[name] & shut else "passed"


def _node(item: Item, known: frozenset[str]) -> Node | None:
    children = tuple(node for below in item.items if (node := _node(below, known)) is not None)
    asked = "" if _flaw(item.prerequisites, known) else item.prerequisites
    page = _page(item, asked) if item.path or item.url else None
    if not children or page is None:
        return _heading(item, item.identifier, asked, children) if children else page
    return _heading(item, f"{item.identifier} (parts)", asked, (replace(page, prerequisites=""), *children))


def _heading(item: Item, identifier: str, asked: str, children: tuple[Node, ...]) -> Node:
    return Node(
        identifier=identifier,
        title=item.title,
        visible=item.visible,
        prerequisites=asked,
        settings=_CLUSTER,
        children=children,
    )


def _page(item: Item, asked: str) -> Node:
    return Node(
        identifier=item.identifier,
        title=item.title,
        visible=item.visible,
        resource=item.path or item.url,
        parameters=item.suffix,
        launch_data=item.launch_data,
        time_limit_action=item.time_limit_action,
        mastery_score=item.mastery_score,
        maximum_time=item.max_time_allowed,
        prerequisites=asked,
        settings=_ASSET if item.kind == "asset" else _SCO,
    )


def _flaw(script: str, known: frozenset[str]) -> str:
    """Say why a script locks nothing: what asks for a part that is not there could never be opened."""
    try:
        absent = [name for name in prerequisites.names(script) if name not in known]
    except prerequisites.Unreadable:
        return "cannot be read"
    return f"ask for {absent[0][:60]!r}, which the course does not have," if absent else ""
