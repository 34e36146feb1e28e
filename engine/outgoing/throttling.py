"""No more than so many messages a minute go to one domain, however many workers there are; the others go on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, RowMapping, delete
from sqlalchemy.dialects import postgresql, sqlite

from engine.outgoing_settings import Outgoing
from engine.roles.directory_tables import rates

MINUTE: Final = timedelta(minutes=1)
_LONGEST: Final = 150
_KEPT: Final = timedelta(hours=1)


def domain(letter: RowMapping) -> str:
    """Return the domain to which a letter goes."""
    return str(letter["email"].rpartition("@")[2].lower()[:_LONGEST])


def limited(letters: Sequence[RowMapping], outgoing: Outgoing) -> Mapping[str, Sequence[RowMapping]]:
    """Return by domain the letters to domains that take only so many a minute."""
    found: dict[str, list[RowMapping]] = defaultdict(list)
    for letter in letters:
        if outgoing.most(domain(letter)) is not None:
            found[domain(letter)].append(letter)
    return found


def late(
    connection: Connection, wanted: Mapping[str, Sequence[RowMapping]], now: datetime, outgoing: Outgoing
) -> Mapping[str, datetime]:
    """Count letters that are about to go, and return by id until when those wait that are too many this minute.

    They are spread over the minutes to come, so that a backlog is not leased again every minute as a whole.
    """
    minute = now.replace(second=0, microsecond=0)
    until: dict[str, datetime] = {}
    for name, letters in sorted(wanted.items()):
        most = outgoing.most(name) or len(letters)
        first = _counted(connection, name, minute, len(letters)) - len(letters)
        places = ((first + number) // most for number in range(len(letters)))
        until |= {one["id"]: minute + place * MINUTE for one, place in zip(letters, places, strict=True) if place}
    return until


def sentence(letter: RowMapping, outgoing: Outgoing) -> str:
    """Say why a letter waits."""
    there = domain(letter)
    return f"It waits its turn, for no more than {outgoing.most(there)} messages a minute go to {there}."


def _counted(connection: Connection, name: str, minute: datetime, more: int) -> int:
    inserting = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    bucket = f"mail:{name}"
    connection.execute(delete(rates).where(rates.c.bucket == bucket, rates.c.window < minute - _KEPT))
    first = inserting(rates).values(bucket=bucket, window=minute, hits=more)
    again = first.on_conflict_do_update(index_elements=["bucket", "window"], set_={"hits": rates.c.hits + more})
    return int(connection.execute(again.returning(rates.c.hits)).scalar_one())
