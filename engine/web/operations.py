"""What an operation of the API is, what its view is given and what it answers. See `api` for how to declare one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from werkzeug.datastructures import FileStorage

from engine.machine import EVERYONE, Actor
from engine.roles import directory
from engine.transaction import Engine, Transaction
from engine.web import paging, schemas
from engine.web.schemas import Schema, record

PREFIX = "/api/v1"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CREATED = 201

PAGED: Mapping[str, Schema] = {
    "cursor": schemas.text(400, needed=False, about="Where the page before ended: its `next`."),
    "limit": schemas.whole(1, paging.MOST, needed=False, about=f"How many, {paging.USUAL} where nothing is said."),
}
"""What a list takes in its query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a view answers: JSON, a status, headers."""

    body: Any = field(kw_only=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """All that a view is given; `at` has the parts of the path, `query` and `body` what was declared."""

    engine: Engine
    trust: str
    actor: Actor
    now: datetime
    at: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    files: Mapping[str, FileStorage]
    opened: Connection | None = None
    transaction: Transaction | None = None

    @property
    def tx(self) -> Transaction:
        """Return the one commit of this call; a view that only reads has none."""
        if self.transaction is None:
            raise LookupError("a call that reads, or that has its own transactions, has no transaction")
        return self.transaction

    @property
    def conn(self) -> Connection:
        """Return the connection of this call; a view with its own transactions has none."""
        if self.opened is None:
            raise LookupError("a call that has its own transactions has no connection")
        return self.opened

    @property
    def paging(self) -> dict[str, Any]:
        """Return the cursor and limit that were asked for, as `paging.page` takes them."""
        return {"cursor": self.query.get("cursor"), "limit": self.query.get("limit", paging.USUAL)}

    def reach(self, *responsibilities: str) -> frozenset[str]:
        """Return the organisations in which the caller holds one of these responsibilities."""
        return directory.reach(self.conn, self.trust, self.actor, responsibilities)


View = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one resource; `path` is below `/api/v1`, with parts such as `<id>`."""

    method: str = field(kw_only=False)
    path: str = field(kw_only=False)
    view: View = field(kw_only=False)
    by: tuple[str, ...]
    says: str
    takes: Schema | None = None
    gives: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    status: int = 200
    files: int = 0
    own_transactions: bool = False

    @property
    def name(self) -> str:
        """Return the operation's name, as OpenAPI and Flask have it: `post_enrolments_id_withdraw`."""
        return "_".join([self.method.lower(), *re.findall(r"[a-z]+", self.path)])

    @property
    def resource(self) -> str:
        """Return the first part of the path: what scopes of tokens and the description go by."""
        return self.path.split("/")[1]

    @property
    def scope(self) -> str:
        """Return the narrowest scope that a token needs."""
        return f"{self.resource}:{'write' if self.writes else 'read'}"

    @property
    def writes(self) -> bool:
        """Say whether the call is one commit."""
        return self.method in _WRITES

    def admits(self, actor: Actor) -> bool:
        """Say whether the actor holds one of the responsibilities somewhere."""
        return EVERYONE in self.by or any(held in self.by for held, _place in actor.grants)


def created(path: str, body: Any) -> Answer:
    """Answer 201 with the address of what was made."""
    return Answer(body, status=_CREATED, headers={"Location": f"{PREFIX}{path}"})


def listed(page: paging.Page, row: Callable[[Any], Any]) -> Answer:
    """Answer one page of a list."""
    return Answer({"items": [row(one) for one in page.rows], "next": page.next})


def list_of(items: Schema) -> Schema:
    """Return the schema of what `listed` answers."""
    return record({"items": schemas.many(items), "next": schemas.or_null(schemas.text())})
