"""Files that come with an approval: looked at, kept once by the hash of their bytes, and given back as downloads.

Where the bytes of a hash were erased, the same file is kept anew beside them: what was erased stays erased.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, insert, select

from engine.approvals.tables import approval_attachments, attachment_files
from engine.errors import Invalid, Missing
from engine.identifiers import new_id
from engine.letters import Subject
from engine.settings import Room
from engine.text import clean

_MEGABYTE: Final = 1024 * 1024
_ERASED: Final = b""
_KEY_BYTES: Final = 32
LARGEST: Final = 5 * _MEGABYTE
MOST: Final = 5
_NAME: Final = 200
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_KINDS: Final[Mapping[str, tuple[str, bytes]]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": (f"{_OFFICE}.wordprocessingml.document", b"PK\x03\x04"),
    ".xlsx": (f"{_OFFICE}.spreadsheetml.sheet", b"PK\x03\x04"),
    ".txt": ("text/plain", b""),
    ".csv": ("text/csv", b""),
}
KINDS: Final = tuple(sorted(_KINDS))
_TEXT: Final = frozenset({".txt", ".csv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A stored file by the hash of its bytes, as the facts of a comment name it; `size` is in bytes."""

    name: str
    media_type: str
    size: int
    hash: str

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data: one of a comment's `attachments`."""
        return asdict(self)


def store(connection: Connection, trust: str, name: str, content: bytes) -> Attachment:
    """Keep a file in this commit, once for the same bytes; a comment's facts then name it.

    Raises `Invalid` where it is empty, larger than `LARGEST`, or not what its name says.
    """
    try:
        kind = _looked_at(PurePath(name).suffix.lower(), content)
    except Invalid as wrong:
        raise Invalid(f"{_called(name)}: {wrong.sentence}") from wrong
    digest = hashlib.sha256(content).hexdigest()
    same = (attachment_files.c.trust == trust, attachment_files.c.hash == digest)
    erased = attachment_files.c.content == _ERASED
    known = connection.execute(select(erased.label("erased")).where(*same)).first()
    if known is None or known.erased:
        digest = digest if known is None else secrets.token_hex(_KEY_BYTES)
        connection.execute(insert(attachment_files).values(trust=trust, hash=digest, content=content))
    return Attachment(name=_called(name), media_type=kind, size=len(content), hash=digest)


def attach(  # noqa: PLR0913, PLR0917 - what comes with which move, when, and how much may
    connection: Connection,
    approval: Subject,
    revision: int,
    files: Sequence[Mapping[str, Any]],
    now: datetime,
    room: Room,
) -> None:
    """Name stored files as those of one move of an approval.

    Raises `Invalid` for one that was never stored, and where there is no room for all that came with the approval.
    """
    if not files:
        return
    if len(files) > MOST:
        raise Invalid(f"At most {MOST} files can be attached at once.")
    named = [Attachment(**file) for file in files]
    stored = select(attachment_files.c.hash).where(
        attachment_files.c.trust == approval.trust, attachment_files.c.hash.in_([one.hash for one in named])
    )
    if {one.hash for one in named} - set(connection.execute(stored).scalars()):
        raise Invalid("A file that is to be attached was never stored.")
    _require_room(connection, approval, named, room)
    key = {"trust": approval.trust, "approval": approval.id, "revision": revision}
    connection.execute(insert(approval_attachments), [{**key, "id": new_id(now), **asdict(one)} for one in named])


def of(connection: Connection, trust: str, approvals: Iterable[str]) -> Sequence[RowMapping]:
    """Return what is attached to these approvals, in the order in which it came, without the bytes."""
    table = approval_attachments
    chosen = select(table).where(table.c.trust == trust, table.c.approval.in_(tuple(approvals)))
    return connection.execute(chosen.order_by(table.c.id)).mappings().all()


def content(connection: Connection, trust: str, approval: str, id: str) -> RowMapping:  # noqa: A002 - the column's name
    """Return one attachment with its bytes; raises `Missing`, also where they were erased.

    Who may see the approval, the caller has asked.
    """
    table = approval_attachments
    bytes_of = (attachment_files.c.trust == table.c.trust) & (attachment_files.c.hash == table.c.hash)
    chosen = select(table, attachment_files.c.content).join(attachment_files, bytes_of)
    row = (
        connection.execute(chosen.where(table.c.trust == trust, table.c.approval == approval, table.c.id == id))
        .mappings()
        .first()
    )
    if row is None:
        raise Missing("There is no such attachment.")
    if row["content"] == _ERASED:
        raise Missing("What this file held was erased, or is kept no longer.")
    return row


def _require_room(connection: Connection, approval: Subject, named: Sequence[Attachment], room: Room) -> None:
    """Raise `Invalid` where an approval would have too many files, or too large ones; its row is locked by then."""
    there = (approval_attachments.c.trust == approval.trust, approval_attachments.c.approval == approval.id)
    sums = select(func.count(), func.coalesce(func.sum(approval_attachments.c.size), 0)).where(*there)
    count, size = connection.execute(sums).one()
    most = room.megabytes * _MEGABYTE
    if count + len(named) > room.files or int(size) + sum(one.size for one in named) > most:
        raise Invalid(
            f"A question has at most {room.files} files of {room.megabytes} MB altogether; this one has {count} of"
            f" {int(size) / _MEGABYTE:.1f} MB."
        )


def _called(name: str) -> str:
    """Return the last part of a file's name, as it is shown."""
    return clean(name.replace("\\", "/").rpartition("/")[2], _NAME)


def _looked_at(suffix: str, content: bytes) -> str:
    """Return the media type of a file whose bytes begin as its name says."""
    if suffix not in _KINDS:
        raise Invalid(f"Attach one of these: {', '.join(KINDS)}.")
    if not content:
        raise Invalid("The file is empty.")
    if len(content) > LARGEST:
        raise Invalid(f"A file has at most {LARGEST // 1024 // 1024} MB.")
    media_type, opening = _KINDS[suffix]
    if not content.startswith(opening) or (suffix in _TEXT and b"\x00" in content):
        raise Invalid(f"This file is not what its name says: {suffix}.")
    return media_type
