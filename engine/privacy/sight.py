"""Which records somebody may see: those of the organisations that they look after."""

from __future__ import annotations

from sqlalchemy import Connection, select

from engine.letters import Subject
from engine.transaction import Engine
from engine.wording.template_tables import text_places

Reach = frozenset[str] | None
"""The organisations that somebody looks after; None for whoever operates the installation, who sees everything."""
_PLACES = ("organisation", "subject_organisation")


def sees(engine: Engine, connection: Connection, subject: Subject, within: Reach) -> bool:
    """Say whether a subject belongs to one of these organisations; a question, where it or what it is about does.

    A text of a class or an offering belongs where that does.
    """
    if within is None:
        return True
    if subject.kind not in engine.keeps:
        return False
    table, its = engine.kept(subject.kind)[1].table, text_places.c
    places = [table.c[name] for name in _PLACES if name in table.c]
    homes = [
        select(its.organisation).where(its.trust == subject.trust, its.id == one).scalar_subquery() for one in places
    ]
    row = connection.execute(
        select(*places, *homes).where(table.c.trust == subject.trust, table.c.id == subject.id)
    ).first()
    return row is not None and not within.isdisjoint(row)
