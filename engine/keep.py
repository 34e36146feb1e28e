"""The port to where the subjects of a workflow are kept: one implementation for each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from engine.machine import Case, Decision, Record


class Keep(Protocol):
    """Where the subjects of one workflow are kept; `table` has `tables.subject_columns()`."""

    @property
    def table(self) -> Table:
        """Return the table whose rows are moved."""

    def load(self, connection: Connection, trust: str, ids: Sequence[str], now: datetime) -> Mapping[str, Record]:
        """Return the records by id, locking what guards a shared limit (a class's places)."""

    def draft(self, connection: Connection, trust: str, identifier: str, facts: Mapping[str, Any]) -> Record:
        """Return a record that is not stored yet, locking what guards a shared limit."""

    def row(self, case: Case[Any], decision: Decision) -> Mapping[str, Any]:
        """Return the table's own columns for a new subject."""

    def changes(self, case: Case[Any], decision: Decision) -> Mapping[str, Any]:
        """Return the table's own columns that change with a move."""
