"""How far a learner is in one version of a course of several parts, said in the tree of another version. Pure.

What is known is kept by the identifiers of activities and objectives, and goes to those that both versions have. The
course is then opened where it was left, else at the last part that the learner had been in and that is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scorm.sequencing.definition import Organisation
from scorm.sequencing.tracking import State
from scorm.sequencing.tree import ROOT, Activity, Tree


def carried(
    snapshot: Mapping[str, Any], old: Organisation, new: Organisation, parts: Mapping[str, str]
) -> dict[str, Any]:
    """Return the snapshot of a course (`Course.snapshot`) as one of the newer tree; `parts` are old names to new."""
    before, after = Tree.grown(old), Tree.grown(new)
    names = _names(before, after, parts)
    # Read once as the older tree has it: what was kept may be of a tree that had fewer activities yet.
    state = State.restore(before, snapshot["state"]).snapshot()
    standing = {names[name]: dict(given) for name, given in state["standing"].items() if name in names}
    current, aside = names.get(state["current"]), names.get(state["suspended"])
    lost = current is None and aside is None and (state["current"] or state["suspended"]) is not None
    if lost:
        aside = _last_played(after, standing)
    _be_active(after, standing, current)
    for name in _way(after, aside):
        standing.setdefault(name, {})["suspended"] = True
    goes_on = current is not None
    return {
        **snapshot,
        "state": {
            **state,
            "current": current,
            "suspended": aside,
            "standing": {one.identifier: standing.get(one.identifier, {}) for one in after.activities},
            "progress": _progress(state["progress"], before, after, names),
            "available": _available(state["available"], after, names),
        },
        "kept": {names[name]: one for name, one in snapshot["kept"].items() if name in names},
        "delivered": snapshot["delivered"] and goes_on,
        "finished": snapshot["finished"] and goes_on,
    }


def played(snapshot: Mapping[str, Any], leaves: frozenset[str]) -> frozenset[str]:
    """Return those of the parts in which the learner has been."""
    standing = snapshot["state"]["standing"]
    return frozenset(name for name, one in standing.items() if name in leaves and one.get("attempts"))


def _names(before: Tree, after: Tree, parts: Mapping[str, str]) -> dict[str, str]:
    """Lead from each activity to the one of the newer tree: parts as was found, clusters by name, the root always."""
    names = {one.identifier: parts[one.identifier] for one in before.activities if one.identifier in parts}
    there = {one.identifier for one in after.activities if one.children}
    names |= {one.identifier: one.identifier for one in before.activities if one.children and one.identifier in there}
    return names | {before.activities[ROOT].identifier: after.activities[ROOT].identifier}


def _last_played(tree: Tree, standing: Mapping[str, Mapping[str, Any]]) -> str | None:
    leaves = [one.identifier for one in tree.activities if not one.children]
    return next((name for name in reversed(leaves) if standing.get(name, {}).get("attempts")), None)


def _way(tree: Tree, at: str | None) -> tuple[str, ...]:
    """Return the names from the root down to an activity; nothing where there is none."""
    path = tree.activities[tree.numbers[at]].path if at else ()
    return tuple(tree.activities[one].identifier for one in path)


def _be_active(tree: Tree, standing: dict[str, dict[str, Any]], current: str | None) -> None:
    """Have all above the current activity be active, and nothing else but that one where it was."""
    way = _way(tree, current)
    for name in set(standing) - set(way):
        standing[name].pop("active", None)
    for name in way[:-1]:
        standing.setdefault(name, {})["active"] = True


def _progress(known: Mapping[str, Any], before: Tree, after: Tree, names: Mapping[str, str]) -> dict[str, Any]:
    """Lead from each objective to the one of the same activity and name."""
    slots: dict[int, int] = {}
    for one in before.activities:
        if one.identifier in names:
            slots |= _slots(one, after.activities[after.numbers[names[one.identifier]]])
    return {str(slots[int(at)]): given for at, given in known.items() if int(at) in slots}


def _slots(old: Activity, new: Activity) -> dict[int, int]:
    named = {slot: new.slots[name] for name, slot in old.slots.items() if name in new.slots}
    return {**named, old.primary: new.primary}


def _available(known: Mapping[str, list[str]], after: Tree, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Keep the selection and order of a cluster where it has the same children still."""
    kept = {}
    for name, children in known.items():
        if name in names and all(child in names for child in children):
            found = [names[child] for child in children]
            cluster = after.activities[after.numbers[names[name]]]
            if set(found) <= {after.activities[child].identifier for child in cluster.children}:
                kept[names[name]] = found
    return kept
