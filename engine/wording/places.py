"""Where a text may stand below organisations: a class, or the offering that it is a run of.

The engine knows of either only what is needed: its title, which organisation it belongs to, and what stands between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.wording.notices import ENGLISH, Notice
from engine.wording.template_tables import text_places
from engine.wording.texts import Wanted

_columns = text_places.c


class PlaceKind(StrEnum):
    """What a text may be of, other than an organisation; stored in `text_places.kind`."""

    OFFERING = "offering"
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPlace:
    """A class or an offering with texts of its own; `above` is the offering of a class."""

    trust: str
    id: str
    kind: PlaceKind
    title: str
    organisation: str
    above: str | None = None

    @property
    def nearer(self) -> tuple[str, ...]:
        """Return what stands before its organisation on the way up, the nearest first."""
        return (self.id, self.above) if self.above else (self.id,)


def about_classes(notice: Notice) -> bool:
    """Say whether a notice is about one class, so that a class may have its own text for it."""
    return "class" in notice.tokens


def put(conn: Connection, place: TextPlace) -> None:
    """Write down a place, or what it is called and where it belongs now."""
    row = {"trust": place.trust, "id": place.id, "kind": str(place.kind), "above": place.above}
    said = {"title": place.title, "organisation": place.organisation, "above": place.above}
    inserting = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    adding = inserting(text_places).values({**row, **said})
    conn.execute(adding.on_conflict_do_update(index_elements=["trust", "id"], set_=said))


def found(conn: Connection, trust: str, ids: Collection[str]) -> Mapping[str, TextPlace]:
    """Return those of the ids that are places below organisations."""
    rows = conn.execute(select(text_places).where(_columns.trust == trust, _columns.id.in_(ids)))
    return {row.id: _place(row) for row in rows}


def within(conn: Connection, trust: str, organisations: Collection[str], limit: int) -> tuple[TextPlace, ...]:
    """Return the places of these organisations, by title, at most `limit`."""
    mine = select(text_places).where(_columns.trust == trust, _columns.organisation.in_(organisations))
    rows = conn.execute(mine.order_by(_columns.title, _columns.id).limit(limit))
    return tuple(_place(row) for row in rows)


def wanted(
    conn: Connection, trust: str, asked: Collection[tuple[str, str, str]]
) -> Mapping[tuple[str, str, str], Wanted]:
    """Return what to ask `texts` for each (place, notice, language); a place may be an organisation too."""
    known = found(conn, trust, {place for place, _notice, _language in asked})
    return {one: _wanted(trust, *one, known.get(one[0])) for one in asked}


def wanted_at(conn: Connection, trust: str, place: str, notice: str, language: str = ENGLISH) -> Wanted:
    """Return the same for one."""
    asked = (place, notice, language)
    return wanted(conn, trust, [asked])[asked]


def _wanted(trust: str, place: str, notice: str, language: str, known: TextPlace | None) -> Wanted:
    return Wanted(
        trust=trust,
        organisation=known.organisation if known else place,
        nearer=known.nearer if known else (),
        notice=notice,
        language=language,
    )


def _place(row: Row[Any]) -> TextPlace:
    kind = PlaceKind(row.kind)
    names = ("trust", "id", "title", "organisation", "above")
    return TextPlace(kind=kind, **{name: getattr(row, name) for name in names})
