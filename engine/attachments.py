"""Files that come with an approval: looked at, kept once by the hash of their bytes, and given back as downloads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select

from engine.approval_tables import approval_attachments, attachment_files
from engine.errors import Invalid, Missing
from engine.identifiers import new_id
from engine.letters import Subject
from engine.text import clean

LARGEST: Final = 5 * 1024 * 1024
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
    kind = _looked_at(PurePath(name).suffix.lower(), content)
    digest = hashlib.sha256(content).hexdigest()
    same = (attachment_files.c.trust == trust, attachment_files.c.hash == digest)
    if connection.execute(select(attachment_files.c.hash).where(*same)).first() is None:
        connection.execute(insert(attachment_files).values(trust=trust, hash=digest, content=content))
    shown = clean(name.replace("\\", "/").rpartition("/")[2], _NAME)
    return Attachment(name=shown, media_type=kind, size=len(content), hash=digest)


def attach(
    connection: Connection, approval: Subject, revision: int, files: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Name stored files as those of one move of an approval; raises `Invalid` for one that was never stored."""
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
    key = {"trust": approval.trust, "approval": approval.id, "revision": revision}
    connection.execute(insert(approval_attachments), [{**key, "id": new_id(now), **asdict(one)} for one in named])


def of(connection: Connection, trust: str, approvals: Iterable[str]) -> Sequence[RowMapping]:
    """Return what is attached to these approvals, in the order in which it came, without the bytes."""
    table = approval_attachments
    chosen = select(table).where(table.c.trust == trust, table.c.approval.in_(tuple(approvals)))
    return connection.execute(chosen.order_by(table.c.id)).mappings().all()


def content(connection: Connection, trust: str, approval: str, id: str) -> RowMapping:  # noqa: A002 - the column's name
    """Return one attachment with its bytes; raises `Missing`. Who may see the approval, the caller has asked."""
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
    return row


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
