"""What is done with versions: a newer one is uploaded, published, rolled back or removed; each is a person's act.

Nothing changes for anybody until a version is published, and then only for attempts that begin afterwards.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, insert, literal, select, update

from engine.errors import Missing, Refused
from engine.letters import Subject
from engine.moves import Moved
from engine.transaction import Engine, Transaction
from scorm import blobs, library
from scorm.packaging.package import ImportedPackage
from scorm.tables import package_files
from workflows.learning import version_store
from workflows.learning.attempts.rules import Scope as Rulers
from workflows.learning.tables import attempt_rules, offerings
from workflows.learning.version import KIND, Trigger, VersionState
from workflows.learning.version_store import Usage
from workflows.learning.version_tables import package_versions

SWEEP: Final = "remove-files-of-versions"
GRACE: Final = timedelta(hours=1)
"""How long the files of a removed version stay, so that an upload of the same contents meanwhile loses none."""


def upload(tx: Transaction, trust: str, of: str, read: ImportedPackage) -> str:
    """Keep what was read as the next version of a package, as a draft that nobody plays; return its hash.

    Raises `Missing`, `NotAllowed`, or `Refused` where these very contents are here already.
    """
    line = version_store.line_of(tx.connection, trust, of)
    first = version_store.stored(tx.connection, trust, line)
    known = version_store.row_of(tx.connection, trust, read.hash)
    _require_new(tx.connection, trust, line, read.hash)
    library.add(tx.connection, trust, read, tx.now)
    rows = version_store.members(tx.connection, trust, line)
    if not rows:
        said = {"line": line, "number": 1, "package": line, "since": first.imported_at}
        tx.caused_by(tx.because).start(KIND, trust, Trigger.FOUND, said)
    if known:
        tx.fire(Subject(kind=KIND, trust=trust, id=known["id"]), Trigger.UPLOAD)
    else:
        number = max((row["number"] for row in rows), default=1) + 1
        tx.start(KIND, trust, Trigger.UPLOAD, {"line": line, "number": number, "package": read.hash})
    return read.hash


def publish(tx: Transaction, trust: str, package: str, comment: str) -> Moved:
    """Have new attempts begin on a version from now on; running ones stay where they are. Raises as `fire` does."""
    return _take_over(tx, trust, package, Trigger.PUBLISH, comment)


def roll_back(tx: Transaction, trust: str, package: str, reason: str) -> Moved:
    """Have new attempts begin on an earlier version again. Raises as `fire` does."""
    return _take_over(tx, trust, package, Trigger.ROLL_BACK, reason)


def remove(tx: Transaction, trust: str, package: str, reason: str) -> Moved:
    """Remove a version that no attempt is on; its files go an hour later, unless another package has them.

    Raises as `fire` does; a refusal says how many attempts need it.
    """
    subject = _subject(tx.connection, trust, package)
    try:
        return tx.fire(subject, Trigger.REMOVE, {"reason": reason})
    except Refused as refusal:
        used = version_store.usage(tx.connection, trust, [package]).get(package, Usage())
        raise Refused(*refusal.reasons, *([needs(used)] if used.all else [])) from refusal


def needs(used: Usage) -> str:
    """Say how many attempts need a version, and what could be done."""
    going = f"{_attempts(used.going_on)} on with it, and can be moved to the published version"
    over = f"{used.over} ended on it and can be looked at again"
    return f"{'; '.join([*([going] if used.going_on else []), *([over] if used.over else [])])}."


def sweep(engine: Engine, folder: Path) -> int:
    """Remove the files of versions that were removed long enough ago, and return how many files that were."""
    with engine.transaction() as tx:
        gone, last = package_versions, tx.now - GRACE
        kept = exists().where(package_files.c.trust == gone.c.trust, package_files.c.package == gone.c.package)
        over = (gone.c.state == VersionState.REMOVED, gone.c.updated_at <= last, kept)
        query = select(gone.c.trust, gone.c.package).where(*over).order_by(gone.c.trust, gone.c.id)
        rows = tx.connection.execute(query.with_for_update()).all()
        lone = {one for row in rows for one in library.remove_files(tx.connection, row.trust, row.package)}
        # Before the commit: what is left behind by a crash is then still known to be removed.
        return blobs.discard(sorted(lone), folder, last)


def _take_over(tx: Transaction, trust: str, package: str, trigger: Trigger, reason: str) -> Moved:
    subject = _subject(tx.connection, trust, package)
    rows = version_store.members(tx.connection, trust, version_store.line_of(tx.connection, trust, package))
    for row in rows:
        if row["state"] == VersionState.PUBLISHED and row["id"] != subject.id:
            tx.caused_by(tx.because).fire(Subject(kind=KIND, trust=trust, id=row["id"]), Trigger.RETIRE)
            _hand_on(tx.connection, trust, row["package"], package)
    moved = tx.fire(subject, trigger, {"reason": reason})
    mine = (offerings.c.trust == trust, offerings.c.package.in_([row["package"] for row in rows]))
    tx.connection.execute(update(offerings).where(*mine).values(package=package))
    return moved


def _hand_on(connection: Connection, trust: str, old: str, new: str) -> None:
    """Have the rules of attempts that were set for a package hold for the version that is published from now on."""
    table = attempt_rules
    of = (table.c.trust == trust, table.c.scope == Rulers.PACKAGE)
    connection.execute(delete(table).where(*of, table.c.key == new))
    same = select(table.c.trust, table.c.scope, literal(new), table.c.name, table.c.value).where(
        *of, table.c.key == old
    )
    connection.execute(insert(table).from_select(["trust", "scope", "key", "name", "value"], same))


def _subject(connection: Connection, trust: str, package: str) -> Subject:
    row = version_store.row_of(connection, trust, package)
    if row is None:
        raise Missing("There is no such version, or it is the only one of its package.")
    return Subject(kind=KIND, trust=trust, id=row["id"])


def _require_new(connection: Connection, trust: str, line: str, package: str) -> None:
    """Raise `Refused` where these contents are a version already, of this package or of another, or in use."""
    row = version_store.row_of(connection, trust, package)
    if row is not None and (row["line"], row["state"]) != (line, VersionState.REMOVED):
        of = "this package" if row["line"] == line else "another package"
        raise Refused(f"These are exactly the contents of version {row['number']} of {of}. Nothing was changed.")
    if row is None and (package == line or _used(connection, trust, package)):
        raise Refused("These are exactly the contents of a package that is in use already. Nothing was changed.")


def _used(connection: Connection, trust: str, package: str) -> Any:
    used = version_store.usage(connection, trust, [package])
    return version_store.offered(connection, trust, [package]) or used


def _attempts(count: int) -> str:
    return "1 attempt goes" if count == 1 else f"{count} attempts go"
