"""What a trial run is asked, and what was seen of each part, as plain data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

MOST_SEEN: Final = 20
"""How many of each kind of thing are kept of a part; more are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which package to try: the record of its manifest, its files as (name, SHA-256, bytes) and where they are kept.

    `parts` are the identifiers of what is opened, each for `seconds` at most; `now` is ISO 8601; `chromium` a path.
    """

    package: str
    title: str
    manifest: Mapping[str, Any]
    files: tuple[tuple[str, str, int], ...]
    data_dir: str
    parts: tuple[str, ...]
    chromium: str
    now: str
    seconds: float = 20.0
    hosts: tuple[str, ...] = ()

    @classmethod
    def recorded(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `asdict` wrote, also after a journey through JSON."""
        files = tuple((name, digest, size) for name, digest, size in fields["files"])
        return cls(**{**fields, "files": files, "parts": tuple(fields["parts"]), "hosts": tuple(fields["hosts"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one part did: what it called, what went wrong, what it tried; lists hold `MOST_SEEN` things at most.

    `asked` are the names of API objects that it looked for. `ended` is `itself`, `leaving` or "". `completion` and
    `success` are what it set last; `counted` says whether that makes the part done. `failed` and
    `blocked` are addresses with why. `stopped` says why it was cut short: `memory`, `time`, `crash`, `hung`, or "".
    """

    part: str
    title: str = ""
    kind: str = "sco"
    asked: tuple[str, ...] = ()
    called: Mapping[str, int] = field(default_factory=dict)
    initialised: bool = False
    ended: str = ""
    elements: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    completion: str = ""
    success: str = ""
    counted: bool = False
    score: str = ""
    exit: str = ""
    errors: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()
    dialogs: int = 0
    dialog: str = ""
    windows: tuple[str, ...] = ()
    windows_asked: int = 0
    seconds: float = 0.0
    stopped: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give every field, ready for JSON."""
        return asdict(self)

    @classmethod
    def recorded(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote, also after a journey through JSON."""
        pairs = {name: tuple((one, two) for one, two in fields[name]) for name in ("refused", "failed", "blocked")}
        lists = {name: tuple(fields[name]) for name in ("asked", "elements", "errors", "windows")}
        return cls(**{**fields, **pairs, **lists})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A whole trial run: what was seen of each part, and how many were left out; `trouble` is why it ended early."""

    seen: tuple[Seen, ...] = ()
    left_out: int = 0
    trouble: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give every field, ready for JSON."""
        return asdict(self)

    @classmethod
    def recorded(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote, also after a journey through JSON."""
        return cls(**{**fields, "seen": tuple(map(Seen.recorded, fields["seen"]))})
