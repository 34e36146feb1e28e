"""What a record is called on the pages that serve every kind of record: its words instead of its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select

from engine.letters import Subject

Called = Mapping[str, Select[Any]]
"""By kind the statement that names its records: rows of trust, id and `words`."""


def words(known: Called, connection: Connection, subject: Subject) -> str:
    """Return what a record is called; its id where nothing names records of its kind."""
    query = known.get(subject.kind)
    if query is None:
        return subject.id
    of = query.selected_columns
    here = query.where(of.trust == subject.trust, of.id == subject.id)
    found = connection.execute(here).mappings().one_or_none()
    return str(found["words"]) if found else subject.id
