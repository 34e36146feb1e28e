"""What was asked twice is done once: the first answer is kept in its own commit, by token and key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Request, Response
from sqlalchemy import Connection, delete, insert, select

from engine.errors import Invalid
from engine.roles.directory_tables import idempotency

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_LONGEST = 200
_PIECE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A caller's name for one request: whose it is, and the digest of what was asked."""

    token: str
    name: str
    request: str


def key_of(request: Request, token: str) -> Key | None:
    """Return the key that a request bears, if any; raises `Invalid` for one that is too long."""
    name = request.headers.get(HEADER, "").strip()
    if not name:
        return None
    if len(name) > _LONGEST:
        raise Invalid(f"{HEADER} has at most {_LONGEST} characters.")
    return Key(token=token, name=name, request=_digest(request))


def answered(conn: Connection, key: Key | None, now: datetime) -> Response | None:
    """Return what was answered to the same request before, or None.

    Raises `Invalid` where the key was used for another request.
    """
    if key is None:
        return None
    query = select(idempotency).where(idempotency.c.token == key.token, idempotency.c.key == key.name)
    row = conn.execute(query).mappings().first()
    if row is None or row["at"] < now - KEPT:
        return None
    if row["request"] != key.request:
        raise Invalid(f"This {HEADER} was used for another request.")
    headers = {"Idempotent-Replayed": "true"}
    return Response(row["body"], row["status"], headers, mimetype="application/json")


def keep(conn: Connection, key: Key | None, answer: Response, now: datetime) -> None:
    """Keep an answer; a key that is older than a day is free again."""
    if key is None:
        return
    mine = (idempotency.c.token == key.token, idempotency.c.key == key.name)
    conn.execute(delete(idempotency).where(*mine, idempotency.c.at < now - KEPT))
    row = {"token": key.token, "key": key.name, "request": key.request, "status": answer.status_code, "at": now}
    conn.execute(insert(idempotency).values(**row, body=answer.get_data()))


def _digest(request: Request) -> str:
    """Return what makes two requests the same: method, address and content, not the boundaries of its parts."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode("utf-8", "replace"))
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data(cache=True))
        return digest.hexdigest()
    for name, value in sorted(request.form.items(multi=True)):
        digest.update(f"{name}={value}\n".encode("utf-8", "replace"))
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        digest.update(f"{name}:{file.filename}\n".encode("utf-8", "replace"))
        while piece := file.stream.read(_PIECE):
            digest.update(piece)
        file.stream.seek(0)
    return digest.hexdigest()
