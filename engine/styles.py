"""How the mail of an organisation looks, and its hours: what it says itself, else what stands nearest above it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, select

from engine.directory_tables import organisations
from engine.outgoing_tables import mail_styles

USUAL: Final = "#005eb8"
LEAST_CONTRAST: Final = 4.5
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_LINEAR_BELOW: Final = 0.04045
Place = tuple[str, str]  # trust, organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What mail bears: a name, a colour `#rrggbb`, whom to ask; and the hours in which it goes. "" for the usual."""

    organisation: str
    name: str = ""
    colour: str = ""
    contact: str = ""
    hours: str = ""


def applying(connection: Connection, places: Collection[Place]) -> Mapping[Place, Style]:
    """Return the style of each (trust, organisation), part by part from the nearest that says it; none is left out."""
    trusts = {trust for trust, _organisation in places}
    rows = connection.execute(select(mail_styles).where(mail_styles.c.trust.in_(trusts))).all()
    if not rows:
        return {}
    own = {(row.trust, row.organisation): _style(row) for row in rows}
    of = organisations.c
    chosen = select(of.trust, of.id, of.parent).where(of.trust.in_({row.trust for row in rows}))
    parents = {(row.trust, row.id): row.parent for row in connection.execute(chosen)}
    found = {place: _gathered(place, own, parents) for place in places}
    return {place: style for place, style in found.items() if style is not None}


def contrast(colour: str) -> float:
    """Return the contrast of a colour with white, 1 to 21 (WCAG 2.2, relative luminance). Raises `ValueError`."""
    if not _COLOUR.fullmatch(colour):
        raise ValueError(colour)
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_BELOW else float(((part + 0.055) / 1.055) ** 2.4)


def _gathered(place: Place, own: Mapping[Place, Style], parents: Mapping[Place, str | None]) -> Style | None:
    above = [own[here] for here in _upward(place, parents) if here in own]
    if not above:
        return None
    parts = {name: next((getattr(one, name) for one in above if getattr(one, name)), "") for name in _PARTS}
    return Style(organisation=place[1], **parts)


_PARTS: Final = ("name", "colour", "contact", "hours")


def _upward(place: Place, parents: Mapping[Place, str | None]) -> list[Place]:
    chain: list[Place] = []
    here: Place | None = place
    while here is not None and here not in chain:
        chain.append(here)
        parent = parents.get(here)
        here = (here[0], parent) if parent else None
    return chain


def _style(row: Row[tuple[str, ...]]) -> Style:
    return Style(organisation=row.organisation, name=row.name, colour=row.colour, contact=row.contact, hours=row.hours)
