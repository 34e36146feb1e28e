"""Which file of a package a manifest's href means: authoring tools spell them in many ways. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\\\", re.IGNORECASE)
_SUFFIX = re.compile(r"[?#]")
_SAFE_IN_SUFFIX = "?#&=%/:;,+@!$'()*~[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The file that was meant, what follows it in the address (`?a=b#c` or ""), and what was odd about the spelling."""

    name: str
    suffix: str
    warning: str = ""


class Names:
    """The names of a package's files, ready for look-ups."""

    def __init__(self, names: Collection[str]) -> None:
        """Take every name as it stands in the zip, with forward slashes."""
        self._exact = frozenset(names)
        self._folded: dict[str, list[str]] = {}
        self._folders = {folded(name[: at + 1]) for name in names for at, letter in enumerate(name) if letter == "/"}
        for name in names:
            self._folded.setdefault(folded(name), []).append(name)

    def find(self, href: str, base: str) -> Found | None:
        """Look an href up below a base folder (`shared/` or ""); None if no file, or more than one, can be meant."""
        spellings = list(_spellings(href, base))
        for path, suffix, oddity in spellings:
            if path in self._exact:
                return Found(name=path, suffix=suffix, warning=_warning(href, oddity))
        for path, suffix, _ in spellings:
            alike = self._folded.get(folded(path), [])
            if len(alike) == 1:
                return Found(name=alike[0], suffix=suffix, warning=_warning(href, f"the file is called {alike[0]!r}"))
        return None

    def beneath(self, href: str, base: str) -> bool:
        """Say whether an href means a folder of the package, or the package itself."""
        path = folded(_normal(base + plain(href)))
        return not path or f"{path}/" in self._folders


def elsewhere(href: str) -> bool:
    """Does this href lead out of the package, to another server?"""
    return _ELSEWHERE.match(href.strip()) is not None


def folded(path: str) -> str:
    """Write a path so that what differs only in case, or in how accents are written, is the same."""
    return unicodedata.normalize("NFC", path).casefold()


def suffixed(suffix: str, parameters: str) -> str:
    """Put an item's parameters behind what its href already has (IMS Content Packaging 1.1.4, item, `parameters`)."""
    parameters = parameters.strip().lstrip("?&")
    if parameters.startswith("#"):
        whole = suffix if "#" in suffix else suffix + parameters
    elif parameters:
        query, mark, fragment = suffix.partition("#")
        whole = f"{query}{'&' if query else '?'}{parameters}{mark}{fragment}"
    else:
        whole = suffix
    return quote(whole, safe=_SAFE_IN_SUFFIX)


def plain(href: str) -> str:
    """Give the path that an href says, without what follows it, as a key of files that may not have it."""
    match = _SUFFIX.search(href)
    return _normal(unquote(href[: match.start()] if match else href).replace("\\", "/")) or href


def _spellings(href: str, base: str) -> Iterator[tuple[str, str, str]]:
    href = href.strip()
    yield _normal(base + href), "", ""
    match = _SUFFIX.search(href)
    path, suffix = (href[: match.start()], href[match.start() :]) if match else (href, "")
    yield _normal(base + path), suffix, ""
    yield _normal(base + unquote(path)), suffix, "it has an encoded slash" if "%2f" in path.lower() else ""
    yield _normal((base + unquote(path)).replace("\\", "/")), suffix, "it has a backslash"


def _normal(path: str) -> str:
    # What climbs above the root is held at the root, as a browser does.
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _warning(href: str, oddity: str) -> str:
    return f"The manifest's href {href!r} is oddly written: {oddity}." if oddity else ""
