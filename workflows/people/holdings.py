"""What is kept of people themselves: the record, their posts, and who asked for what is kept of them."""

from __future__ import annotations

from typing import Final

from engine.privacy.holdings import ERASED
from engine.privacy.personal import Holding
from workflows.people.tables import assignments, persons, record_requests

HOLDINGS: Final = (
    Holding(
        table=persons,
        title="Person",
        person="id",
        shown=("id", "name", "email", "organisation", "language"),
        called="name",
        erased={"name": ERASED, "email": ""},
    ),
    Holding(
        table=assignments,
        title="Posts",
        person="person",
        shown=("position", "organisation", "status", "starts_on"),
        gone=True,
    ),
    Holding(
        table=record_requests,
        title="Requests for what is kept",
        person="person",
        shown=("state", "updated_at", "form"),
    ),
)
