"""Small SCORM 1.2 and 2004 packages whose content behaves oddly: what each page does is one line of script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

FIND = (
    "let v = window; while (!v.API && !v.API_1484_11 && v.parent !== v) v = v.parent;"
    "const old = v.API, api = v.API_1484_11 || old;"
    "const call = (fn, ...words) => api[(old ? 'LMS' : '') + fn](...words);"
)
BEGIN = f"{FIND} call('Initialize', '');"

_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="M" xmlns="{imscp}" xmlns:adlcp="{adlcp}" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>{edition}</schemaversion></metadata>
  <organizations default="O"><organization identifier="O"><title>{title}</title>{items}{more}</organization>
  </organizations>
  <resources>{resources}</resources>
</manifest>"""
_OLD = {
    "imscp": "http://www.imsproject.org/xsd/imscp_rootv1p1p2",
    "adlcp": "http://www.adlnet.org/xsd/adlcp_rootv1p2",
    "kind": "scormtype",
}
_NEW = {
    "imscp": "http://www.imsglobal.org/xsd/imscp_v1p1",
    "adlcp": "http://www.adlnet.org/xsd/adlcp_v1p3",
    "kind": "scormType",
}


def manifest(pages: Mapping[str, str], *, edition: str = "1.2", title: str = "Odd", more: str = "") -> str:
    """Write a manifest in which every page is a part of its own; `more` stands at the end of the organisation."""
    words = _OLD if edition == "1.2" else _NEW
    items = "".join(f'<item identifier="{one}" identifierref="R-{one}"><title>{one}</title></item>' for one in pages)
    resources = "".join(
        f'<resource identifier="R-{one}" type="webcontent" adlcp:{words["kind"]}="sco" href="{one}.html"/>'
        for one in pages
    )
    return _MANIFEST.format(**words, edition=edition, title=title, items=items, resources=resources, more=more)


def zipped(folder: Path, pages: Mapping[str, str], *, edition: str = "1.2", title: str = "Odd", more: str = "") -> Path:
    """Pack pages by name, each with the script that it runs."""
    path = folder / "odd.zip"
    with ZipFile(path, "w") as package:
        package.writestr("imsmanifest.xml", manifest(pages, edition=edition, title=title, more=more))
        for name, script in pages.items():
            page = f"<!doctype html><meta charset=utf-8><title>{name}</title><h1>{name}</h1><script>{script}</script>"
            package.writestr(f"{name}.html", page)
    return path
