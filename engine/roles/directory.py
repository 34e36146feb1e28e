"""Who is who: the tree of organisations, roles with their local versions, who holds them, and who may do what.

A trust is the id of its root organisation. What a person may do is a set of (responsibility, organisation): each
holds in that organisation and in all below it. Accounts and their passwords are in `accounts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, delete, exists, insert, literal, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from engine.errors import Invalid, Missing
from engine.identifiers import new_id
from engine.machine import Actor
from engine.roles.directory_tables import accounts, grants, holders, organisations, roles
from engine.storage.prepared import TRUST, Asked
from engine.text import clean

_NAME = 200
_CODE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One node of a trust's tree; `mail_name` is the name that its mails bear, where it is not `name`."""

    trust: str
    id: str
    parent: str | None
    name: str
    mail_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role as one organisation has it; one below the trust's root is a local version."""

    trust: str
    role: str
    organisation: str
    title: str
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """An account that holds a role from `starts_at` until `ends_at`; without them, always."""

    trust: str
    role: str
    organisation: str
    account: str
    enabled: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def _way_up() -> Select[tuple[str]]:
    here = (organisations.c.trust == TRUST, organisations.c.id == bindparam("organisation"))
    start = select(organisations.c.id, organisations.c.parent, literal(0).label("height")).where(*here)
    node = start.cte("above", recursive=True)
    above = (organisations.c.trust == TRUST, organisations.c.id == node.c.parent)
    node = node.union_all(select(organisations.c.id, organisations.c.parent, node.c.height + 1).where(*above))
    return select(node.c.id).order_by(node.c.height)


_WAY_UP = Asked(_way_up())


def path(conn: Connection, trust: str, organisation: str) -> tuple[str, ...]:
    """Return the ids from an organisation up to its trust's root, nearest first.

    Raises `Missing` where the trust has no such organisation.
    """
    found = tuple(row.id for row in _WAY_UP.rows(conn, trust=trust, organisation=organisation))
    if not found:
        raise Missing("There is no such organisation.", organisation=organisation)
    return found


def paths(conn: Connection, trust: str) -> Mapping[str, tuple[str, ...]]:
    """Return the path of every organisation of a trust, for work on many records at once."""
    query = select(organisations.c.id, organisations.c.parent).where(organisations.c.trust == trust)
    parents: dict[str, str | None] = {row.id: row.parent for row in conn.execute(query)}
    return {organisation: _climb(parents, organisation) for organisation in parents}


def within(conn: Connection, trust: str, tops: Iterable[str]) -> frozenset[str]:
    """Return these organisations and all below them: what a permission held there reaches."""
    wanted = frozenset(tops)
    return frozenset(one for one, above in paths(conn, trust).items() if wanted.intersection(above))


def reach(conn: Connection, trust: str, actor: Actor, responsibilities: Iterable[str]) -> frozenset[str]:
    """Return the organisations in which an actor holds one of these responsibilities."""
    wanted = frozenset(responsibilities)
    return within(conn, trust, {place for held, place in actor.grants if held in wanted})


def organisation(conn: Connection, trust: str, id: str) -> Organisation:  # noqa: A002 - it is the column's name
    """Return one organisation; raises `Missing`."""
    query = select(organisations).where(organisations.c.trust == trust, organisations.c.id == id)
    return Organisation(
        **_only(conn.execute(query).mappings().first(), "There is no such organisation.", organisation=id)
    )


def add_organisation(  # noqa: PLR0913 - a row has as many columns
    conn: Connection,
    *,
    now: datetime,
    name: str,
    trust: str | None = None,
    parent: str | None = None,
    mail_name: str | None = None,
    id: str | None = None,  # noqa: A002 - it is the column's name
) -> Organisation:
    """Add an organisation below `parent` (the trust's root where none is named); without a trust, a new trust.

    Raises `Missing` where the parent is not in the trust, `Invalid` where the name is empty.
    """
    made = id or new_id(now)
    if trust is not None:
        path(conn, trust, parent or trust)
    new = Organisation(
        trust=trust or made,
        id=made,
        parent=None if trust is None else parent or trust,
        name=_needed(name, _NAME, "name"),
        mail_name=clean(mail_name or "", _NAME) or None,
    )
    conn.execute(insert(organisations).values(**_columns(new)))
    return new


def change_organisation(conn: Connection, trust: str, id: str, changes: Mapping[str, Any]) -> Organisation:  # noqa: A002
    """Change `name`, `mail_name` or `parent`; what is not named stays.

    Raises `Missing`, or `Invalid` where the tree would no longer be one.
    """
    before = organisation(conn, trust, id)
    if changes.get("parent", before.parent) != before.parent:
        _require_tree(conn, before, changes["parent"])
    after = {
        "name": _needed(changes.get("name", before.name), _NAME, "name"),
        "mail_name": clean(changes.get("mail_name", before.mail_name) or "", _NAME) or None,
        "parent": changes.get("parent", before.parent),
    }
    conn.execute(update(organisations).where(organisations.c.trust == trust, organisations.c.id == id).values(**after))
    return organisation(conn, trust, id)


def versions(conn: Connection, trust: str, role: str) -> Mapping[str, Role]:
    """Return the versions of a role by organisation: the trust's own and the local ones, also disabled ones."""
    rows = conn.execute(select(roles).where(roles.c.trust == trust, roles.c.role == role)).mappings()
    return {row["organisation"]: Role(**row) for row in rows}


def put_role(conn: Connection, new: Role) -> Role:
    """Add a version of a role, or change its title and whether it is enabled.

    Raises `Missing` where the trust has no such organisation.
    """
    path(conn, new.trust, new.organisation)
    wanted = Role(**{**_columns(new), "role": _needed(new.role, _CODE, "role"), "title": clean(new.title, _NAME)})
    _put(conn, roles, ("trust", "role", "organisation"), _columns(wanted))
    return wanted


def holders_of(conn: Connection, trust: str, role: str, organisation: str) -> tuple[Holder, ...]:
    """Return all who were ever given this version of a role, in the order of their accounts."""
    query = select(holders).where(
        holders.c.trust == trust, holders.c.role == role, holders.c.organisation == organisation
    )
    return tuple(Holder(**row) for row in conn.execute(query.order_by(holders.c.account)).mappings())


def put_holder(conn: Connection, new: Holder) -> Holder:
    """Give an account a version of a role, or change when it holds it.

    Raises `Missing` where there is no such version or account, `Invalid` where it would end before it starts.
    """
    if new.starts_at and new.ends_at and new.ends_at <= new.starts_at:
        raise Invalid("A holder's time must end after it starts.")
    if new.organisation not in versions(conn, new.trust, new.role):
        raise Missing("There is no such role in this organisation.", role=new.role)
    known = select(accounts.c.id).where(accounts.c.trust == new.trust, accounts.c.id == new.account)
    if conn.execute(known).first() is None:
        raise Missing("There is no such account.", account=new.account)
    _put(conn, holders, ("trust", "role", "organisation", "account"), _columns(new))
    return new


def holding(now: datetime) -> ColumnElement[bool]:
    """Return the condition on `holders` that is true of those who hold their role now."""
    return (
        holders.c.enabled
        & or_(holders.c.starts_at.is_(None), holders.c.starts_at <= now)
        & or_(holders.c.ends_at.is_(None), holders.c.ends_at > now)
    )


def roles_held(conn: Connection, trust: str, account: str, now: datetime) -> frozenset[tuple[str, str]]:
    """Return the (role, organisation) pairs that an account holds now, of the enabled versions."""
    version = (roles.c.trust == trust, roles.c.role == holders.c.role, roles.c.organisation == holders.c.organisation)
    query = select(holders.c.role, holders.c.organisation).where(
        holders.c.trust == trust, holders.c.account == account, holding(now), exists().where(*version, roles.c.enabled)
    )
    return frozenset((row.role, row.organisation) for row in conn.execute(query))


def grant(conn: Connection, trust: str, account: str, responsibility: str, organisation: str) -> None:
    """Let an account do something in an organisation and below it; twice is once.

    Raises `Missing` where the trust has no such organisation.
    """
    path(conn, trust, organisation)
    key = {"trust": trust, "account": account, "responsibility": responsibility, "organisation": organisation}
    _put(conn, grants, tuple(key), key)


def revoke(conn: Connection, trust: str, account: str, responsibility: str, organisation: str) -> None:
    """Take a permission back; what was never given is no error."""
    key = {"account": account, "responsibility": responsibility, "organisation": organisation}
    same = (grants.c[name] == value for name, value in key.items())
    conn.execute(delete(grants).where(grants.c.trust == trust, *same))


def actor_of(conn: Connection, trust: str, account: str, now: datetime) -> Actor:
    """Return an account as an actor, with all that it was granted and the roles that it holds now.

    Raises `Missing` where there is no such account or it is not active.
    """
    query = select(accounts).where(accounts.c.trust == trust, accounts.c.id == account, accounts.c.active)
    row = _only(conn.execute(query).mappings().first(), "There is no such account.", account=account)
    given = select(grants.c.responsibility, grants.c.organisation).where(
        grants.c.trust == trust, grants.c.account == account
    )
    granted = frozenset((one.responsibility, one.organisation) for one in conn.execute(given))
    return Actor(
        id=account, name=row["name"], person=row["person"], grants=granted | roles_held(conn, trust, account, now)
    )


def _require_tree(conn: Connection, moved: Organisation, parent: str | None) -> None:
    """Lock the trust's root, so that two moves at once cannot make a ring."""
    root = organisations.c.id == moved.trust
    conn.execute(select(organisations.c.id).where(organisations.c.trust == moved.trust, root).with_for_update())
    if moved.id == moved.trust or parent is None:
        raise Invalid("The trust itself, and nothing else, is at the top of the tree.")
    if moved.id in path(conn, moved.trust, parent):
        raise Invalid("An organisation cannot be moved below itself.")


def _climb(parents: Mapping[str, str | None], start: str) -> tuple[str, ...]:
    found, here = [start], parents[start]
    while here is not None:
        found.append(here)
        here = parents[here]
    return tuple(found)


def _put(conn: Connection, table: Any, key: tuple[str, ...], row: Mapping[str, Any]) -> None:
    """Insert a row, or overwrite the one with its key."""
    same = [table.c[name] == row[name] for name in key]
    rest = {name: value for name, value in row.items() if name not in key}
    if conn.execute(select(table.c[key[0]]).where(*same)).first() is None:
        conn.execute(insert(table).values(**row))
    elif rest:
        conn.execute(update(table).where(*same).values(**rest))


def _columns(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _needed(value: Any, limit: int, name: str) -> str:
    text = clean(str(value or ""), limit)
    if not text:
        raise Invalid(f"The {name} must not be empty.", field=name)
    return text


def _only(row: RowMapping | None, sentence: str, **facts: str) -> RowMapping:
    if row is None:
        raise Missing(sentence, **facts)
    return row
