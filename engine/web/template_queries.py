"""What the pages of templates read: an organisation's versions, drafts that wait, texts whose origin has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from engine.errors import Missing
from engine.roles import directory
from engine.roles.directory_tables import accounts, organisations
from engine.web import paging
from engine.web.paging import Page
from engine.web.visitors import Visitor
from engine.wording import notices, templates, texts
from engine.wording import places as places_below
from engine.wording.notices import ENGLISH, Notice, Source
from engine.wording.rendering import NATIONAL
from engine.wording.template_tables import template_versions, text_places
from engine.wording.template_version import TEMPLATE_ADMINISTRATOR, State
from engine.wording.templates import Version

NOT_YOURS: Final = "There is no such organisation, or its templates are not yours to change."
_columns, _below = template_versions.c, text_places.c
_MOST_OUTDATED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One notice of one organisation, with its versions, the newest first, and the names that they bear."""

    organisation: str
    place: str
    notice: Notice
    versions: tuple[Version, ...]
    authors: Mapping[str, str]
    names: Mapping[str, str]

    def version(self, number: int) -> Version:
        """Return one version; raises `Missing`."""
        found = next((one for one in self.versions if one.number == number), None)
        if found is None:
            raise Missing("There is no such version of this template.")
        return found


def places(connection: Connection, here: Visitor) -> Mapping[str, str]:
    """Return the names of the organisations whose templates the visitor may change."""
    reach = directory.reach(connection, here.trust, here.actor, (TEMPLATE_ADMINISTRATOR,))
    names = _names(connection, here.trust)
    return {one: name for one, name in names.items() if one in reach}


def names_at(connection: Connection, here: Visitor, place: str) -> Mapping[str, str]:
    """Return the names of the visitor's organisations, and of the class or offering that is asked for.

    Raises `Missing` where the place is none of the visitor's.
    """
    mine = places(connection, here)
    if place in mine:
        return mine
    below = places_below.found(connection, here.trust, [place])
    if place not in below or below[place].organisation not in mine:
        raise Missing(NOT_YOURS)
    on_the_way = places_below.found(connection, here.trust, below[place].nearer)
    return {**mine, **{one.id: one.title for one in on_the_way.values()}}


def shown(connection: Connection, here: Visitor, organisation: str, notice: str) -> Shown:
    """Return a notice with an organisation's versions; raises `Missing` where that is not the visitor's to see."""
    named = names_at(connection, here, organisation)
    known = notices.notice(notice)
    if organisation not in places(connection, here) and not places_below.about_classes(known):
        raise Missing(NOT_YOURS)
    versions = templates.versions(connection, here.trust, organisation, notice)
    return Shown(
        organisation=organisation,
        place=named[organisation],
        notice=known,
        versions=versions,
        authors=_authors(connection, here.trust, versions),
        names={**_names(connection, here.trust), **named},
    )


def origin_of(label: str, names: Mapping[str, str]) -> str:
    """Say in words which text a label names."""
    place, _, version = label.rpartition("/")
    return "National text" if place == NATIONAL else f"{names.get(place, 'An organisation')}, version {version}"


def before(page: Shown, version: Version) -> Source | None:
    """Return the text that stood in its language before a version was published; None for what never was."""
    earlier = [
        one
        for one in page.versions
        if one.published_at
        and version.published_at
        and one.published_at < version.published_at
        and one.source.language == version.source.language
    ]
    return earlier[0].source if earlier else version.base if version.published_at else None


def unpublished(connection: Connection, here: Visitor, mine: Iterable[str], after: str | None) -> Page:
    """Return drafts and what waits for a second person, in the visitor's organisations."""
    named = func.coalesce(organisations.c.name, _below.title).label("place")
    query = (
        select(template_versions, named, accounts.c.name.label("author_name"))
        .outerjoin(
            organisations, (organisations.c.trust == _columns.trust) & (organisations.c.id == _columns.organisation)
        )
        .outerjoin(text_places, (_below.trust == _columns.trust) & (_below.id == _columns.organisation))
        .outerjoin(accounts, (accounts.c.trust == _columns.trust) & (accounts.c.id == _columns.author))
        .where(
            _columns.trust == here.trust,
            func.coalesce(_below.organisation, _columns.organisation).in_(tuple(mine)),
            _columns.state.in_((State.DRAFT, State.SUBMITTED)),
        )
    )
    keys = [_columns.notice, _columns.organisation, _columns.version]
    return paging.page(connection, query, keys, cursor=after)


def outdated(connection: Connection, here: Visitor, mine: Mapping[str, str]) -> Sequence[tuple[str, str, str, str]]:
    """Return (organisation, its name, notice, language) of published texts whose origin changed, at most 200."""
    query = (
        select(template_versions, _below.title)
        .outerjoin(text_places, (_below.trust == _columns.trust) & (_below.id == _columns.organisation))
        .where(
            _columns.trust == here.trust,
            func.coalesce(_below.organisation, _columns.organisation).in_(tuple(mine)),
            _columns.state == State.PUBLISHED,
            _columns.base_label.is_not(None),
        )
        .order_by(_columns.notice, _columns.organisation)
        .limit(_MOST_OUTDATED)
    )
    rows = {(row.organisation, row.notice, row.language or ENGLISH): row for row in connection.execute(query)}
    wanted = places_below.wanted(connection, here.trust, rows)
    now = texts.above(connection, list(wanted.values()))
    return [
        (place, mine.get(place) or row.title, notice, language)
        for (place, notice, language), row in rows.items()
        if (one := wanted[place, notice, language]) in now and differs(_base(row), now[one])
    ]


def stale(
    connection: Connection, trust: str, organisation: str, versions: Sequence[Version]
) -> Mapping[str, tuple[Version, Source]]:
    """Return by language the published version whose origin has changed, and how that reads now."""
    published = [one for one in versions if one.state is State.PUBLISHED and one.base]
    found: dict[str, tuple[Version, Source]] = {}
    for one in published:
        now = above(connection, trust, organisation, one)
        if one.base and differs(one.base, now):
            found[one.source.language] = (one, now)
    return found


def above(connection: Connection, trust: str, organisation: str, version: Version) -> Source:
    """Return what would apply in a version's place and language without it."""
    wanted = places_below.wanted_at(connection, trust, organisation, version.notice, version.source.language)
    return texts.above(connection, [wanted])[wanted]


def differs(one: Source, other: Source) -> bool:
    """Say whether two texts read differently."""
    return (one.subject, one.text, one.html) != (other.subject, other.text, other.html)


def _base(row: Row[Any]) -> Source:
    return Source(subject=row.base_subject, text=row.base_text, html=row.base_html)


def _authors(connection: Connection, trust: str, versions: Sequence[Version]) -> Mapping[str, str]:
    ids = {one for version in versions for one in (version.author, version.published_by) if one}
    query = select(accounts.c.id, accounts.c.name).where(accounts.c.trust == trust, accounts.c.id.in_(ids))
    return {row.id: row.name for row in connection.execute(query)}


def _names(connection: Connection, trust: str) -> Mapping[str, str]:
    query = select(organisations.c.id, organisations.c.name).where(organisations.c.trust == trust)
    return {row.id: row.name for row in connection.execute(query.order_by(organisations.c.name))}
