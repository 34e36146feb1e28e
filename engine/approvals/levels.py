"""Who is asked next when nobody answers: the nearest version of the role above, else the next role (A16-T10, T11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, exists, select

from engine.approvals.records import Approval
from engine.roles import directory
from engine.roles.directory_tables import accounts, holders, roles


def following(approval: Approval, path: Sequence[str], held: AbstractSet[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the next role and its organisation, of those that somebody active holds; None at the top.

    `path` leads from the subject's organisation upward.
    """
    here = path.index(approval.organisation) + 1 if approval.organisation in path else len(path)
    same = ((approval.role, place) for place in path[here:])
    further = ((role, place) for role in approval.escalation for place in path)
    return next((level for level in (*same, *further) if level in held), None)


def known(connection: Connection, trust: str, waited: Sequence[Approval], now: datetime) -> Mapping[str, Approval]:
    """Return these approvals by id, each with its next level."""
    wanted = {role for one in waited for role in (one.role, *one.escalation)}
    barred = {one.subject_person for one in waited}
    held_by = {person: held(connection, trust, wanted, now, person) for person in barred}
    paths = directory.paths(connection, trust)
    return {
        one.id: replace(one, above=following(one, paths.get(one.subject_organisation, ()), held_by[one.subject_person]))
        for one in waited
    }


def held(
    connection: Connection, trust: str, wanted: Iterable[str], now: datetime, about: str | None = None
) -> frozenset[tuple[str, str]]:
    """Return where these roles are held now by somebody active who is not the person that it is about."""
    somebody = exists().where(
        accounts.c.trust == holders.c.trust,
        accounts.c.id == holders.c.account,
        accounts.c.active,
        *((accounts.c.person != about,) if about is not None else ()),
    )
    version = exists().where(
        roles.c.trust == holders.c.trust,
        roles.c.role == holders.c.role,
        roles.c.organisation == holders.c.organisation,
        roles.c.enabled,
    )
    chosen = select(holders.c.role, holders.c.organisation).where(
        holders.c.trust == trust, holders.c.role.in_(tuple(wanted)), directory.holding(now), somebody, version
    )
    return frozenset((row.role, row.organisation) for row in connection.execute(chosen))
