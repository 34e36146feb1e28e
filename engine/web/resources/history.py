"""`/journal`: the moves of one subject, as the chain has them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import RowMapping, select

from engine.letters import Subject
from engine.tables import journal as table
from engine.web import journal, paging
from engine.web.journal import READERS
from engine.web.operations import PAGED, Answer, Call, Operation, list_of, listed
from engine.web.schemas import identifier, moment, or_null, record, text, whole

_ENTRY: Final = record(
    {
        "revision": whole(1),
        "step": text(),
        "trigger": text(),
        "source": or_null(text()),
        "target": text(),
        "actor": identifier(),
        "by": text(about="The name, unless it was erased."),
        "reason": text(empty=True),
        "at": moment(),
        "because": or_null(text(about="The row that entailed it: KIND/ID/REVISION.")),
        "definition": text(about="The version of the workflow."),
        "previous": text(),
        "hash": text(),
    }
)
_PLAIN: Final = (
    "revision",
    "step",
    "trigger",
    "source",
    "target",
    "actor",
    "because",
    "definition",
    "previous",
    "hash",
)


def _moves(call: Call) -> Answer:
    subject = Subject(kind=call.query["kind"], trust=call.trust, id=call.query["subject"])
    journal.require_within_reach(call.engine, call.conn, call.actor, subject)
    query = select(table).where(
        table.c.trust == subject.trust, table.c.kind == subject.kind, table.c.subject == subject.id
    )

    def row(one: RowMapping) -> dict[str, Any]:
        read = journal.entry(call.engine, one)
        return {**{name: one[name] for name in _PLAIN}, "by": read.by, "reason": read.reason, "at": read.at.isoformat()}

    return listed(paging.page(call.conn, query, [table.c.revision], **call.paging), row)


OPERATIONS: Final = (
    Operation(
        "GET",
        "/journal",
        _moves,
        by=READERS,
        query={**PAGED, "kind": text(40), "subject": identifier()},
        gives=list_of(_ENTRY),
        says="What moved a subject, who, when and why; oldest first.",
    ),
)
