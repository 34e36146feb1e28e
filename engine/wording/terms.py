"""On what terms each notice goes: whether one may choose to get it, whether it may wait, and what keeps it true.

They stand in the table `sending` of a notice's `tokens.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import RowMapping

from engine.wording import notices


class Pace(StrEnum):
    """How somebody gets a kind of message; stored in `mail_choices.pace`."""

    EACH = "EACH"
    DIGEST = "DIGEST"
    NONE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a notice goes.

    `least` is the least that its readers may choose, `because` says why no less. One that is `urgent` waits for no
    hours. A letter of it that names no predicate stays true, because of `lasting`.
    """

    least: Pace = Pace.NONE
    because: str = ""
    urgent: bool = False
    lasting: str = ""

    @property
    def choices(self) -> tuple[Pace, ...]:
        """Return what may be chosen, the most first."""
        paces = tuple(Pace)
        return paces[: paces.index(self.least) + 1]


UNKNOWN: Final = Terms(least=Pace.EACH)
"""The terms of what is no notice of ours."""


@cache
def of(notice: str) -> Terms:
    """Return the terms of a notice."""
    if notice not in notices.names():
        return UNKNOWN
    declared = tomllib.loads((notices.folder() / notice / "tokens.toml").read_text())
    return _read(declared.get("sending", {}))


def fixed(letter: Mapping[str, Any] | RowMapping) -> bool:
    """Say whether a letter goes whatever its reader chose: it asks something, or moves a meeting."""
    return bool(letter["invitation"] or letter["approval"]) or of(letter["notice"]).least is Pace.EACH


def choosable() -> tuple[str, ...]:
    """Return the notices of which people choose how they get them, in order."""
    return tuple(name for name in notices.names() if of(name).least is not Pace.EACH)


def _read(said: dict[str, Any]) -> Terms:
    return Terms(
        least=Pace(said.get("least", Pace.NONE).upper()),
        because=said.get("because", ""),
        urgent=said.get("urgent", False),
        lasting=said.get("lasting", ""),
    )
