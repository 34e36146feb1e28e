"""Reads a mail that was kept, and acts on it once: all that follows is one commit with the mark that it was read.

A worker that is killed in between leaves the mail as it was, and the next one begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, select

from engine.errors import Decided, EngineError, Invalid, Missing, NotAllowed, NotDeclared, Refused
from engine.mailroom import absent, acting, child, decisions, meetings, returned, store
from engine.mailroom.acting import Act, House, Mail
from engine.mailroom.records import Found, Kind, Outcome, State
from engine.return_addresses import Use
from engine.tables import invitations, outbox
from engine.transaction import Engine, Transaction

ACTS: Final[Sequence[Act]] = (returned.act, meetings.act, absent.act, decisions.act)
"""Who looks at a mail, in this order: the first that knows what it is acts on it."""

AGAIN: Final = "It has the same Message-ID as one that came before, so that nothing was done again."
_NO: Final = (Refused, NotAllowed, NotDeclared, Missing, Invalid, Decided)
_log = logging.getLogger(__name__)


def read(
    engine: Engine,
    house: House,
    identifier: str,
    apart: Callable[[bytes], Found] = child.apart,
    acts: Sequence[Act] = ACTS,
) -> Outcome | None:
    """Read one mail and act on it; None where it was read already. `apart` reads its bytes, in a child process."""
    with engine.reading() as connection:
        row = store.unread(connection, identifier)
    if row is None:
        return None
    found = apart(row["raw"])
    try:
        return _acted(engine, house, identifier, found, acts)
    except _NO as refusal:
        return _refused(engine, identifier, found, refusal)


def _acted(engine: Engine, house: House, identifier: str, found: Found, acts: Sequence[Act]) -> Outcome | None:
    with engine.transaction() as tx:
        row = store.unread(tx.connection, identifier, lock=True)
        if row is None:
            return None
        mark = store.once(row, found)
        mail = Mail(row=row, found=found, letter=_letter(tx.connection, row))
        if store.came_before(tx.connection, mark):
            outcome, mark = mail.outcome(State.DONE, Kind.OTHER, AGAIN), ""
        else:
            outcome = _first(tx, house, mail, acts) or acting.leave(mail)
        store.settle(tx.connection, row, found, outcome, mark or None, tx.now)
    _log.info("mail read id=%s kind=%s state=%s", identifier, outcome.kind, outcome.state)
    return outcome


def _first(tx: Transaction, house: House, mail: Mail, acts: Sequence[Act]) -> Outcome | None:
    for act in acts:
        outcome = act(tx, house, mail)
        if outcome is not None:
            return outcome
    return None


def _refused(engine: Engine, identifier: str, found: Found, refusal: EngineError) -> Outcome | None:
    """Leave what was refused to a person, with the reason; nothing else of it was kept."""
    with engine.transaction() as tx:
        row = store.unread(tx.connection, identifier, lock=True)
        if row is None:
            return None
        mail = Mail(row=row, found=found, letter=_letter(tx.connection, row))
        outcome = mail.outcome(State.PERSON, Kind.OTHER, f"Nothing was done: {refusal.sentence}")
        store.settle(tx.connection, row, found, outcome, store.once(row, found), tx.now)
    return outcome


def _letter(connection: Connection, row: RowMapping) -> RowMapping | None:
    """Return the letter of ours whose address a mail came to; of a meeting the last one."""
    if row["use"] == Use.CLASSES:
        tagged = (invitations.c.trust == row["trust"], invitations.c.tag == row["name"])
        uid = connection.execute(select(invitations.c.uid).where(*tagged)).scalar_one_or_none()
        mine: Any = (outbox.c.trust == row["trust"], outbox.c.uid == uid)
    else:
        mine = (outbox.c.trust == row["trust"], outbox.c.id == row["name"])
    query = select(outbox).where(*mine).order_by(outbox.c.id.desc()).limit(1)
    return connection.execute(query).mappings().first() if row["name"] else None
