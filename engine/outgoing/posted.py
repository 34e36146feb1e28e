"""Which letters of the outbox are about a subject."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, literal_column, or_

from engine.letters import Subject
from engine.outgoing.outbox import Delivery
from engine.tables import outbox

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_QUEUED: Final[ColumnElement[str]] = literal_column(f"'{Delivery.QUEUED}'")


def about(subject: Subject) -> ColumnElement[bool]:
    """Choose the letters about a subject: those once leased by an index of their own, the others from the queue.

    So no move pays for an index by subject. The words for the others lead SQLite to the queue's index: by the trust
    itself it would take the key and read all letters of the trust.
    """
    same = and_(outbox.c.kind == subject.kind, outbox.c.subject == subject.id)
    begun = and_(outbox.c.state != _QUEUED, outbox.c.trust == subject.trust, same)
    queued = and_(outbox.c.state == _QUEUED, outbox.c.due_at >= _EVER, outbox.c.trust + "" == subject.trust, same)
    return or_(begun, queued)
