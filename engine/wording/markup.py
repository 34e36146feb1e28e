"""HTML of messages: styles moved into the elements once a version, and an allow-list for what trusts write. Pure."""

from __future__ import annotations

import re

import css_inline
import nh3

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_HELD = re.compile(r"<!--held(\d+)-->|held(\d+)held")
_BODY = re.compile(r"(.*?<body[^>]*>)(.*)(</body>.*)", re.DOTALL | re.IGNORECASE)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)

# No pictures: a picture in a message tells its server who reads it, and when.
TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "li"),
    *("ol", "p", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES = {
    "*": {"class", "dir", "lang", "role", "style", "title"},
    "a": {"href"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"align", "colspan", "rowspan", "valign", "width"},
    "th": {"align", "colspan", "rowspan", "scope", "valign", "width"},
}
_STYLES = {
    *("background-color", "border", "border-bottom", "border-bottom-color", "border-collapse", "border-left"),
    *("border-radius", "border-top"),
    *("color", "display", "font-family", "font-size", "font-style", "font-weight", "line-height", "list-style-type"),
    *("margin", "margin-bottom", "margin-top", "max-width", "padding", "padding-bottom", "padding-left", "padding-top"),
    *("text-align", "text-decoration", "vertical-align", "width"),
}
SCHEMES = frozenset({"https", "http", "mailto", "tel"})


def purify(page: str) -> str:
    """Return the page with nothing in its body but what is on the list; the frame around it is ours.

    A page without a body is itself taken as the inside of one.
    """
    parts = _BODY.fullmatch(page)
    if parts is None:
        return _purified(page)
    return parts[1] + _purified(parts[2]) + parts[3]


def inline(source: str) -> str:
    """Move the style sheet into the elements of a template's source, once for all its messages.

    The tags are held in place by comments and words meanwhile. A source in which one would not come back exactly
    once and in order keeps its style sheet.
    """
    tags = _TAG.findall(source)
    numbers = iter(range(len(tags)))
    held = _TAG.sub(lambda found: _placeholder(found[0], next(numbers)), source)
    styled = _INLINER.inline(held)
    if [int(one or other) for one, other in _HELD.findall(styled)] != list(range(len(tags))):
        return source
    return _HELD.sub(lambda found: str(tags[int(found[1] or found[2])]), styled)


def _purified(fragment: str) -> str:
    return nh3.clean(
        fragment,
        tags=TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(SCHEMES),
        link_rel=None,
        filter_style_properties=_STYLES,
        strip_comments=True,
    )


def _placeholder(tag: str, number: int) -> str:
    return f"<!--held{number}-->" if tag.startswith("{%") else f"held{number}held"
