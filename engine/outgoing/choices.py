"""What somebody chose of their mail: how each kind of message comes, and the time zone in which a day is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import Invalid
from engine.outgoing import digests, pacing
from engine.outgoing_tables import mail_choices, mail_zones
from engine.wording import terms
from engine.wording.terms import Pace

_AREAS: Final = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


def chosen(connection: Connection, trust: str, person: str) -> Mapping[str, Pace]:
    """Return by notice how somebody gets it; each comes as it goes where they chose nothing."""
    mine = (mail_choices.c.trust == trust, mail_choices.c.person == person)
    said = {row.notice: row.pace for row in connection.execute(select(mail_choices).where(*mine))}
    return {name: _allowed(name, said.get(name, Pace.EACH)) for name in terms.choosable()}


def choose(connection: Connection, trust: str, person: str, paces: Mapping[str, Pace], now: datetime) -> Sequence[str]:
    """Write down what somebody chose, and return the notices of which that is new; what waits follows it at once.

    Raises `Invalid` for less than a notice allows.
    """
    before = chosen(connection, trust, person)
    for name, pace in paces.items():
        if pace not in terms.of(name).choices or name not in before:
            raise Invalid("This kind of message cannot be switched off.", notice=name)
    changed = [name for name, pace in paces.items() if before[name] is not pace]
    if changed:
        rows = [
            {"trust": trust, "person": person, "notice": name, "pace": paces[name], "changed_at": now}
            for name in changed
        ]
        inserting = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        adding = inserting(mail_choices).values(rows)
        again = {"pace": adding.excluded.pace, "changed_at": adding.excluded.changed_at}
        key = ["trust", "person", "notice"]
        connection.execute(adding.on_conflict_do_update(index_elements=key, set_=again))
        digests.let_go(connection, trust, person, changed, now)
    return changed


def zone(connection: Connection, trust: str, person: str) -> str:
    """Return somebody's time zone."""
    return pacing.zones(connection, {(trust, person)}).get((trust, person), pacing.ZONE)


def set_zone(connection: Connection, trust: str, person: str, name: str) -> None:
    """Write down somebody's time zone. Raises `Invalid` for what is none."""
    if name not in zones():
        raise Invalid("There is no such time zone.", field="zone")
    connection.execute(delete(mail_zones).where(mail_zones.c.trust == trust, mail_zones.c.person == person))
    if name != pacing.ZONE:
        connection.execute(mail_zones.insert().values(trust=trust, person=person, zone=name))


def zones() -> Sequence[str]:
    """Return the time zones that somebody may name, in order."""
    return sorted(name for name in available_timezones() if name.startswith(_AREAS))


def _allowed(notice: str, pace: str) -> Pace:
    choices = terms.of(notice).choices
    return Pace(pace) if pace in choices else choices[-1]
