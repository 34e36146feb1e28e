"""Which version of SCORM a manifest is written for, by what it states and by the namespaces it uses. Pure."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element

from scorm import markup

OLDER: Final = "1.1"
"""SCORM 1.1, which has another file instead of a manifest of this kind, and cannot be played."""

_STATED: Final = (
    (re.compile(r"2004\D*4|SN\s*4|CAM\s*4", re.ASCII | re.IGNORECASE), "2004 4th Edition"),
    (re.compile(r"2004\D*3", re.ASCII | re.IGNORECASE), "2004 3rd Edition"),
    (re.compile(r"2004|\b1\.3\b", re.ASCII | re.IGNORECASE), "2004 2nd Edition"),
    (re.compile(r"\b1\.2\b", re.ASCII), "1.2"),
)
_OTHERS: Final = (
    (re.compile(r"common\s*cartridge", re.IGNORECASE), "an IMS Common Cartridge"),
    (re.compile(r"thin\s*common|thin\s*cc", re.IGNORECASE), "an IMS Thin Common Cartridge"),
    (re.compile(r"qti", re.IGNORECASE), "a set of test questions (QTI)"),
)


def edition(root: Element) -> tuple[str, list[str]]:
    """Tell the edition (`1.2`, `2004 4th Edition`, `1.1`, "" for none) by what is stated, else by namespaces."""
    metadata = markup.child(root, "metadata")
    stated = markup.text(markup.child(metadata, "schemaversion"))
    if other(root):
        return "", []
    for pattern, name in _STATED:
        if pattern.search(stated):
            return name, []
    if re.fullmatch(r"\D*1\.[01]\b.*", stated) and "scorm" in _schema(root) and not _known_by_namespace(root):
        return OLDER, []
    return _by_namespace(root, stated)


def other(root: Element) -> str:
    """Name the other kind of content that a manifest says it is, with its article, or ""."""
    said = _schema(root)
    return next((name for pattern, name in _OTHERS if pattern.search(said)), "")


def _schema(root: Element) -> str:
    return markup.text(markup.child(markup.child(root, "metadata"), "schema")).lower()


def _by_namespace(root: Element, stated: str) -> tuple[str, list[str]]:
    found = _known_by_namespace(root) or _known_by_attribute(root)
    if not found:
        return "", []
    says = f"states the version {stated[:40]!r}, which is none of SCORM" if stated else "states no version"
    by = "namespaces" if _known_by_namespace(root) else "resources"
    return found, [f"The manifest {says}; by its {by} it is taken as SCORM {found}."]


def _known_by_namespace(root: Element) -> str:
    used = set(markup.namespaces(root))
    if markup.ADLCP_2004 in used or any(space.startswith("http://www.imsglobal.org/xsd/imsss") for space in used):
        return "2004 2nd Edition"
    return "1.2" if markup.ADLCP_12 in used or any("imscp_rootv1p1p2" in space for space in used) else ""


def _known_by_attribute(root: Element) -> str:
    """Look at how the resources say what they are: `scormtype` in 1.2, `scormType` in 2004 (CAM 1.2 2.3, CAM 3.4)."""
    names = {key.rpartition("}")[2] for one in root.iter() for key in one.attrib}
    if "scormType" in names:
        return "2004 2nd Edition"
    return "1.2" if "scormtype" in names else ""
