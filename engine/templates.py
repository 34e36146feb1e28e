"""Which template applies: the trust's own version nearest upward in the tree, else the national one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine import notices, rendering
from engine.directory_tables import organisations
from engine.errors import Conflict, Missing, TemplateError
from engine.notices import Source
from engine.rendering import Template
from engine.tables import template_versions
from engine.trial import Trial

_MOST_COMPILED = 256
Place = tuple[str, str, str]  # trust, organisation, notice
_columns = template_versions.c


class State(StrEnum):
    """Where a version stands (catalogue A19); stored in `template_versions.state`."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an organisation's own template; `author` is an account."""

    number: int
    state: State
    source: Source
    author: str
    comment: str
    saved_at: datetime


class Shelf:
    """Compiled templates, at most 256 of them, and which of them applies where.

    `prepare` asks the database for the places of one batch; `template` and `trust_name` answer from that alone.
    """

    def __init__(self) -> None:
        """Start with the national templates only."""
        self._compiled: OrderedDict[Place, Template] = OrderedDict()
        self._own: dict[Place, Source] = {}
        self._names: dict[str, str] = {}

    def prepare(self, conn: Connection, places: Collection[Place]) -> None:
        """Look up which of the trusts' own versions apply to (trust, organisation, notice), and the trusts' names."""
        trusts = {trust for trust, _, _ in places}
        self._names = _names(conn, trusts)
        self._own = dict(_own(conn, trusts, places))

    def template(self, trust: str, organisation: str, notice: str) -> Template:
        """Return the template that applies. Raises `Missing` for an unknown notice, `TemplateError`."""
        shipped = notices.notice(notice)
        source = self._own.get((trust, organisation, notice), shipped.source)
        key = (trust if source is not shipped.source else "", notice, source.label)
        if key not in self._compiled:
            self._compiled[key] = rendering.compiled(shipped, source)
            if len(self._compiled) > _MOST_COMPILED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return self._compiled[key]

    def trust_name(self, trust: str) -> str:
        """Return the name that a trust's mail bears, or nothing before `prepare`."""
        return self._names.get(trust, "")


def applying(conn: Connection, trust: str, organisation: str, notice: str) -> Source:
    """Return the source that applies at an organisation. Raises `Missing` for an unknown notice."""
    place = (trust, organisation, notice)
    return dict(_own(conn, {trust}, {place})).get(place, notices.notice(notice).source)


def versions(conn: Connection, trust: str, organisation: str, notice: str) -> tuple[Version, ...]:
    """Return an organisation's own versions, the newest first."""
    rows = conn.execute(
        select(template_versions).where(*_at(trust, organisation, notice)).order_by(_columns.version.desc())
    )
    return tuple(_version(row) for row in rows)


def version(conn: Connection, trust: str, organisation: str, notice: str, number: int) -> Version:
    """Return one version. Raises `Missing`."""
    where = (*_at(trust, organisation, notice), _columns.version == number)
    row = conn.execute(select(template_versions).where(*where)).one_or_none()
    if row is None:
        raise Missing("There is no such version of this template.")
    return _version(row)


def save_version(  # noqa: PLR0913 - a version has an author, a reason and a time
    conn: Connection, trust: str, organisation: str, trial: Trial, *, author: str, comment: str, now: datetime
) -> int:
    """Publish what was tried out as the organisation's next version, and return its number.

    The version before it is retired; its number and text are kept. Raises `TemplateError` where the trial found an
    error, and `Conflict` where somebody else published at the same moment.
    """
    if trial.errors:
        raise TemplateError(" ".join(finding.sentence for finding in trial.errors))
    here = _at(trust, organisation, trial.notice)
    number = _next(conn, here)
    conn.execute(update(template_versions).where(*here, _columns.state == State.PUBLISHED).values(state=State.RETIRED))
    row = {
        "trust": trust,
        "notice": trial.notice,
        "organisation": organisation,
        "version": number,
        "state": State.PUBLISHED,
        "subject": trial.source.subject,
        "text": trial.source.text,
        "html": trial.source.html,
        "author": author,
        "comment": comment,
        "saved_at": now,
    }
    try:
        conn.execute(insert(template_versions).values(row))
    except IntegrityError:
        raise Conflict("Somebody else published a version of this template first.") from None
    return number


def _next(conn: Connection, here: tuple[ColumnElement[bool], ...]) -> int:
    return (conn.scalar(select(func.max(_columns.version)).where(*here)) or 0) + 1


def _at(trust: str, organisation: str, notice: str) -> tuple[ColumnElement[bool], ...]:
    return _columns.trust == trust, _columns.organisation == organisation, _columns.notice == notice


def _version(row: Row[Any]) -> Version:
    return Version(
        number=row.version,
        state=State(row.state),
        source=_source(row),
        author=row.author,
        comment=row.comment,
        saved_at=row.saved_at,
    )


def _names(conn: Connection, trusts: Collection[str]) -> dict[str, str]:
    its = organisations.c
    found = conn.execute(select(its.trust, its.name, its.mail_name).where(its.trust.in_(trusts), its.id == its.trust))
    return {row.trust: row.mail_name or row.name for row in found}


def _own(conn: Connection, trusts: Collection[str], places: Collection[Place]) -> Iterator[tuple[Place, Source]]:
    """Yield the place and the source of each that has one of the trust's own."""
    wanted = {notice for _, _, notice in places}
    rows = conn.execute(
        select(template_versions).where(
            _columns.trust.in_(trusts), _columns.notice.in_(wanted), _columns.state == State.PUBLISHED
        )
    )
    published = {(row.trust, row.organisation, row.notice): _source(row) for row in rows}
    if not published:
        return
    parents = _parents(conn, {trust for trust, _, _ in published})
    for trust, organisation, notice in places:
        for above in _upward(parents, trust, organisation):
            if source := published.get((trust, above, notice)):
                yield (trust, organisation, notice), source
                break


def _parents(conn: Connection, trusts: Collection[str]) -> dict[tuple[str, str], str | None]:
    its = organisations.c
    found = conn.execute(select(its.trust, its.id, its.parent).where(its.trust.in_(trusts)))
    return {(row.trust, row.id): row.parent for row in found}


def _upward(parents: Mapping[tuple[str, str], str | None], trust: str, organisation: str) -> Iterator[str]:
    here: str | None = organisation
    seen: set[str] = set()
    while here and here not in seen:
        yield here
        seen.add(here)
        here = parents.get((trust, here))


def _source(row: Row[Any]) -> Source:
    return Source(subject=row.subject, text=row.text, html=row.html, label=f"{row.organisation}/{row.version}")
