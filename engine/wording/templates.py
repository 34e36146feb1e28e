"""Versions of organisations' own texts, as they are kept, and the compiled templates of a batch of letters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from engine.errors import Missing
from engine.roles.directory_tables import organisations
from engine.wording import notices, places, rendering, texts
from engine.wording.notices import ENGLISH, Source
from engine.wording.rendering import Template
from engine.wording.template_tables import template_versions
from engine.wording.template_version import State
from engine.wording.texts import Wanted

__all__ = ["Shelf", "State", "Version", "Wanted", "applying", "everything", "version", "versions"]

_MOST_COMPILED = 256
_columns = template_versions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an organisation's own template; `author` is an account.

    `id` is empty for one that the first release saved. `faults` counts what forbids publishing it, `restores` is the
    number of the version whose text it brought back, and `base` the text from above that it was made from.
    """

    id: str
    notice: str
    number: int
    revision: int
    state: State
    source: Source
    author: str
    comment: str
    saved_at: datetime
    published_at: datetime | None = None
    published_by: str | None = None
    retired_at: datetime | None = None
    faults: int = 0
    restores: int | None = None
    base: Source | None = None


class Shelf:
    """Compiled templates, at most 256 of them, and which of them applies where.

    `prepare` asks the database for what one batch wants; `template` and `trust_name` answer from that alone.
    """

    def __init__(self) -> None:
        """Start with the national templates only."""
        self._compiled: OrderedDict[tuple[str, str, str], Template] = OrderedDict()
        self._standing: Mapping[Wanted, Source] = {}
        self._names: dict[str, str] = {}

    def prepare(self, conn: Connection, wanted: Collection[Wanted]) -> None:
        """Look up which texts apply, and the trusts' names."""
        self._names = _names(conn, {one.trust for one in wanted})
        self._standing = texts.standing(conn, wanted) if wanted else {}

    def template(self, wanted: Wanted) -> Template:
        """Return the template that applies. Raises `Missing` for an unknown notice, `TemplateError`."""
        shipped = notices.notice(wanted.notice)
        source = self._standing.get(wanted) or notices.source(shipped, wanted.language)
        national = source.label.startswith(f"{rendering.NATIONAL}/")
        key = ("" if national else wanted.trust, wanted.notice, source.label)
        if key not in self._compiled:
            self._compiled[key] = rendering.compiled(shipped, source)
            if len(self._compiled) > _MOST_COMPILED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return self._compiled[key]

    def trust_name(self, trust: str) -> str:
        """Return the name that a trust's mail bears, or nothing before `prepare`."""
        return self._names.get(trust, "")


def applying(conn: Connection, trust: str, organisation: str, notice: str, language: str = ENGLISH) -> Source:
    """Return the source that applies now at a place (`places`). Raises `Missing` for an unknown notice."""
    wanted = places.wanted_at(conn, trust, organisation, notice, language)
    return texts.standing(conn, [wanted])[wanted]


def everything(conn: Connection, trust: str, organisation: str, language: str = ENGLISH) -> dict[str, Source]:
    """Return the source of every notice that applies at a place now, by name."""
    asked = [(organisation, name, language) for name in notices.names()]
    wanted = places.wanted(conn, trust, asked).values()
    return {one.notice: source for one, source in texts.standing(conn, wanted).items()}


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


def _at(trust: str, organisation: str, notice: str) -> tuple[ColumnElement[bool], ...]:
    return _columns.trust == trust, _columns.organisation == organisation, _columns.notice == notice


def _version(row: Row[Any]) -> Version:
    simple = ("author", "comment", "saved_at", "published_at", "published_by", "retired_at", "restores")
    return Version(
        id=row.id or "",
        notice=row.notice,
        number=row.version,
        revision=row.revision or 0,
        state=State(row.state),
        source=texts.source_of(row),
        faults=row.faults or 0,
        base=_base(row),
        **{name: getattr(row, name) for name in simple},
    )


def _base(row: Row[Any]) -> Source | None:
    if row.base_label is None:
        return None
    return Source(
        subject=row.base_subject,
        text=row.base_text,
        html=row.base_html,
        label=row.base_label,
        language=row.language or ENGLISH,
    )


def _names(conn: Connection, trusts: Collection[str]) -> dict[str, str]:
    its = organisations.c
    found = conn.execute(select(its.trust, its.name, its.mail_name).where(its.trust.in_(trusts), its.id == its.trust))
    return {row.trust: row.mail_name or row.name for row in found}
