"""The packages that a trust has: immutable versions by hash, and which of its files a path means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, not_, select

from scorm import checks, tables
from scorm.errors import PackageMissing
from scorm.packaging import hrefs
from scorm.packaging.manifest import Item, Manifest
from scorm.packaging.package import ImportedPackage


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPackage:
    """One version of a package, as a trust has it."""

    trust: str
    hash: str
    title: str
    imported_at: datetime
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file of a package: `hash` is the SHA-256 of its bytes and names it in the content store."""

    path: str
    hash: str
    size: int


def add(connection: Connection, trust: str, imported: ImportedPackage, now: datetime) -> StoredPackage:
    """Keep what was read from a zip as a package of this trust; the very version that it has already stays as it is.

    One whose files were removed has them again.
    """
    if known := package_of(connection, trust, imported.hash):
        if not files_of(connection, trust, imported.hash):
            _add_files(connection, trust, imported)
        return known
    package = StoredPackage(
        trust=trust,
        hash=imported.hash,
        title=imported.title,
        imported_at=now,
        manifest=Manifest.recorded(imported.manifest),
    )
    row = {
        "trust": trust,
        "hash": imported.hash,
        "title": imported.title,
        "edition": package.manifest.edition,
        "imported_at": now,
        "manifest": imported.manifest,
    }
    connection.execute(insert(tables.packages), row)
    _add_files(connection, trust, imported)
    checks.keep(connection, trust, imported.hash, imported.warnings)
    return package


def packages_of(connection: Connection, trust: str) -> list[StoredPackage]:
    """Return every package of a trust, by title, the latest version first."""
    table = tables.packages
    question = select(table).where(table.c.trust == trust).order_by(table.c.title, table.c.imported_at.desc())
    return [_package(row) for row in connection.execute(question)]


def package_of(connection: Connection, trust: str, package: str) -> StoredPackage | None:
    """Return one version of a package."""
    table = tables.packages
    row = connection.execute(select(table).where(table.c.trust == trust, table.c.hash == package)).one_or_none()
    return _package(row) if row else None


def files_of(connection: Connection, trust: str, package: str) -> dict[str, str]:
    """Return the SHA-256 of each file of a package by its name; nothing where they were removed."""
    table = tables.package_files
    query = select(table.c.path, table.c.hash).where(table.c.trust == trust, table.c.package == package)
    return {row.path: row.hash for row in connection.execute(query)}


def remove_files(connection: Connection, trust: str, package: str) -> list[str]:
    """Forget the files of a package, and return those SHA-256 that no package of any trust has any more."""
    table = tables.package_files
    mine = and_(table.c.trust == trust, table.c.package == package)
    elsewhere = select(table.c.hash).where(not_(mine))
    alone = select(table.c.hash).where(mine, table.c.hash.not_in(elsewhere)).distinct()
    found = list(connection.scalars(alone))
    connection.execute(delete(table).where(mine))
    return found


def sco(connection: Connection, trust: str, package: str, identifier: str) -> Item:
    """Return what can be launched in a package under this identifier; raises `PackageMissing`."""
    found = package_of(connection, trust, package)
    for item in found.manifest.scos if found else ():
        if item.identifier == identifier:
            return item
    raise PackageMissing


def file(connection: Connection, trust: str, package: str, path: str) -> StoredFile | None:
    """Return the file of exactly this name, else the only one that differs in case or in how accents are written.

    Packages are made on systems that do not tell `Index.HTML` from `index.html`, and on some that take `é` apart.
    """
    table = tables.package_files
    # Rows of before have the name as it was written, folded for case alone.
    ways = {hrefs.folded(path), path.casefold()}
    wanted = (table.c.trust == trust, table.c.package == package, table.c.folded.in_(ways))
    rows = connection.execute(select(table.c.path, table.c.hash, table.c.size).where(*wanted)).all()
    exact = [row for row in rows if row.path == path] or (rows if len(rows) == 1 else [])
    return StoredFile(path=exact[0].path, hash=exact[0].hash, size=exact[0].size) if exact else None


def _add_files(connection: Connection, trust: str, imported: ImportedPackage) -> None:
    rows = [_file_row(trust, imported.hash, *file) for file in imported.files]
    connection.execute(insert(tables.package_files), rows)


def _file_row(trust: str, package: str, path: str, hashed: str, size: int) -> dict[str, Any]:
    folded = hrefs.folded(path)
    return {"trust": trust, "package": package, "path": path, "folded": folded, "hash": hashed, "size": size}


def _package(row: Row[Any]) -> StoredPackage:
    return StoredPackage(
        trust=row.trust,
        hash=row.hash,
        title=row.title,
        imported_at=row.imported_at,
        manifest=Manifest.recorded(row.manifest),
    )
