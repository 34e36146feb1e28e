"""What the pages and the API of competences show, each in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from workflows.competence.records import AwardState
from workflows.competence.tables import awards, competences, requirements


def required_where(conn: Connection, trust: str) -> Mapping[str, tuple[str, ...]]:
    """Return by competence the organisations in which, and below which, it is required."""
    found: dict[str, list[str]] = {}
    for row in conn.execute(select(requirements).where(requirements.c.trust == trust)):
        found.setdefault(row.competence, []).append(row.organisation)
    return {key: tuple(sorted(places)) for key, places in found.items()}


def past_of(conn: Connection, trust: str, person: str) -> Sequence[Any]:
    """Return the awards of a person that no longer count, the latest first."""
    query = (
        select(awards, competences.c.name)
        .join(competences, and_(competences.c.trust == awards.c.trust, competences.c.id == awards.c.competence))
        .where(awards.c.trust == trust, awards.c.person == person, awards.c.state != AwardState.HELD)
    )
    return conn.execute(query.order_by(awards.c.starts_on.desc(), awards.c.id.desc())).all()
