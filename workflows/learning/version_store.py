"""Where versions are kept, and what can be read of them: which follow one another, and how many attempts are on each.

A package of which no newer version was ever uploaded has no row: it is the first, and published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, case, exists, func, or_, select

from engine.errors import Invalid, Missing
from engine.machine import Case, Decision
from engine.roles import directory
from scorm import library
from scorm import store as runtime
from scorm import tables as runtime_tables
from scorm.library import StoredPackage
from scorm.packaging.comparing import Comparison, Contents, compare
from scorm.tables import packages
from workflows.learning.records import AttemptState
from workflows.learning.tables import courses, launches, offerings
from workflows.learning.version import Trigger, Version, VersionState
from workflows.learning.version_tables import package_versions

GONE: Final = "There is no such package in this trust."
_PUBLISHING: Final = (Trigger.PUBLISH, Trigger.ROLL_BACK)
_FACTS: Final = ("line", "number", "package")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How many attempts are on a version: those that go on, and those that have ended or were put aside for good."""

    going_on: int = 0
    over: int = 0

    @property
    def all(self) -> int:
        """Return how many need its files."""
        return self.going_on + self.over


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A version as pages show it; `id` is None where it never had a row."""

    id: str | None
    number: int
    state: VersionState
    package: str
    title: str
    edition: str
    comment: str | None
    added_at: datetime
    published_at: datetime | None
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A package with its versions, the newest first; `organisations` are those above every course that offers it."""

    line: str
    versions: tuple[Shown, ...]
    organisations: tuple[str, ...]
    offered: tuple[str, ...]

    @property
    def published(self) -> Shown:
        """Return the version on which new attempts begin."""
        return next(one for one in self.versions if one.state is VersionState.PUBLISHED)

    def version(self, package: str) -> Shown:
        """Return one of the versions; raises `Missing`."""
        for one in self.versions:
            if one.package == package:
                return one
        raise Missing(GONE)


@dataclass(frozen=True, slots=True)
class VersionKeep:
    """Where versions are kept."""

    table: ClassVar[Table] = package_versions

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Version]:  # noqa: ARG002
        """Return versions by id; nobody begins an attempt on them until the commit."""
        mine = (package_versions.c.trust == trust, package_versions.c.id.in_(ids))
        rows = connection.execute(select(package_versions).where(*mine)).mappings().all()
        held = (packages.c.trust == trust, packages.c.hash.in_([row["package"] for row in rows]))
        connection.execute(select(packages.c.hash).where(*held).order_by(packages.c.hash).with_for_update())
        used = usage(connection, trust, [row["package"] for row in rows])
        ways = {line: above(connection, trust, line) for line in {row["line"] for row in rows}}
        return {
            row["id"]: Version(
                trust=trust,
                id=row["id"],
                state=VersionState(row["state"]),
                revision=row["revision"],
                head=row["head"],
                organisation=row["organisation"],
                organisations=ways[row["line"]],
                needed=used.get(row["package"], Usage()).all,
                **{name: row[name] for name in _FACTS},
            )
            for row in rows
        }

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Version:
        """Return a version that is not stored yet; facts: line, number, package."""
        way = above(connection, trust, facts["line"])
        return Version(
            trust=trust,
            id=identifier,
            state=None,
            revision=0,
            head="",
            organisation=way[0],
            organisations=way,
            needed=0,
            **{name: facts[name] for name in _FACTS},
        )

    def row(self, case: Case[Version], decision: Decision) -> Mapping[str, Any]:
        """Return the columns of a new version; the first one was there before."""
        first = decision.step.trigger is Trigger.FOUND
        since = case.facts.get("since") if first else None
        said = {name: getattr(case.record, name) for name in _FACTS}
        return {**said, "comment": None, "added_at": since or case.now, "published_at": since}

    def changes(self, case: Case[Version], decision: Decision) -> Mapping[str, Any]:
        """Return what was said when it was published or removed, and when."""
        published = {"published_at": case.now} if decision.step.trigger in _PUBLISHING else {}
        return {**published, **({"comment": case.facts["reason"]} if case.facts.get("reason") else {})}


def line_of(connection: Connection, trust: str, package: str) -> str:
    """Return the package that was the first version of this one: itself where there was none before."""
    mine = (package_versions.c.trust == trust, package_versions.c.package == package)
    return connection.scalar(select(package_versions.c.line).where(*mine)) or package


def members(connection: Connection, trust: str, line: str) -> Sequence[RowMapping]:
    """Return the rows of a package's versions, the newest first; none where there is only the first."""
    mine = (package_versions.c.trust == trust, package_versions.c.line == line)
    query = select(package_versions).where(*mine).order_by(package_versions.c.number.desc())
    return connection.execute(query).mappings().all()


def row_of(connection: Connection, trust: str, package: str) -> RowMapping | None:
    """Return the row of a version; None for one that never had a newer or an older one."""
    mine = (package_versions.c.trust == trust, package_versions.c.package == package)
    return connection.execute(select(package_versions).where(*mine)).mappings().one_or_none()


def require_published(connection: Connection, trust: str, package: str) -> None:
    """Raise `Invalid` for a version that no new attempt may begin on."""
    row = row_of(connection, trust, package)
    if row is not None and row["state"] != VersionState.PUBLISHED:
        raise Invalid(f"Version {row['number']} of this package is not the published one.", field="package")


def line(connection: Connection, trust: str, package: str) -> Line:
    """Return a package with all its versions, by the hash of any of them; raises `Missing`."""
    found = line_of(connection, trust, package)
    rows: Sequence[Mapping[str, Any] | RowMapping]
    rows = members(connection, trust, found) or [_only(connection, trust, found)]
    hashes = [row["package"] for row in rows]
    used = usage(connection, trust, hashes)
    described = _described(connection, trust, hashes)
    return Line(
        line=found,
        versions=tuple(_shown(row, described[row["package"]], used.get(row["package"], Usage())) for row in rows),
        organisations=above(connection, trust, found),
        offered=offered(connection, trust, hashes),
    )


def offered(connection: Connection, trust: str, hashes: Iterable[str]) -> tuple[str, ...]:
    """Return the titles of the offerings of some packages."""
    mine = (offerings.c.trust == trust, offerings.c.package.in_(list(hashes)))
    return tuple(connection.scalars(select(offerings.c.title).where(*mine).order_by(offerings.c.title, offerings.c.id)))


def above(connection: Connection, trust: str, of: str) -> tuple[str, ...]:
    """Return the organisations above every course that offers a package, the nearest first; the trust where none does.

    Whoever looks after one of these looks after all that a new version would change.
    """
    hashes = [row["package"] for row in members(connection, trust, of)] or [of]
    same = and_(courses.c.trust == offerings.c.trust, courses.c.id == offerings.c.course)
    mine = (offerings.c.trust == trust, offerings.c.package.in_(hashes))
    query = select(courses.c.organisation).join(offerings, same).where(*mine).distinct()
    ways = directory.paths(connection, trust)
    found = [ways[place] for place in connection.scalars(query)] or [(trust,)]
    return tuple(place for place in found[0] if all(place in way for way in found))


def usage(connection: Connection, trust: str, hashes: Iterable[str]) -> Mapping[str, Usage]:
    """Return by package how many attempts are on it."""
    played = runtime_tables.attempts
    joined = and_(launches.c.trust == played.c.trust, launches.c.id == played.c.id)
    going = func.sum(case((goes_on(), 1), else_=0))
    query = (
        select(played.c.package, going.label("going"), func.count().label("all"))
        .outerjoin_from(played, launches, joined)
        .where(played.c.trust == trust, played.c.package.in_(list(hashes)))
        .group_by(played.c.package)
    )
    rows = connection.execute(query)
    return {row.package: Usage(going_on=row.going, over=row.all - row.going) for row in rows}


def goes_on() -> ColumnElement[bool]:
    """Hold for an attempt, joined with its launch, that the next launch of its enrolment takes up again."""
    played, later = runtime_tables.attempts, runtime_tables.attempts.alias()
    newer = or_(
        later.c.opened_at > played.c.opened_at,
        and_(later.c.opened_at == played.c.opened_at, later.c.id > played.c.id),
    )
    same = (later.c.trust == played.c.trust, later.c.registration == played.c.registration)
    standing = func.coalesce(launches.c.state, str(AttemptState.RESET)) != AttemptState.RESET
    return and_(runtime.going_on(), standing, ~exists(select(later.c.id).where(*same, newer)))


def listing(trust: str) -> Select[Any]:
    """Return the query of a trust's packages as they are published: hash, title, edition, imported_at, number."""
    joined = and_(package_versions.c.trust == packages.c.trust, package_versions.c.package == packages.c.hash)
    stands = or_(package_versions.c.id.is_(None), package_versions.c.state == VersionState.PUBLISHED)
    number = func.coalesce(package_versions.c.number, 1).label("number")
    shown = (packages.c.hash, packages.c.title, packages.c.edition, packages.c.imported_at)
    return select(*shown, number).outerjoin(package_versions, joined).where(packages.c.trust == trust, stands)


def stored(connection: Connection, trust: str, package: str) -> StoredPackage:
    """Return a package; raises `Missing`."""
    found = library.package_of(connection, trust, package)
    if found is None:
        raise Missing(GONE)
    return found


def compared(connection: Connection, trust: str, old: str, new: str) -> Comparison:
    """Compare two versions; raises `Missing`."""
    before, after = (
        Contents(
            manifest=stored(connection, trust, one).manifest,
            files=library.files_of(connection, trust, one),
        )
        for one in (old, new)
    )
    return compare(before, after)


def _only(connection: Connection, trust: str, package: str) -> Mapping[str, Any]:
    since = stored(connection, trust, package).imported_at
    said = {"id": None, "number": 1, "package": package, "state": VersionState.PUBLISHED, "comment": None}
    return {**said, "added_at": since, "published_at": since}


def _described(connection: Connection, trust: str, hashes: Sequence[str]) -> Mapping[str, RowMapping]:
    query = select(packages.c.hash, packages.c.title, packages.c.edition)
    rows = connection.execute(query.where(packages.c.trust == trust, packages.c.hash.in_(hashes))).mappings()
    return {row["hash"]: row for row in rows}


def _shown(row: Mapping[str, Any] | RowMapping, described: RowMapping, used: Usage) -> Shown:
    named = ("id", "number", "package", "comment", "added_at", "published_at")
    return Shown(
        **{name: row[name] for name in named},
        state=VersionState(row["state"]),
        title=described["title"],
        edition=described["edition"],
        usage=used,
    )
