"""Out-of-office replies to a letter that asks: they suggest an absence to whoever sent them, and set none."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from engine import calendar
from engine.mailroom import automatic
from engine.mailroom.acting import House, Mail
from engine.mailroom.records import Kind, Outcome, State
from engine.roles import absences
from engine.roles.directory_tables import accounts
from engine.transaction import Transaction

_ZONE: Final = "Europe/London"
_NOTHING_NEW: Final = "It says that its sender is away, which is known, or suggested to them already."
_SOMEBODY_ELSE: Final = "It says that somebody is away, but not the one who was asked."


def act(tx: Transaction, _house: House, mail: Mail) -> Outcome | None:
    """Suggest an absence to whoever was asked; None where it is no out-of-office reply to a letter that asks."""
    letter = mail.letter
    if not mail.found.away or letter is None or not letter["account"] or not letter["approval"]:
        return None
    mine = (accounts.c.trust == letter["trust"], accounts.c.id == letter["account"], accounts.c.active)
    address = tx.connection.execute(select(accounts.c.email).where(*mine)).scalar_one_or_none()
    if not address or address.lower() != mail.found.from_address:
        return mail.outcome(State.DONE, Kind.ABSENCE, _SOMEBODY_ELSE)
    ends_at = automatic.until(f"{mail.found.subject}\n{mail.found.text}", tx.now)
    made = absences.suggest(
        tx.connection,
        trust=letter["trust"],
        account=letter["account"],
        source=f"mail/{mail.row['id']}",
        now=tx.now,
        ends_at=ends_at,
    )
    if made is None:
        return mail.outcome(State.DONE, Kind.ABSENCE, _NOTHING_NEW)
    when = f"until {calendar.moment(ends_at, _ZONE)}" if ends_at else "for a time that it does not say"
    return mail.outcome(State.DONE, Kind.ABSENCE, f"Its sender is away {when}: an absence was suggested to them.")
