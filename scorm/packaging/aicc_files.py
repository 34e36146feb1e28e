"""AICC course files (.crs, .au, .des, .cst, .pre …) -> Manifest: what a course is made of, and what is launched. Pure.

Clauses are those of AICC CMI001 4.0. An assignable unit whose file is at another server is opened there (`Item.url`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlsplit

from engine.text import clean
from scorm.hacp import aicc_tables
from scorm.hacp.aicc_tables import Unreadable
from scorm.packaging import aicc_structure, hrefs
from scorm.packaging.aicc_structure import LONGEST, Structure
from scorm.packaging.manifest import AU, Item, Manifest
from scorm.runtime.values import Space

_LONGEST_URL: Final = 2000
_SAFE_IN_URL: Final = "/%:@!$&'()*+,;=~"
_ENDS: Final = (".crs", ".au", ".des", ".cst", ".pre", ".cmp", ".ort")
_UNUSED: Final = {
    ".cmp": "its completion requirements are not applied: a block is done when all of its units are",
    ".ort": "the relations of its objectives are not applied",
}
_MASTERY: Final = Space.stated({"values": [""], "pattern": r"[0-9]{1,3}(\.[0-9]{1,9})?", "range": [0, 100]})
_TIME: Final = Space.stated({"values": [""], "pattern": r"[0-9]{2,4}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,2})?"})
_LAUNCH_DATA: Final = Space.stated({"max": 4096})
_ACTIONS: Final = {"e": "exit", "c": "continue", "m": "message", "n": "no message"}
_SEPARATOR: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Which files of a zip make the course: their names by ending (`.crs`), and the folder that they lie in."""

    files: Mapping[str, str]
    folder: str = ""
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def found(names: Collection[str]) -> Found | None:
    """Find the course files, the outermost ones; None where there are none. A lone `.au` may be a sound."""
    folders = sorted({_folder(name) for name in names if _end(name) == ".crs"}, key=lambda one: (one.count("/"), one))
    folders = folders or sorted(
        {_folder(name) for name in names if _end(name) == ".au"}
        & {_folder(name) for name in names if _end(name) == ".cst"}
    )
    if not folders:
        return None
    folder = folders[0]
    reasons: list[str] = []
    files: dict[str, str] = {}
    for end in _ENDS:
        here = [name for name in names if _folder(name) == folder and _end(name) == end]
        if len(here) > 1:
            reasons.append(f"The zip has {len(here)} AICC files that end in {end}: {', '.join(sorted(here)[:5])}.")
        if here:
            files[end] = here[0]
    warnings = (f"The course files lie in the folder {folder!r}.",) if folder else ()
    return Found(files=files, folder=folder, warnings=warnings, reasons=tuple(reasons))


def parse(files: Mapping[str, bytes], names: Collection[str], course: Found) -> Manifest:
    """Read the bytes of the course files, by ending; never raises, and tells all that is wrong at once."""
    return _Reading(files, hrefs.Names(names), course).manifest()


def _end(name: str) -> str:
    return next((end for end in _ENDS if name.casefold().endswith(end)), "")


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]


class _Reading:
    """One pass over the files of one course, gathering what is wrong on the way."""

    def __init__(self, files: Mapping[str, bytes], names: hrefs.Names, course: Found) -> None:
        self.files = {end: aicc_tables.decoded(data) for end, data in files.items()}
        self.names = names
        self.course = course
        self.warnings = list(course.warnings)
        self.reasons = list(course.reasons)

    def manifest(self) -> Manifest:
        said = self._said()
        titles = {_key(row, "system_id"): row.get("title", "") for row in self._table(".des", "system_id")}
        units = self._units(titles)
        structure = Structure(units, titles, self._asked())
        items = structure.items(self._members())
        self.warnings.extend(structure.warnings)
        self.reasons.extend(structure.reasons)
        self._judge(units)
        title = clean(said.get("course_title", ""), LONGEST) or "Untitled"
        return Manifest(
            standard="AICC",
            edition=clean(f"AICC {said.get('version', '')}", 20),
            identifier=clean(said.get("course_id", ""), LONGEST),
            title=title,
            items=items,
            warnings=tuple(dict.fromkeys(self.warnings)),
            reasons=tuple(dict.fromkeys(self.reasons)),
        )

    def _said(self) -> Mapping[str, str]:
        if ".crs" not in self.files:
            self.reasons.append("There is no .crs file, which says what the course is called.")
            return {}
        said = aicc_tables.groups(self.files[".crs"])
        if "course" not in said:
            self.reasons.append(f"The file {self.course.files['.crs']!r} has no group [Course].")
        return aicc_tables.keys(said.get("course", ""))

    def _table(self, end: str, *needed: str) -> list[Mapping[str, str]]:
        try:
            found = aicc_tables.table(self.files.get(end, ""), needed, needed[0])
        except Unreadable as unreadable:
            self.reasons.append(f"The file {self.course.files[end]!r} cannot be read: {unreadable}.")
            return []
        absent = [name for name in needed if found and name not in found[0]]
        if absent:
            self.reasons.append(f"The file {self.course.files[end]!r} has no column {', '.join(absent)}.")
        return [] if absent else found

    def _asked(self) -> dict[str, str]:
        """Return the prerequisites of units and blocks (CMI001 5.6); where one has several rows, all must hold."""
        asked: dict[str, list[str]] = {}
        for row in self._table(".pre", "structure_element", "prerequisite"):
            if script := row.get("prerequisite", ""):
                asked.setdefault(_key(row, "structure_element"), []).append(script)
        return {one: found[0] if len(found) == 1 else _all(found) for one, found in asked.items()}

    def _units(self, titles: Mapping[str, str]) -> dict[str, Item]:
        """Return every assignable unit by its id in small letters (CMI001 5.3)."""
        if ".au" not in self.files:
            self.reasons.append("There is no .au file, which says what is launched.")
        units: dict[str, Item] = {}
        for row in self._table(".au", "system_id", "file_name"):
            one = _key(row, "system_id")
            if not one or one in units or len(one) > LONGEST:
                self.reasons.append(f"The .au file has a unit {row['system_id'][:60]!r} that has no id of its own.")
                continue
            units[one] = self._unit(row, titles.get(one, ""))
        return units

    def _unit(self, row: Mapping[str, str], title: str) -> Item:
        name = aicc_structure.named(row["system_id"])
        item = Item(
            identifier=name,
            title=clean(title, LONGEST) or name,
            kind=AU,
            mastery_score=self._legal(row, "mastery_score", _MASTERY),
            max_time_allowed=self._legal({**row, "max_time_allowed": _padded(row)}, "max_time_allowed", _TIME),
            time_limit_action=self._action(row),
            launch_data=self._legal(row, "core_vendor", _LAUNCH_DATA),
            password=row.get("au_password", "")[:LONGEST],
        )
        return self._launched(item, row.get("file_name", ""), row.get("web_launch", ""))

    def _legal(self, row: Mapping[str, str], column: str, space: Space) -> str:
        value = row.get(column, "")
        if space.holds(value):
            return value
        self.warnings.append(f"The .au file's {column} {value[:60]!r} is not a legal one and is left out.")
        return ""

    def _action(self, row: Mapping[str, str]) -> str:
        """Read `exit,message` in words or by their first letters, in either order (CMI001 5.3, Time_Limit_Action)."""
        said = row.get("time_limit_action", "").lower()
        letters = [word[0] for word in _SEPARATOR.split(said) if word and word != "message"]
        end = next((_ACTIONS[one] for one in letters if one in "ec"), "continue")
        quiet = "n" in letters or ("message" not in said and "m" not in letters)
        return f"{end},{_ACTIONS['n' if quiet else 'm']}" if said else ""

    def _launched(self, item: Item, file: str, web_launch: str) -> Item:
        if not file:
            self.reasons.append(f"Unit {item.identifier!r} has no file_name, so nothing can be launched.")
            return item
        if hrefs.elsewhere(file):
            return self._elsewhere(item, file, web_launch)
        meant = self.names.find(file, self.course.folder)
        if meant is None:
            self.reasons.append(f"The page {file[:200]!r} of unit {item.identifier!r} is not in the zip.")
            return item
        self.warnings.extend(filter(None, [meant.warning]))
        return replace(item, path=meant.name, suffix=hrefs.suffixed(meant.suffix, web_launch))

    def _elsewhere(self, item: Item, file: str, web_launch: str) -> Item:
        url = address(file)
        if not url:
            self.reasons.append(f"The address {file[:200]!r} of unit {item.identifier!r} is none that can be opened.")
            return item
        if url.startswith("http://"):
            self.warnings.append(f"The address {url!r} is not encrypted: whoever listens can report in its name.")
        parts = urlsplit(file)
        query, fragment = (f"?{parts.query}" if parts.query else ""), (f"#{parts.fragment}" if parts.fragment else "")
        return replace(item, url=url, suffix=hrefs.suffixed(query + fragment, web_launch))

    def _members(self) -> list[list[str]]:
        """Return the rows of the course structure: a block and its members (CMI001 5.5)."""
        if ".cst" not in self.files:
            self.warnings.append("There is no .cst file; the units are taken in the order of the .au file.")
        try:
            found = aicc_tables.rows(self.files.get(".cst", ""))
        except Unreadable as unreadable:
            self.reasons.append(f"The file {self.course.files['.cst']!r} cannot be read: {unreadable}.")
            return []
        return [row for row in found if aicc_tables.named(row[0]) != "block"]

    def _judge(self, units: Mapping[str, Item]) -> None:
        if not units and not self.reasons:
            self.reasons.append("Nothing in this package can be launched.")
        self.warnings.extend(
            f"The file {self.course.files[end]!r} is not used: {why}."
            for end, why in _UNUSED.items()
            if end in self.files
        )


def address(file: str) -> str:
    """Return the address of a page on another server, without query and fragment; "" for one that may not be opened."""
    try:
        parts = urlsplit(file)
        _ = parts.port
    except ValueError:
        return ""
    strange = not parts.netloc.isascii() or not parts.netloc.isprintable() or "@" in parts.netloc or " " in parts.netloc
    if parts.scheme not in {"http", "https"} or not parts.hostname or strange or len(file) > _LONGEST_URL:
        return ""
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path or '/', safe=_SAFE_IN_URL)}"


def _all(scripts: list[str]) -> str:
    return " & ".join(f"({script})" for script in scripts)


def _key(row: Mapping[str, str], column: str) -> str:
    return aicc_structure.key(row.get(column, ""))


def _padded(row: Mapping[str, str]) -> str:
    """Write a time such as `1:30:00` with the two digits of hours that a CMITimespan has."""
    said = row.get("max_time_allowed", "")
    return f"0{said}" if said[1:2] == ":" else said
