"""How the mail of an organisation looks, and its hours: what it says itself, else what stands nearest above it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, and_, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import outgoing_settings
from engine.errors import Invalid
from engine.outgoing_tables import mail_styles
from engine.roles.directory_tables import organisations

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


def own(connection: Connection, trust: str, organisation: str) -> Style:
    """Return what an organisation says itself of its mail."""
    mine = (mail_styles.c.trust == trust, mail_styles.c.organisation == organisation)
    row = connection.execute(select(mail_styles).where(*mine)).one_or_none()
    return Style(organisation=organisation) if row is None else _style(row)


def listed(
    connection: Connection, trust: str, within: Collection[str], *, skip: int, limit: int
) -> Sequence[tuple[str, str, bool]]:
    """Return id and name of these organisations, by name, and whether each says something itself."""
    of = organisations.c
    same = and_(mail_styles.c.trust == of.trust, mail_styles.c.organisation == of.id)
    chosen = select(of.id, of.name, mail_styles.c.saved_at).outerjoin_from(organisations, mail_styles, same)
    mine = chosen.where(of.trust == trust, of.id.in_(within)).order_by(of.name, of.id).offset(skip).limit(limit)
    return [(row.id, row.name, row.saved_at is not None) for row in connection.execute(mine)]


def put(connection: Connection, trust: str, style: Style, *, author: str, now: datetime) -> None:
    """Write down how the mail of an organisation looks from now on.

    Raises `Invalid` for a colour that cannot be read on white (WCAG 2.2 1.4.3), or for what are no hours.
    """
    _require_readable(style.colour)
    _require_hours(style.hours)
    parts = {name: getattr(style, name) for name in _PARTS}
    row = {"trust": trust, "organisation": style.organisation, **parts, "author": author, "saved_at": now}
    inserting = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    adding = inserting(mail_styles).values(row)
    again = {name: adding.excluded[name] for name in (*_PARTS, "author", "saved_at")}
    connection.execute(adding.on_conflict_do_update(index_elements=["trust", "organisation"], set_=again))


def _require_readable(colour: str) -> None:
    try:
        found = contrast(colour) if colour else LEAST_CONTRAST
    except ValueError:
        raise Invalid("Enter a colour such as #005eb8.", field="colour") from None
    if found < LEAST_CONTRAST:
        least = f"it has a contrast of {found:.1f} to white, and {LEAST_CONTRAST} is the least"
        raise Invalid(f"Choose a darker colour: {least}.", field="colour")


def _require_hours(said: str) -> None:
    try:
        outgoing_settings.hours(said or outgoing_settings.ALWAYS)
    except ValueError:
        example = "07:00-21:00, 07:00-21:00 mon-fri, or always"
        raise Invalid(f"Enter hours such as {example}.", field="hours") from None
