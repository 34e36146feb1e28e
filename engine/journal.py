"""What moved, who moved it, when and why: a hash chain for each subject, sealed for each trust.

A row's `hash` covers the row before it and a commitment to the payload, not the payload itself: what was said about a
person can be erased, and the chain still verifies. The payload carries its own salt, so that nobody can guess it back.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, and_, insert, or_, select, update

from engine import json_text
from engine.letters import Subject
from engine.machine import SYSTEM
from engine.tables import journal, seals

GENESIS = "0" * 64
ERASED = "somebody whose name was erased"
_OURS = "Preceptor"
_BATCH = 1_000
_SALT_BYTES = 8
_ORDERED = (journal.c.kind, journal.c.subject, journal.c.revision)
_UNDER_A_SEAL = (journal.c.kind + "", journal.c.subject, journal.c.revision)
"""The same order, in words that SQLite does not take for the key's, by which it would read all of a trust."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first row of a chain, or a seal, that is not as it was written."""

    place: str
    sentence: str


def reference(subject: Subject, revision: int) -> str:
    """Name one row of the journal, as `because` and the pages do."""
    return f"{subject.kind}/{subject.id}/{revision}"


def payload(facts: Mapping[str, Any], actor_name: str) -> str:
    """Write what a row says about people, with its salt."""
    said = {"by": actor_name, "facts": facts, "salt": os.urandom(_SALT_BYTES).hex()}
    return json_text.sorted_by_key(said, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a row says about people: who moved it, by name, and the facts; `facts` is empty once it was erased."""

    by: str
    facts: Mapping[str, Any]


def said(row: Mapping[str, Any] | RowMapping) -> Said:
    """Read the payload of a row; the system has no name but ours."""
    kept = json.loads(row["payload"]) if row["payload"] else {}
    by = _OURS if row["actor"] == SYSTEM else kept.get("by", ERASED)
    return Said(by=by, facts=kept.get("facts") or {})


def digest(*parts: object) -> str:
    """Return the SHA-256 of the parts; each is ended by a character that none can contain."""
    return _sha256("".join([f"{part}\x1f" for part in parts]))


def row_hash(row: Mapping[str, Any] | RowMapping) -> str:
    """Return the hash of a row: everything in it but the payload, the seal and the hash itself."""
    return _sha256(
        f"{row['previous']}\x1f{row['trust']}\x1f{row['kind']}\x1f{row['subject']}\x1f{row['revision']}\x1f"
        f"{row['step']}\x1f{row['trigger']}\x1f{row['source'] or ''}\x1f{row['target']}\x1f{row['actor']}\x1f"
        f"{row['at'].timestamp()}\x1f{row['because'] or ''}\x1f{row['definition']}\x1f{row['commitment']}\x1f"
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def entry(row: dict[str, Any], said: str) -> dict[str, Any]:
    """Complete a row with its payload, commitment and hash."""
    row["payload"] = said
    row["commitment"] = _sha256(f"{said}\x1f")
    row["hash"] = row_hash(row)
    return row


def history(connection: Connection, subject: Subject) -> Sequence[RowMapping]:
    """Return the rows of one subject, oldest first."""
    chosen = (journal.c.trust == subject.trust, journal.c.kind == subject.kind, journal.c.subject == subject.id)
    return connection.execute(select(journal).where(*chosen).order_by(journal.c.revision)).mappings().all()


def seal(connection: Connection, trust: str, now: datetime) -> int:
    """Anchor the rows of a trust that no seal covers yet; return how many there were."""
    last = connection.execute(
        select(seals.c.number, seals.c.hash).where(seals.c.trust == trust).order_by(seals.c.number.desc()).limit(1)
    ).one_or_none()
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    open_rows = (journal.c.trust == trust, journal.c.seal.is_(None))
    connection.execute(update(journal).where(*open_rows).values(seal=number))
    root, count = covered(connection, trust, number)
    if count:
        row = {"trust": trust, "number": number, "at": now, "rows": count, "root": root, "previous": previous}
        connection.execute(insert(seals).values(**row, hash=seal_hash(row)))
    return count


def unsealed(connection: Connection) -> Sequence[str]:
    """Return the trusts whose journal has rows that no seal covers."""
    return connection.execute(select(journal.c.trust).where(journal.c.seal.is_(None)).distinct()).scalars().all()


def verify(connection: Connection, trust: str, subjects: Mapping[str, Table] | None = None) -> Iterator[Fault]:
    """Yield the first fault of each chain, then those of the seals; nothing where all is as it was written.

    `subjects` are by kind the tables of what is moved: each row there knows the last row of its chain.
    """
    yield from broken_chains(rows(connection, trust))
    for kind, table in (subjects or {}).items():
        yield from _cut_chains(connection, trust, kind, table)
    yield from _broken_seals(connection, trust)


def rows(connection: Connection, trust: str) -> Iterator[RowMapping]:
    """Yield all rows of a trust, chain after chain, without ever having many in memory."""
    chosen = select(journal).where(journal.c.trust == trust).order_by(*_ORDERED).execution_options(yield_per=_BATCH)
    yield from connection.execute(chosen).mappings()


def broken_chains(found: Iterable[Mapping[str, Any] | RowMapping]) -> Iterator[Fault]:
    """Yield the first fault of each chain of rows that come chain after chain."""
    chain, revision, head, faulty = "", 0, GENESIS, False
    for row in found:
        name = f"{row['kind']}/{row['subject']}"
        if name != chain:
            chain, revision, head, faulty = name, 0, GENESIS, False
        if faulty:
            continue
        sentence = _fault(row, revision + 1, head)
        if sentence:
            faulty = True
            yield Fault(place=f"{name}/{row['revision']}", sentence=sentence)
        revision, head = row["revision"], row["hash"]


def _cut_chains(connection: Connection, trust: str, kind: str, table: Table) -> Iterator[Fault]:
    last = and_(
        journal.c.trust == table.c.trust,
        journal.c.kind == kind,
        journal.c.subject == table.c.id,
        journal.c.revision == table.c.revision,
    )
    heads = select(table.c.id, table.c.revision, table.c.head, journal.c.hash).outerjoin(journal, last)
    # A row that no step has moved yet (a text of a release without drafts) has no chain.
    moved = (table.c.revision > 0,) if table.c.revision.nullable else ()
    broken = or_(journal.c.hash.is_(None), journal.c.hash != table.c.head)
    chosen = heads.where(table.c.trust == trust, broken, *moved)
    for row in connection.execute(chosen.order_by(table.c.id)):
        gone = row.hash is None
        sentence = "The last rows of this chain are gone." if gone else "This is not the row that was written last."
        yield Fault(place=f"{kind}/{row.id}/{row.revision}", sentence=sentence)


def _fault(row: Mapping[str, Any] | RowMapping, expected: int, head: str) -> str | None:
    if row["revision"] != expected:
        return f"Row {expected} of this chain is gone."
    if row["previous"] != head:
        return "This row does not follow the one before it."
    if row["payload"] is not None and digest(row["payload"]) != row["commitment"]:
        return "What this row says was changed."
    return None if row_hash(row) == row["hash"] else "This row was changed."


def _broken_seals(connection: Connection, trust: str) -> Iterator[Fault]:
    previous, expected = GENESIS, 1
    for row in connection.execute(select(seals).where(seals.c.trust == trust).order_by(seals.c.number)).mappings():
        root, count = covered(connection, trust, row["number"])
        if (row["number"], row["previous"], seal_hash(row)) != (expected, previous, row["hash"]):
            yield Fault(place=f"seal/{row['number']}", sentence="This seal was changed, or one before it is gone.")
        elif (root, count) != (row["root"], row["rows"]):
            yield Fault(place=f"seal/{row['number']}", sentence="Rows under this seal were changed or are gone.")
        previous, expected = row["hash"], row["number"] + 1


def seal_hash(row: Mapping[str, Any] | RowMapping) -> str:
    """Return the hash of a seal: everything in it but the hash itself."""
    at: datetime = row["at"]
    return digest(row["previous"], row["trust"], row["number"], at.timestamp(), row["rows"], row["root"])


def covered(connection: Connection, trust: str, number: int) -> tuple[str, int]:
    """Return what a seal covers: the hash of its rows' hashes, in the order of the key, and how many they are."""
    under = select(journal.c.hash).where(journal.c.trust == trust, journal.c.seal == number).order_by(*_UNDER_A_SEAL)
    sealed, count = hashlib.sha256(), 0
    for value in connection.execute(under.execution_options(yield_per=_BATCH)).scalars():
        sealed.update(value.encode())
        count += 1
    return sealed.hexdigest(), count
