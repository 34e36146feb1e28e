"""`/messages`: what was sent or is to be, why, and sending it again.

What a message says is not here: it may hold a link that opens somebody's account.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import RowMapping, select

from engine import messages
from engine.errors import Missing
from engine.letters import Subject
from engine.outgoing.outbox import Delivery
from engine.privacy import sight
from engine.tables import outbox
from engine.web import journal, paging
from engine.web.journal import READERS
from engine.web.operations import PAGED, Answer, Call, Operation, list_of, listed
from engine.web.schemas import identifier, moment, one_of, or_null, record, text, whole

_MESSAGE: Final = record(
    {
        "id": identifier(),
        "notice": text(),
        "organisation": identifier(),
        "kind": text(),
        "subject": identifier(),
        "person": or_null(identifier()),
        "name": text(),
        "email": text(),
        "state": one_of(*map(str, Delivery)),
        "queued_at": moment(),
        "sent_at": or_null(moment()),
        "attempts": whole(0),
        "answer": or_null(text()),
    }
)
_WHY: Final = record(
    {
        "reason": text(about="The line that the message itself bears."),
        "cause": text(about="The row of the journal: KIND/ID/REVISION."),
        "step": text(),
        "trigger": text(),
        "moved": text(),
        "by": text(),
        "at": or_null(moment()),
        "because": or_null(text()),
        "template": text(),
        "relevant": text(about="What had to hold at the moment of sending."),
        "answer": text(empty=True),
    }
)
_FILTERS: Final = {name: text(needed=False) for name in ("notice", "kind", "subject", "person", "state")}


def _listed(call: Call) -> Answer:
    wanted = [outbox.c[name] == value for name, value in call.query.items() if name in _FILTERS]
    mine = outbox.c.organisation.in_(call.reach(*READERS))
    query = select(outbox).where(outbox.c.trust == call.trust, mine, *wanted)
    return listed(paging.page(call.conn, query, [outbox.c.id], newest_first=True, **call.paging), _row)


def _why(call: Call) -> Answer:
    _mine(call)
    said = messages.why(call.conn, call.trust, call.at["id"])
    of = Subject(kind=said.letter["kind"], trust=call.trust, id=said.letter["subject"])
    if not sight.sees(call.engine, call.conn, of, journal.reach(call.conn, call.trust, call.actor)):
        said = messages.hidden(said)
    facts = {name: getattr(said, name) for name in _WHY.members if name not in {"reason", "at"}}
    return Answer({"reason": said.letter["reason"], "at": said.at.isoformat() if said.at else None, **facts})


def _resent(call: Call) -> Answer:
    _mine(call)
    again = messages.resend(call.conn, call.trust, call.at["id"], call.now)
    return Answer(_row(messages.message(call.conn, call.trust, again)))


def _mine(call: Call) -> None:
    """Raise `Missing` for a message that is not of an organisation in the caller's reach."""
    if messages.message(call.conn, call.trust, call.at["id"])["organisation"] not in call.reach(*READERS):
        raise Missing("There is no such message.")


def _row(row: RowMapping) -> dict[str, Any]:
    plain = {name: row[name] for name in _MESSAGE.members if name not in {"queued_at", "sent_at"}}
    sent = row["sent_at"].isoformat() if row["sent_at"] else None
    return {**plain, "queued_at": row["queued_at"].isoformat(), "sent_at": sent}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/messages",
        _listed,
        by=READERS,
        query={**PAGED, **_FILTERS},
        gives=list_of(_MESSAGE),
        says="The messages of your organisations, the newest first.",
    ),
    Operation(
        "GET",
        "/messages/<id>/why",
        _why,
        by=READERS,
        gives=_WHY,
        says="Why somebody got this message; what caused it may be “hidden” from you.",
    ),
    Operation(
        "POST",
        "/messages/<id>/resend",
        _resent,
        by=READERS,
        gives=_MESSAGE,
        says="Send it again; answers the one that will go.",
    ),
)
