"""The items of a SCORM 1.2 manifest -> Organisation: several SCOs are played by the one sequencing engine. Pure.

SCORM 1.2 leaves to the LMS how a learner gets from SCO to SCO: here by choice and by Continue and Previous, past what
adlcp:prerequisites locks (CAM 1.2 2.3.5.4); a heading is done when all beneath it is.
"""

from __future__ import annotations

from scorm.manifest import Item, Manifest
from scorm.sequencing import prerequisites
from scorm.sequencing.definition import Node, Organisation, Settings

_CLUSTER = Settings(flow=True)
_SCO = Settings(completion_by_content=True, objective_by_content=True)
# An asset cannot report: having been opened is all there is to do with it.
_ASSET = Settings(objective_by_content=True)


def course(manifest: Manifest) -> Organisation | None:
    """Return what the sequencing engine plays of a package; None where it has one SCO of 1.2, or units of AICC."""
    if manifest.course is not None:
        return Organisation.recorded(dict(manifest.course))
    return organisation(manifest) if manifest.edition == "1.2" and len(manifest.scos) > 1 else None


def organisation(manifest: Manifest) -> Organisation | None:
    """Make a course of a manifest's items; None if nothing in it can be launched."""
    children = tuple(node for node in map(_node, manifest.items) if node is not None)
    if not children:
        return None
    identifier = manifest.identifier or "course"
    root = Node(identifier=f"{identifier} (course)", title=manifest.title, settings=_CLUSTER, children=children)
    return Organisation(root=root, edition="1.2")


def doubts(manifest: Manifest) -> tuple[str, ...]:
    """Say of every prerequisite that cannot be read that it locks nothing, and of pages that are left out."""
    unread = (
        f"The prerequisites {one.prerequisites[:60]!r} of item {one.identifier!r} cannot be read and lock nothing."
        for one in manifest.scos
        if not _readable(one.prerequisites)
    )
    left_out = (
        f"Item {one.identifier!r} has a page of its own and parts beneath it: only the parts are played."
        for one in manifest.scos
        if any(any(below.launchable()) for below in one.items)
    )
    return (*unread, *left_out)


def _node(item: Item) -> Node | None:
    children = tuple(node for node in map(_node, item.items) if node is not None)
    if not children and not item.path:
        return None
    return Node(
        identifier=item.identifier,
        title=item.title,
        visible=item.visible,
        resource="" if children else item.path,
        parameters="" if children else item.suffix,
        launch_data=item.launch_data,
        time_limit_action=item.time_limit_action,
        mastery_score=item.mastery_score,
        maximum_time=item.max_time_allowed,
        prerequisites=item.prerequisites,
        settings=_settings(item, children),
        children=children,
    )


def _settings(item: Item, children: tuple[Node, ...]) -> Settings:
    if children:
        return _CLUSTER
    return _ASSET if item.kind == "asset" else _SCO


def _readable(script: str) -> bool:
    try:
        prerequisites.parsed(script)
    except prerequisites.Unreadable:
        return False
    return True
