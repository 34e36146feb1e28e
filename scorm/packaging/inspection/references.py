"""The text of a page, a style sheet or a script -> what it refers to, and what it does that cannot work. Pure.

No parser of HTML or JavaScript: patterns that read megabytes a second, and only those that are seldom wrong. What a
script builds while it runs is seen by the trial run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scorm.packaging.inspection.findings import Kind

_TAG: Final = re.compile(
    r"<!--|<([a-zA-Z][\w:-]{0,30})((?:\"[^\"]{0,4000}\"|'[^']{0,4000}'|[^<>\"']){0,400})>", re.ASCII
)
_COMMENT_END: Final = "-->"
_ATTRIBUTE: Final = re.compile(
    r"(?:^|[\s\"'/])(src|href|data|poster|background|code|archive|classid|type|language|rel|value|name)"
    r"\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE | re.ASCII,
)
_URL: Final = re.compile(
    r"(@import\s+)?(?:url\(\s*)([\"']?)([^\"'()]{1,500})\2\s*\)|@import\s+([\"'])([^\"']{1,500})\4"
)
_FACE: Final = re.compile(r"@font-face\s*\{[^{}]{0,4000}\}")
_AT_SERVER: Final = re.compile(r"\.(?:aspx?|php\d?|jspx?|cfm|cgi|pl)$", re.IGNORECASE)
_ACTIVE: Final = re.compile(r"application/x-(?:java|silverlight)|^java:|\.(?:class|jar|xap)$", re.IGNORECASE)
_FLASH_CLASS: Final = "d27cdb6e"
_UNPLAYED: Final = re.compile(r"\.(?:wmv|wma|flv|f4v|avi|asf|rm|ram|mpe?g|3gp|mid)$", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BUILT: Final = ("{{", "${", "<%", "{%", "+", "[%", "%%", "<?", "@@")

_IN_SCRIPTS: Final = (
    (Kind.DOMAIN, re.compile(r"\bdocument\.domain\s*=(?!=)")),
    (Kind.WINDOW, re.compile(r"\bwindow\.open\s*\(")),
    (
        Kind.TOP,
        re.compile(r"\b(?:window\.)?top\.location(?:\.href)?\s*=(?!=)|\btop\.location\.(?:replace|assign)\s*\("),
    ),
    (
        Kind.ACTIVEX,
        re.compile(r"new\s+ActiveXObject\s*\(\s*[\"'](?!(?:Microsoft|Msxml|Shockwave)[\w.]*)", re.IGNORECASE),
    ),
)
_ASKED: Final = re.compile(
    r"(?:\.src\s*=|\bfetch\s*\(|getScript\s*\(|importScripts\s*\(|\.open\s*\(\s*[\"'][A-Za-z]+[\"']\s*,|"
    r"new\s+WebSocket\s*\(|\bimport\s*\()\s*[\"'`]((?:https?:|wss?:)?//[^\"'`\s]{3,500})[\"'`]"
)
_EMBEDDED: Final = re.compile(r"[\"'`]([^\"'`\s]{1,300}\.swf)(?:\?[^\"'`]{0,200})?[\"'`]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A place in a text, by its offset, with what it means: `href` as written, "" where the place says it all."""

    kind: Kind
    at: int
    href: str = ""


def in_page(text: str) -> Iterator[Reference]:
    """Read a page: its tags, and the styles and scripts in it."""
    at, folded = 0, text.lower()
    if len(folded) != len(text):
        # A few letters grow when they are made small, and offsets would no longer agree.
        folded = text
    while found := _TAG.search(text, at):
        at = found.end()
        tag = (found.group(1) or "").lower()
        if not tag:
            end = text.find(_COMMENT_END, found.start())
            # A comment of Internet Explorer's may hold a whole page of other times.
            at = end + len(_COMMENT_END) if end >= 0 else len(text)
        elif tag in {"script", "style"}:
            yield from _tagged(tag, found)
            end = folded.find(f"</{tag}", at)
            end = end if end >= 0 else len(text)
            yield from _moved((in_script if tag == "script" else in_sheet)(text[at:end]), at)
            at = end
        else:
            yield from _tagged(tag, found)


def in_sheet(text: str) -> Iterator[Reference]:
    """Read a style sheet."""
    fonts = [face.span() for face in _FACE.finditer(text)]
    for found in _URL.finditer(text):
        href = found.group(3) or found.group(5)
        font = any(start <= found.start() < end for start, end in fonts)
        kind = Kind.FONT if font else Kind.STYLE if found.group(1) or found.group(5) else Kind.MEDIA
        yield Reference(kind=kind, at=found.start(), href=href.strip())


def in_script(text: str) -> Iterator[Reference]:
    """Read a script: what it does that a browser does not allow, and what it takes from other servers."""
    for kind, pattern in _IN_SCRIPTS:
        if found := pattern.search(text):
            yield Reference(kind=kind, at=found.start())
    for found in _ASKED.finditer(text):
        yield Reference(kind=Kind.REQUEST, at=found.start(), href=found.group(1))
    for found in _EMBEDDED.finditer(text):
        yield Reference(kind=Kind.FLASH, at=found.start(), href=found.group(1))


def is_relative(href: str) -> bool:
    """Say whether this means a file by a path, as it stands and not as a script will put it together."""
    plain = href.strip()
    built = any(mark in plain for mark in _BUILT)
    return bool(plain) and not built and not plain.startswith(("#", "?", "//", "\\")) and not _SCHEME.match(plain)


def for_a_server(path: str) -> bool:
    """Say whether a file is a program that a server would have to run."""
    return _AT_SERVER.search(path) is not None


def _moved(found: Iterator[Reference], by: int) -> Iterator[Reference]:
    return (Reference(kind=one.kind, at=one.at + by, href=one.href) for one in found)


def _tagged(tag: str, found: re.Match[str]) -> Iterator[Reference]:
    said: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(found.group(2)):
        said.setdefault(one.group(1).lower(), (one.group(2) or one.group(3) or one.group(4) or "").strip())
    read = _TAGS.get(tag)
    for kind, href in read(said) if read else ():
        yield Reference(kind=kind, at=found.start(), href=href)


def _script(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    if "vbs" in f"{said.get('type', '')}{said.get('language', '')}".lower():
        yield Kind.ACTIVEX, ""
    if said.get("src"):
        yield Kind.SCRIPT, said["src"]


def _link(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    rel = said.get("rel", "").lower()
    if "stylesheet" in rel:
        yield Kind.STYLE, said.get("href", "")
    elif "icon" in rel:
        yield Kind.MEDIA, said.get("href", "")


def _anchor(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    yield Kind.LINK, said.get("href", "")


def _frame(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    yield Kind.FRAME, said.get("src", "")


def _shown(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    for name in ("src", "poster", "background"):
        href = said.get(name, "")
        if href:
            yield Kind.FORMAT if _UNPLAYED.search(href) else Kind.MEDIA, href


def _object(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    known = f"{said.get('type', '')} {said.get('classid', '')}".lower()
    href = said.get("data") or said.get("src") or ""
    if ".swf" in href.lower() or "flash" in known or _FLASH_CLASS in known:
        yield Kind.FLASH, href
    elif _ACTIVE.search(said.get("type", "")) or _ACTIVE.search(href) or _ACTIVE.search(said.get("classid", "")):
        yield Kind.APPLET, href
    elif "clsid:" in known:
        yield Kind.ACTIVEX, ""
    elif href:
        yield Kind.FORMAT if _UNPLAYED.search(href) else Kind.FRAME, href


def _applet(_said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    yield Kind.APPLET, ""


def _parameter(said: Mapping[str, str]) -> Iterator[tuple[Kind, str]]:
    if said.get("value", "").lower().partition("?")[0].endswith(".swf"):
        yield Kind.FLASH, said["value"]


_TAGS: Final[Mapping[str, Callable[[Mapping[str, str]], Iterator[tuple[Kind, str]]]]] = {
    "script": _script,
    "link": _link,
    "a": _anchor,
    "area": _anchor,
    "iframe": _frame,
    "frame": _frame,
    **dict.fromkeys(("img", "video", "audio", "source", "track", "body", "table", "td", "input"), _shown),
    "object": _object,
    "embed": _object,
    "applet": _applet,
    "param": _parameter,
}
