"""The XML of a manifest: safe reading, elements by namespace and never by prefix. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from scorm import charsets, mending

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
# Control characters and those that turn the direction of text: a title must not rewrite the page around it.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_LONGEST_TEXT = 250
# Each look at the contents of a larger course would take seconds.
_MOST_ITEMS = 1_000
_DECLARATION = re.compile(r"^<\?xml[^>]*\?>")
_MENDED = "The manifest is not quite XML, for {slips}; it is read as it is plainly meant."


class Unreadable(ValueError):
    """The manifest is not XML that can be read; the sentence says why."""


def read(xml: bytes) -> tuple[Element, list[str]]:
    """Parse the bytes and give the root and warnings; Unreadable for anything but a `manifest` without DOCTYPE."""
    try:
        root, warnings = _parsed(xml)
    except DefusedXmlException as unsafe:
        raise Unreadable("The manifest has a DOCTYPE or entities of its own, which are not allowed.") from unsafe
    except (ParseError, ValueError) as malformed:
        raise Unreadable(f"The manifest is not well-formed XML: {malformed}.") from malformed
    items = sum(_split(one.tag)[1] == "item" for one in root.iter())
    if items > _MOST_ITEMS:
        raise Unreadable(f"The manifest has {items:,} items; a course can have {_MOST_ITEMS:,} at most.")
    warnings.extend(_named(root))
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


def namespaces(root: Element) -> Iterator[str]:
    """Give the namespace of every element and attribute, "" where it has none."""
    for one in root.iter():
        yield _split(one.tag)[0]
        yield from (_split(key)[0] for key in one.attrib)


def _parsed(xml: bytes) -> tuple[Element, list[str]]:
    text, warnings = charsets.decoded(xml)
    plain = _DECLARATION.sub("", text)
    try:
        return _safely(plain), warnings
    except ParseError as malformed:
        whole, slips = mending.mended(plain)
        if not slips:
            raise
        try:
            return _safely(whole), [*warnings, _MENDED.format(slips=", and ".join(slips))]
        except ParseError:
            # The first fault is told as it stands in the file, not as it would be in what was made of it.
            raise malformed from None


def _safely(text: str) -> Element:
    root: Element = fromstring(text.encode(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return root


def _named(root: Element) -> list[str]:
    """Take the elements of an unknown namespace for those of content packaging, where the outermost one is of it."""
    space, local = _split(root.tag)
    if local != "manifest" or _known(space, _CONTENT):
        return []
    for one in root.iter():
        if _split(one.tag)[0] == space:
            one.tag = _split(one.tag)[1]
    return [f"The manifest's namespace {space[:80]!r} is none that is known; it is read as if it were that of IMS."]


def _is(tag: str, spaces: tuple[str, ...], name: str) -> bool:
    space, local = _split(tag)
    return local == name and _known(space, spaces)


def _known(space: str, spaces: tuple[str, ...]) -> bool:
    space = space.replace("https://", "http://", 1)
    return any(space == known or (known and space.startswith(known)) for known in spaces)


def _split(tag: str) -> tuple[str, str]:
    if not tag.startswith("{"):
        return "", tag
    space, _, local = tag[1:].partition("}")
    return space.strip(), local
