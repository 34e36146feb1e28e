"""What was found in the files of a package, and the sentences that a person reads of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

_MOST_NAMED: Final = 3
_LONGEST_NAME: Final = 120


class Kind(StrEnum):
    """What a finding is of; stored in the JSON of `package_checks.findings`."""

    SCRIPT = "SCRIPT"
    STYLE = "STYLE"
    FRAME = "FRAME"
    FONT = "FONT"
    MEDIA = "MEDIA"
    REQUEST = "REQUEST"
    LINK = "LINK"
    MISSING = "MISSING"
    ABSOLUTE = "ABSOLUTE"
    FLASH = "FLASH"
    APPLET = "APPLET"
    ACTIVEX = "ACTIVEX"
    FORMAT = "FORMAT"
    SERVER_PAGE = "SERVER_PAGE"
    DOMAIN = "DOMAIN"
    WINDOW = "WINDOW"
    TOP = "TOP"


_OWN_COPY: Final = (
    "Put a copy of it into the package, publish the course again without it, or have the host allowed "
    "(PRECEPTOR_CONTENT_HOSTS)."
)
_SENTENCES: Final[Mapping[Kind, str]] = {
    Kind.SCRIPT: f"A script from {{target}} is not loaded, and what needs it will fail ({{where}}). {_OWN_COPY}",
    Kind.STYLE: f"A style sheet from {{target}} is not loaded, so pages look otherwise ({{where}}). {_OWN_COPY}",
    Kind.FONT: f"A font from {{target}} is not loaded, so text looks otherwise ({{where}}). {_OWN_COPY}",
    Kind.MEDIA: f"Pictures, sound or film from {{target}} are not loaded, and stay empty ({{where}}). {_OWN_COPY}",
    Kind.FRAME: "A page from {target} is not shown, and its frame stays empty ({where}). Link to it from the course's "
    "text instead, or publish the course again without it.",
    Kind.REQUEST: "A script asks {target} for something while it runs, and gets no answer ({where}). Ask the author "
    "whether the course needs it.",
    Kind.LINK: "Links lead to {target}, another site ({where}): the player may not open it. Tell learners where "
    "else to find it.",
    Kind.MISSING: "Files that are not in the package are used: {target} ({where}). What uses them will show a gap: "
    "publish the course again.",
    Kind.ABSOLUTE: "Addresses that begin with a slash lead out of the package, where nothing is found: {target} "
    "({where}). Publish the course again with relative ones.",
    Kind.FLASH: "Flash is used, which no browser has played since 2021: {target} ({where}). Publish the course again "
    "as HTML5.",
    Kind.APPLET: "A Java applet or Silverlight is used, which no browser runs any more ({where}). Publish the course "
    "again as HTML5.",
    Kind.ACTIVEX: "ActiveX or VBScript is used, which no browser of today runs ({where}). Publish the course again as "
    "HTML5.",
    Kind.FORMAT: "Formats are used that browsers do not play: {target} ({where}). Save them as MP4 or MP3, and publish "
    "the course again.",
    Kind.SERVER_PAGE: "Programs for a server are opened, which do not run here: {target}. Learners would be offered "
    "them as files: publish the course again as HTML5.",
    Kind.DOMAIN: "document.domain is set, which browsers do not allow here: the script stops there ({where}). Ask the "
    "author for a package that finds the SCORM API in the usual way.",
    Kind.WINDOW: "It opens windows of its own ({where}). The browser may block them, and what is shown there is not "
    "told from the course: publish it to play in one window if the trial run shows trouble.",
    Kind.TOP: "It wants to take the whole window to another page ({where}), which the player does not allow. Learners "
    "leave by Home.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place: `line` counts from 1 (0 is the file as a whole); `target` is a host, or the file that is meant."""

    kind: Kind
    file: str
    line: int = 0
    target: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give every field, ready for JSON."""
        return asdict(self)

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote."""
        return cls(**{**record, "kind": Kind(record["kind"])})


def sentences(found: Iterable[Finding]) -> tuple[str, ...]:
    """Say what was found, one sentence for each kind and target; those of which it matters most come first."""
    places: dict[tuple[Kind, str], list[Finding]] = {}
    for one in found:
        target = "" if one.kind in _TOGETHER else one.target
        places.setdefault((one.kind, target), []).append(one)
    ordered = sorted(places.items(), key=lambda pair: _ORDER.index(pair[0][0]))
    return tuple(_sentence(kind, group) for (kind, _), group in ordered)


def _sentence(kind: Kind, group: list[Finding]) -> str:
    targets = list(dict.fromkeys(one.target for one in group if one.target))
    return _SENTENCES[kind].format(target=_listed(targets), where=_where(group))


def _where(group: list[Finding]) -> str:
    places = list(dict.fromkeys(f"{one.file}, line {one.line}" if one.line else one.file for one in group))
    return _listed(places, "; ", "more places")


def _listed(names: list[str], comma: str = ", ", more: str = "more") -> str:
    shown = comma.join(name[:_LONGEST_NAME] for name in names[:_MOST_NAMED])
    left = len(names) - _MOST_NAMED
    return f"{shown} and {left} {more}" if left > 0 else shown


_ORDER: Final = (
    Kind.SERVER_PAGE,
    Kind.FLASH,
    Kind.APPLET,
    Kind.ACTIVEX,
    Kind.SCRIPT,
    Kind.DOMAIN,
    Kind.MISSING,
    Kind.ABSOLUTE,
    Kind.FRAME,
    Kind.REQUEST,
    Kind.FORMAT,
    Kind.MEDIA,
    Kind.STYLE,
    Kind.FONT,
    Kind.WINDOW,
    Kind.TOP,
    Kind.LINK,
)
"""What keeps a course from playing comes first, what changes only its looks behind it."""

# Of these one sentence is enough, whatever they are; of a server each has one of its own.
_TOGETHER: Final = frozenset(
    {
        *(Kind.FLASH, Kind.APPLET, Kind.ACTIVEX, Kind.FORMAT, Kind.SERVER_PAGE, Kind.DOMAIN, Kind.WINDOW, Kind.TOP),
        *(Kind.MISSING, Kind.ABSOLUTE, Kind.LINK),
    }
)
