"""Which template applies: the trust's own version nearest upward in the tree, else the national one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from engine import markup, notices, sandbox
from engine.directory_tables import organisations
from engine.notices import Notice, Source
from engine.sandbox import HTML, PLAIN, Compiled
from engine.tables import template_versions

DRAFT, PUBLISHED, RETIRED = "DRAFT", "PUBLISHED", "RETIRED"
NATIONAL = "national"
_MOST_COMPILED = 256
Place = tuple[str, str, str]  # trust, organisation, notice
_columns = template_versions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A version, compiled. What a trust wrote is `foreign`: its HTML goes through the allow-list each time."""

    label: str
    notice: Notice
    subject: Compiled
    text: Compiled
    html: Compiled
    foreign: bool

    def page(self, values: Mapping[str, Any], subject: str) -> str:
        """Return the HTML body."""
        page = self.html.render({**values, "subject": subject})
        return markup.purify(page) if self.foreign else page


def compiled(notice: Notice, source: Source) -> Template:
    """Compile a source in its frame, with its styles moved into the elements. Raises `TemplateError`."""
    return Template(
        label=source.label,
        notice=notice,
        subject=Compiled(source.subject, PLAIN),
        text=Compiled(sandbox.assemble(notices.base("txt"), source.text), PLAIN),
        html=Compiled(markup.inline(sandbox.assemble(notices.base("html"), source.html)), HTML),
        foreign=not source.label.startswith(f"{NATIONAL}/"),
    )


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
            self._compiled[key] = compiled(shipped, source)
            if len(self._compiled) > _MOST_COMPILED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return self._compiled[key]

    def trust_name(self, trust: str) -> str:
        """Return the name that a trust's mail bears, or nothing before `prepare`."""
        return self._names.get(trust, "")


def _names(conn: Connection, trusts: Collection[str]) -> dict[str, str]:
    its = organisations.c
    found = conn.execute(select(its.trust, its.name, its.mail_name).where(its.trust.in_(trusts), its.id == its.trust))
    return {row.trust: row.mail_name or row.name for row in found}


def _own(conn: Connection, trusts: Collection[str], places: Collection[Place]) -> Iterator[tuple[Place, Source]]:
    """Yield the place and the source of each that has one of the trust's own."""
    wanted = {notice for _, _, notice in places}
    rows = conn.execute(
        select(template_versions).where(
            _columns.trust.in_(trusts), _columns.notice.in_(wanted), _columns.state == PUBLISHED
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
