"""The texts of a package one by one -> findings: what they refer to is looked up among the package's files. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from scorm.packaging import hrefs
from scorm.packaging.hrefs import Names
from scorm.packaging.inspection import references
from scorm.packaging.inspection.findings import Finding, Kind
from scorm.packaging.inspection.references import Reference

MOST: Final = 500
"""Findings that are kept of a package; one with more is no better known for it."""

MOST_OF_A_FILE: Final = 40
"""Findings that are kept of one file."""

_LINE_END: Final = re.compile("\n")
_READERS: Final[Mapping[str, Callable[[str], Iterator[Reference]]]] = {
    **dict.fromkeys((".html", ".htm", ".xhtml"), references.in_page),
    ".css": references.in_sheet,
    **dict.fromkeys((".js", ".mjs"), references.in_script),
}
# Of these it is enough that they are there: what they mean is not looked up.
_SAYING_IT_ALL: Final = frozenset({Kind.FLASH, Kind.APPLET, Kind.ACTIVEX, Kind.DOMAIN, Kind.WINDOW, Kind.TOP})


def is_text(name: str) -> bool:
    """Say whether a file of this name is read."""
    return PurePosixPath(name).suffix.lower() in _READERS


class Survey:
    """Takes the texts of one package and tells what is in them; `launched` are the files that are opened first."""

    def __init__(self, names: Collection[str], launched: Collection[str]) -> None:
        self._names = Names(names)
        folders = ["", *(_folder(one) for one in launched)]
        self._folders = list(dict.fromkeys(folders))
        self._launched = list(dict.fromkeys(launched))
        self.count = 0

    def opened(self) -> Iterator[Finding]:
        """Tell of the files that are opened first what their names show already."""
        for path in self._launched:
            suffix = PurePosixPath(path).suffix.lower()
            if references.for_a_server(path):
                yield Finding(kind=Kind.SERVER_PAGE, file=path, target=path)
            elif suffix == ".swf":
                yield Finding(kind=Kind.FLASH, file=path, target=path)

    def read(self, name: str, text: str) -> Iterator[Finding]:
        """Tell what is in one text."""
        lines = [found.start() for found in _LINE_END.finditer(text)]
        based = "<base" in text[:20_000].lower()
        found = 0
        for reference in _READERS[PurePosixPath(name).suffix.lower()](text):
            if found >= MOST_OF_A_FILE or self.count >= MOST:
                return
            for kind, target in self._judged(name, reference, based=based):
                found, self.count = found + 1, self.count + 1
                yield Finding(kind=kind, file=name, line=bisect_left(lines, reference.at) + 1, target=target)

    def _judged(self, name: str, reference: Reference, *, based: bool) -> Iterator[tuple[Kind, str]]:
        href = reference.href
        if reference.kind in _SAYING_IT_ALL:
            yield reference.kind, href.partition("?")[0]
        elif host := _host(href):
            yield (Kind.MEDIA if reference.kind is Kind.FORMAT else reference.kind), host
        elif reference.kind is not Kind.REQUEST and references.is_relative(href) and not based:
            yield from self._looked_up(name, reference)

    def _looked_up(self, name: str, reference: Reference) -> Iterator[tuple[Kind, str]]:
        href = reference.href
        path = re.split(r"[?#]", href, maxsplit=1)[0]
        if path.startswith("/"):
            yield Kind.ABSOLUTE, path
        elif not self._there(name, href):
            yield Kind.MISSING, path
        elif reference.kind is Kind.FORMAT:
            yield Kind.FORMAT, path

    def _there(self, name: str, href: str) -> bool:
        """Look beside the file itself and, for what a script puts into another page, beside the pages opened first."""
        folders = [_folder(name), *self._folders]
        return any(self._names.find(href, folder) or self._names.beneath(href, folder) for folder in folders)


def _host(href: str) -> str:
    if not hrefs.elsewhere(href):
        return ""
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return ""
    served = parts.scheme.lower() in {"http", "https", "ws", "wss", ""}
    return (parts.hostname or "")[:120] if served and not any(mark in parts.netloc for mark in "{}<>$+") else ""


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]
