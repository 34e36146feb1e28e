"""Sends a test of what was typed to whoever typed it, at the address of their own account and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import url_for
from sqlalchemy import Connection, select

from engine import rehearsals, template_keep
from engine.errors import Refused
from engine.identifiers import new_id
from engine.letters import Recipient, Subject
from engine.roles.directory_tables import accounts
from engine.tables import outbox
from engine.transaction import Engine
from engine.web import dates, rates
from engine.web.template_sheet import Sheet
from engine.web.visitors import Visitor
from engine.wording import notices

_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A test on its way: what is said of it, and the page that tells how it went."""

    sentence: str
    address: str


def send(engine: Engine, here: Visitor, organisation: str, sheet: Sheet) -> Sent:
    """Queue a test, filled in with the sample that is shown (the usual one instead of a real letter).

    Raises `Refused` for more than twenty in a quarter of an hour.
    """
    sample = notices.USUAL if sheet.person.real else sheet.person.chosen
    with engine.transaction(here.actor) as tx:
        _require_few(tx.connection, here, engine)
        to = _self(tx.connection, here)
        subject = Subject(kind=rehearsals.KIND, trust=here.trust, id=new_id(tx.now))
        tx.post(
            [
                rehearsals.letter(
                    sheet.notice.name,
                    sheet.source,
                    sample,
                    to=to,
                    account=here.actor.id,
                    subject=subject,
                    organisation=template_keep.home_of(tx.connection, here.trust, organisation),
                )
            ]
        )
        queued = (outbox.c.trust == here.trust, outbox.c.kind == subject.kind, outbox.c.subject == subject.id)
        letter = tx.connection.execute(select(outbox.c.id).where(*queued)).scalar_one()
    sentence = (
        f"A test was queued on {dates.moment(tx.now)} for {to.email}, with “{rehearsals.MARK.strip()}” before its "
        "subject. Nothing is saved by it, and no figure counts it."
    )
    return Sent(sentence=sentence, address=url_for("messages.message", id=letter))


def _require_few(connection: Connection, here: Visitor, engine: Engine) -> None:
    if rates.hit(connection, rates.bucket("test", f"{here.trust}/{here.actor.id}"), engine.clock()) > _MOST:
        raise Refused(f"You sent {_MOST} tests in a quarter of an hour. Wait a little before the next one.")


def _self(connection: Connection, here: Visitor) -> Recipient:
    """Return the visitor's own account as who gets it; no form can name anybody else."""
    mine = (accounts.c.trust == here.trust, accounts.c.id == here.actor.id)
    row = connection.execute(select(accounts.c.name, accounts.c.email).where(*mine)).one()
    return Recipient(name=row.name, email=row.email, person=here.actor.person)
