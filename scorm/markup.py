"""The XML of a manifest: safe reading, elements by namespace and never by prefix, and which edition it is. Pure."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

ADLCP_12 = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
ADLCP_2004 = "http://www.adlnet.org/xsd/adlcp_v1p3"

_CONTENT = ("", "http://www.imsproject.org/", "http://www.imsglobal.org/xsd/imscp")
_ADLCP = ("", "http://www.adlnet.org/xsd/adlcp")
_SPACES = {
    "adlcp": _ADLCP,
    "imsss": ("", "http://www.imsglobal.org/xsd/imsss"),
    "adlseq": ("", "http://www.adlnet.org/xsd/adlseq"),
    "adlnav": ("", "http://www.adlnet.org/xsd/adlnav"),
}
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_EDITIONS = (
    (re.compile(r"1\.2", re.ASCII), "1.2"),
    (re.compile(r"2004\s*4", re.ASCII), "2004 4th Edition"),
    (re.compile(r"2004\s*3", re.ASCII), "2004 3rd Edition"),
    (re.compile(r"2004|CAM\s*1\.3", re.ASCII | re.IGNORECASE), "2004 2nd Edition"),
)
# Control characters and those that turn the direction of text: a title must not rewrite the page around it.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_LONGEST_TEXT = 250


class Unreadable(ValueError):
    """The manifest is not XML that can be read; the sentence says why."""


def read(xml: bytes) -> tuple[Element, list[str]]:
    """Parse the bytes and give the root and warnings; Unreadable for anything but a `manifest` without DOCTYPE."""
    try:
        root, warnings = _parsed(xml)
    except DefusedXmlException as unsafe:
        raise Unreadable("The manifest has a DOCTYPE or entities of its own, which are not allowed.") from unsafe
    except (ParseError, LookupError, ValueError) as malformed:
        raise Unreadable(f"The manifest is not well-formed XML: {malformed}.") from malformed
    if _split(root.tag)[1] != "manifest":
        raise Unreadable(f"The manifest is not one: its outermost element is {_split(root.tag)[1][:60]!r}.")
    return root, warnings


def children(element: Element | None, name: str) -> list[Element]:
    """Give the child elements of this local name in the content packaging namespace, or in none."""
    return [one for one in element if _is(one.tag, _CONTENT, name)] if element is not None else []


def child(element: Element | None, name: str) -> Element | None:
    """Give the first of `children`."""
    return next(iter(children(element, name)), None)


def within(element: Element | None, space: str, name: str) -> list[Element]:
    """Give the child elements of this local name in the namespace of `adlcp`, `imsss`, `adlseq` or `adlnav`."""
    return [one for one in element if _is(one.tag, _SPACES[space], name)] if element is not None else []


def said(element: Element, name: str) -> str:
    """Give the text of the adlcp child of this name, or ""."""
    return next(((one.text or "").strip() for one in element if _is(one.tag, _ADLCP, name)), "")


def attribute(element: Element, name: str, space: str = "adlcp") -> str:
    """Give the attribute of this name (in small letters) and namespace, in whatever case it is written, or ""."""
    return next((value for key, value in element.attrib.items() if _is(key.lower(), _SPACES[space], name)), "")


def identifier(text: str | None) -> str:
    """Read an xs:ID or xs:IDREF, in which white space counts for nothing at the ends and for one space between."""
    return " ".join((text or "").split())


def base(element: Element | None) -> str:
    """Give the element's xml:base, or ""."""
    return element.get(_BASE, "").strip() if element is not None else ""


def text(element: Element | None) -> str:
    """Give an element's text as one line fit for a page, at most 250 characters."""
    whole = "".join(element.itertext()) if element is not None else ""
    return " ".join(_UNSEEN.sub(" ", whole).split())[:_LONGEST_TEXT]


def edition(root: Element) -> tuple[str, list[str]]:
    """Tell the edition of SCORM (`1.2`, `2004 4th Edition`, "" for none) by what it states, else by its namespaces."""
    metadata = child(root, "metadata")
    stated = text(child(metadata, "schemaversion"))
    for pattern, name in _EDITIONS:
        if pattern.match(stated):
            return name, []
    if stated:
        return "", []
    return _by_namespace(root)


def _by_namespace(root: Element) -> tuple[str, list[str]]:
    used = {space for one in root.iter() for space in (_split(one.tag)[0], *(_split(key)[0] for key in one.attrib))}
    if ADLCP_2004 in used:
        return "2004 2nd Edition", []
    if ADLCP_12 in used or any(space.startswith("http://www.imsproject.org/") for space in used):
        return "1.2", ["The manifest states no version; by its namespaces it is taken as SCORM 1.2."]
    return "", []


def _parsed(xml: bytes) -> tuple[Element, list[str]]:
    # Some tools put blank lines or a second mark in front of the declaration, where XML allows nothing.
    plain = xml.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        return _safely(plain), []
    except ParseError:
        if not _lies_about_utf8(plain):
            raise
    declared = re.sub(rb"^<\?xml[^>]*\?>", b"", plain).decode("cp1252")
    return _safely(declared.encode()), ["The manifest says it is UTF-8 and is not; it was read as Windows-1252."]


def _safely(xml: bytes) -> Element:
    root: Element = fromstring(xml, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return root


def _lies_about_utf8(xml: bytes) -> bool:
    head = xml[:200].lower()
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff") or (b"encoding=" in head and b"utf-8" not in head):
        return False
    try:
        xml.decode()
    except UnicodeDecodeError:
        return True
    return False


def _is(tag: str, spaces: tuple[str, ...], name: str) -> bool:
    space, local = _split(tag)
    return local == name and any(space == known or (known and space.startswith(known)) for known in spaces)


def _split(tag: str) -> tuple[str, str]:
    if not tag.startswith("{"):
        return "", tag
    space, _, local = tag[1:].partition("}")
    return space.strip(), local
