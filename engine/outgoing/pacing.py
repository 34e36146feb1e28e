"""Which leased letters do not go now: their reader chose so, or it is not an hour for mail where the reader is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, select

from engine import calendar, outgoing_settings, rehearsals
from engine.letters import OLD_START
from engine.outgoing import digests
from engine.outgoing.outbox import WITH_A_LINK, standing
from engine.outgoing_settings import Hours, Outgoing
from engine.outgoing_tables import mail_choices, mail_zones
from engine.posting import HELD
from engine.tables import outbox
from engine.wording import styles, terms
from engine.wording.styles import Style
from engine.wording.terms import Pace

ZONE: Final = "Europe/London"
SOON: Final = timedelta(hours=24)
AT_ONCE: Final = frozenset({WITH_A_LINK, rehearsals.KIND})
"""What its reader asked for a moment ago."""
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Until when a letter waits, and why; with the day's `digest` that takes it along, where one does."""

    until: datetime
    sentence: str
    digest: digests.Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """By id: the letters that their reader does not want, with the sentence that says so, and those that wait."""

    unwanted: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, Wait] = field(default_factory=dict)


def pace(
    connection: Connection,
    letters: Sequence[RowMapping],
    now: datetime,
    outgoing: Outgoing,
    looks: Mapping[Key, Style] | None = None,
) -> Paced:
    """Say which of these letters do not go now, in a few statements for all of them.

    `looks` are the styles of their organisations, where somebody has looked them up already.
    """
    if looks is None:
        looks = styles.applying(connection, {(letter["trust"], letter["organisation"]) for letter in letters})
    known = _Known(connection, letters, outgoing, looks)
    unwanted, waits = {}, {}
    for letter in (one for one in letters if one["kind"] not in AT_ONCE):
        chosen = known.pace(letter)
        if chosen is not None and chosen[0] is Pace.NONE:
            unwanted[letter["id"]] = _unwanted(letter, chosen[1])
        elif chosen is not None and chosen[0] is Pace.DIGEST:
            waits[letter["id"]] = _for_the_digest(letter, now, known.zone(letter), outgoing)
        elif wait := _for_the_hours(letter, now, known):
            waits[letter["id"]] = wait
    for name in set(_pressed(connection, letters, waits, now)):
        del waits[name]
    due = digests.standing(connection, [letter for letter in letters if letter["id"] in waits])
    again = {name: replace(wait, until=now + digests.GRACE, digest=None) for name, wait in waits.items() if wait.digest}
    return Paced(unwanted=unwanted, waits=waits | {name: again[name] for name in due & again.keys()})


class _Known:
    """What readers chose, where they are, and which hours their organisations keep."""

    def __init__(
        self,
        connection: Connection,
        letters: Sequence[RowMapping],
        outgoing: Outgoing,
        looks: Mapping[Key, Style],
    ) -> None:
        keys = {(letter["trust"], letter["person"]) for letter in letters if letter["person"]}
        self._hours = outgoing.hours
        self._styles = looks
        self._chosen = _chosen(connection, [one for one in letters if one["person"] and not terms.fixed(one)])
        asked = self._chosen or outgoing.hours or any(style.hours for style in self._styles.values())
        self._zones = zones(connection, keys) if asked else {}

    def pace(self, letter: RowMapping) -> tuple[Pace, datetime] | None:
        return None if terms.fixed(letter) else self._chosen.get((letter["trust"], letter["person"], letter["notice"]))

    def zone(self, letter: RowMapping) -> str:
        return self._zones.get((letter["trust"], letter["person"]), ZONE)

    def hours(self, letter: RowMapping) -> Hours | None:
        style = self._styles.get((letter["trust"], letter["organisation"]))
        return outgoing_settings.hours(style.hours) if style and style.hours else self._hours


def zones(connection: Connection, keys: set[Key]) -> Mapping[Key, str]:
    """Return the time zones of those of these people who named one, by (trust, person)."""
    if not keys:
        return {}
    mine = (
        mail_zones.c.trust.in_({trust for trust, _person in keys}),
        mail_zones.c.person.in_({person for _trust, person in keys}),
    )
    return {(row.trust, row.person): row.zone for row in connection.execute(select(mail_zones).where(*mine))}


def _chosen(
    connection: Connection, letters: Sequence[RowMapping]
) -> Mapping[tuple[str, str, str], tuple[Pace, datetime]]:
    if not letters:
        return {}
    mine = (
        mail_choices.c.trust.in_({letter["trust"] for letter in letters}),
        mail_choices.c.person.in_({letter["person"] for letter in letters}),
        mail_choices.c.pace != Pace.EACH,
    )
    rows = connection.execute(select(mail_choices).where(*mine))
    return {(row.trust, row.person, row.notice): (_allowed(row.notice, row.pace), row.changed_at) for row in rows}


def _allowed(notice: str, pace: str) -> Pace:
    """Return what was chosen, or the least that a notice allows by now."""
    choices = terms.of(notice).choices
    return Pace(pace) if pace in choices else choices[-1]


def _unwanted(letter: RowMapping, since: datetime) -> str:
    return f"Not sent, for on {calendar.moment(since, ZONE)} {letter['name']} chose not to get this kind of e-mail."


def _for_the_digest(letter: RowMapping, now: datetime, zone: str, outgoing: Outgoing) -> Wait:
    day = digests.next_day(letter, now, zone, outgoing.digest_at)
    return Wait(until=day.at + digests.GRACE, sentence=_in_the_digest(letter, day.at, zone), digest=day)


def _in_the_digest(letter: RowMapping, at: datetime, zone: str) -> str:
    chosen = f"for {letter['name']} chose to get this kind of e-mail once a day"
    return f"It goes in the daily digest of {calendar.moment(at, zone)}, {chosen}."


def _for_the_hours(letter: RowMapping, now: datetime, known: _Known) -> Wait | None:
    hours = known.hours(letter)
    zone = known.zone(letter)
    opening = hours.opening(now, ZoneInfo(zone)) if hours else None
    if hours is None or opening is None or _urgent(letter, now, opening):
        return None
    why = f"because mail to {letter['name']} goes {hours.words} ({zone})"
    return Wait(until=opening, sentence=f"{HELD} {calendar.moment(opening, zone)}, {why}.")


def _pressed(
    connection: Connection, letters: Sequence[RowMapping], waits: Mapping[str, Wait], now: datetime
) -> Iterator[str]:
    """Yield the letters held by hours behind which stands one about the same meeting that cannot wait.

    Those of one meeting go in order, so that the later one would wait with it.
    """
    held = {(one["trust"], one["uid"]): one["id"] for one in letters if one["id"] in waits and one["uid"]}
    if not held:
        return
    its = (outbox.c.trust.in_({trust for trust, _uid in held}), outbox.c.uid.in_([uid for _trust, uid in held]))
    for row in connection.execute(select(outbox).where(standing(outbox), *its)).mappings():
        before = held.get((row["trust"], row["uid"]))
        if before and before != row["id"] and _urgent(row, now, waits[before].until):
            yield before


def _urgent(letter: RowMapping, now: datetime, opening: datetime) -> bool:
    return terms.of(letter["notice"]).urgent or _begins(letter, now, opening + SOON)


def _begins(letter: RowMapping, since: datetime, until: datetime) -> bool:
    """Say whether what a letter is about begins, or was to begin, so soon that it cannot wait."""
    context = letter["context"]
    starts = (letter["invitation"] or context).get("start"), context.get(OLD_START)
    try:
        return any(since <= calendar.instant(str(start)) < until for start in starts if start)
    except ValueError:
        return False
