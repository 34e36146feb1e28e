"""Gives roles to organisations and to people, and takes them back: by administrators, each change with who made it.

To allocate the roles that workflows ask is what an administrator is for. What opens more than that, they can give only
as far as they have it, and to themselves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from engine.errors import Conflict, Missing, NotAllowed
from engine.machine import Actor
from engine.roles import amendments, coverage, directory
from engine.roles.amendments import Amended
from engine.roles.directory import Holder, Role
from engine.roles.directory_tables import accounts, holders, roles
from engine.transaction import Transaction

ADMINISTRATOR: Final = "system-administrator"
RESPONSIBILITIES: Final = frozenset(
    {
        "career-management",
        "class-administrator",
        "learning-administrator",
        "recruiter",
        "system-administrator",
        "template-administrator",
    }
)
"""What opens pages and records beside the questions that a role may be asked: never given by whoever lacks it."""


def key_of(role: str, organisation: str) -> str:
    """Return the name of a version of a role, as the API and the notes of changes have it."""
    return f"{role}@{organisation}"


def require_administrator(conn: Connection, trust: str, by: Actor, organisation: str) -> None:
    """Raise `NotAllowed` where somebody does not administer an organisation, `Missing` for no such."""
    if not by.system and not by.may((ADMINISTRATOR,), directory.path(conn, trust, organisation)):
        raise NotAllowed("You do not administer this organisation.", organisation=organisation)


def version(conn: Connection, trust: str, role: str, organisation: str) -> Role:
    """Return one version of a role; raises `Missing`."""
    found = directory.versions(conn, trust, role).get(organisation)
    if found is None:
        raise Missing("There is no such role in this organisation.", role=role)
    return found


def add(conn: Connection, new: Role, by: Actor, now: datetime) -> Role:
    """Give an organisation its version of a role; raises `Conflict` where it has one, else as `change`."""
    require_administrator(conn, new.trust, by, new.organisation)
    if new.organisation in directory.versions(conn, new.trust, new.role):
        raise Conflict("This organisation has its version of the role already.")
    kept = directory.put_role(conn, new)
    _note(conn, kept, "added", {"title": kept.title, "enabled": kept.enabled}, by, now)
    return kept


def change(conn: Connection, after: Role, by: Actor, now: datetime) -> Role:
    """Rename a version, or switch it on or off; raises `NotAllowed`, `Missing` or `Invalid`."""
    require_administrator(conn, after.trust, by, after.organisation)
    before = version(conn, after.trust, after.role, after.organisation)
    kept = directory.put_role(conn, after)
    if kept.title != before.title:
        _note(conn, kept, f"renamed “{kept.title}”", {"title": kept.title}, by, now)
    if kept.enabled is not before.enabled:
        _note(conn, kept, "switched on" if kept.enabled else "switched off", {"enabled": kept.enabled}, by, now)
    return kept


def give(tx: Transaction, new: Holder) -> Holder:
    """Give a version to an account, or change when it has it, or take it away (`enabled`); raises as `change` does.

    Raises `NotAllowed` too where the actor would give themselves something, or others more than they have.
    """
    conn, by = tx.connection, tx.actor
    require_administrator(conn, new.trust, by, new.organisation)
    held = version(conn, new.trust, new.role, new.organisation)
    _require_covered(tx, new)
    before = one(conn, new)
    kept = directory.put_holder(conn, new)
    what = "changed the dates of" if before and before.enabled else "gave it to"
    said = {name: getattr(kept, name) for name in ("enabled", "starts_at", "ends_at")}
    _note(conn, held, what if kept.enabled else "took it from", {"holder": kept.account, **said}, by, tx.now)
    return kept


def take(tx: Transaction, holder: Holder) -> Holder:
    """Take a version from an account; it stays listed, and can be given back. Raises as `change` does."""
    before = one(tx.connection, holder)
    if before is None:
        raise Missing("This account does not hold the role.")
    return give(tx, replace(before, enabled=False))


def one(conn: Connection, like: Holder) -> Holder | None:
    """Return how an account holds a version, or None where it never did."""
    key = {"trust": like.trust, "role": like.role, "organisation": like.organisation, "account": like.account}
    same = (holders.c[name] == value for name, value in key.items())
    row = conn.execute(select(holders).where(*same)).mappings().one_or_none()
    return Holder(**row) if row is not None else None


def listed(
    conn: Connection, trust: str, places: frozenset[str], role: str | None = None
) -> Mapping[Role, Sequence[RowMapping]]:
    """Return the versions in these organisations with everybody who was ever given each, by name, in one statement."""
    on_role = (
        (holders.c.trust == roles.c.trust)
        & (holders.c.role == roles.c.role)
        & (holders.c.organisation == roles.c.organisation)
    )
    on_account = (accounts.c.trust == holders.c.trust) & (accounts.c.id == holders.c.account)
    held = (holders.c.account, holders.c.enabled.label("held"), holders.c.starts_at, holders.c.ends_at)
    query = (
        select(roles, *held, accounts.c.name, accounts.c.email, accounts.c.active)
        .select_from(roles.outerjoin(holders, on_role).outerjoin(accounts, on_account))
        .where(roles.c.trust == trust, roles.c.organisation.in_(places))
        .order_by(roles.c.role, roles.c.organisation, accounts.c.name, accounts.c.id)
    )
    found: dict[Role, list[RowMapping]] = {}
    for row in conn.execute(query if role is None else query.where(roles.c.role == role)).mappings():
        here = found.setdefault(Role(**{name: row[name] for name in Role.__slots__}), [])
        if row["account"] is not None:
            here.append(row)
    return found


def holds_now(row: Mapping[str, Any] | RowMapping, now: datetime) -> bool:
    """Say whether a row of `listed` is of somebody who holds the role now and can sign in."""
    in_time = (row["starts_at"] is None or row["starts_at"] <= now) and (row["ends_at"] is None or now < row["ends_at"])
    return bool(row["held"] and row["active"] and in_time)


def _require_covered(tx: Transaction, new: Holder) -> None:
    by = tx.actor
    if by.system or not new.enabled:
        return
    if _is_their_own(tx.connection, new, by):
        raise NotAllowed("You cannot give yourself a role. Somebody else who administers this organisation can.")
    asked = {one.role for one in coverage.demands(workflow for workflow, _keep in tx.engine.keeps.values())}
    above = directory.path(tx.connection, new.trust, new.organisation)
    if new.role not in asked - RESPONSIBILITIES and not by.may((new.role,), above):
        raise NotAllowed(
            "This role opens what you may not do here yourself. Somebody who may can give it, or whoever runs this.",
            role=new.role,
        )


def _is_their_own(conn: Connection, new: Holder, by: Actor) -> bool:
    """Say whether the account is the actor's, or another one of the same person."""
    same = select(accounts.c.person).where(accounts.c.trust == new.trust, accounts.c.id == new.account)
    person = conn.execute(same).scalar_one_or_none()
    return new.account == by.id or (person is not None and person == by.person)


def _note(conn: Connection, held: Role, what: str, said: Mapping[str, Any], by: Actor, now: datetime) -> None:  # noqa: PLR0913, PLR0917
    key = key_of(held.role, held.organisation)
    amendments.note(conn, held.trust, Amended.ROLE, key, what, said, by, now)
