"""Reminds, night by night, of competences that come to their end (catalogue P05): set-based, and each only once.

A night looks at the awards whose last day crosses one of the moments since the night before, by an index. The key of
a reminder (person, competence, last day, moment) is unique, so that any number of schedulers may run, and a learner
gets one however many posts require it. Whether it is still true is asked again when it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, RowMapping, and_, select
from sqlalchemy.dialects import postgresql, sqlite

from engine import posting
from engine.letters import Recipient
from engine.roles.directory_tables import organisations
from engine.transaction import Engine, Predicate, Transaction
from engine.wording.notices import ENGLISH
from workflows.competence import reminding, store
from workflows.competence.records import AwardState
from workflows.competence.reminding import Ending, Reminding, Stage
from workflows.competence.tables import awards, competences, reminder_nights, reminders
from workflows.people.tables import persons

REMIND: Final = "remind-of-expiries"
_LONDON: Final = ZoneInfo("Europe/London")
_BATCH: Final = 500
_KEY: Final = (reminders.c.person, reminders.c.competence, reminders.c.ends_on, reminders.c.stage)
_Due = tuple[Stage, Row[Any]]


def remind(engine: Engine, told: Reminding) -> int:
    """Queue the reminders of tonight, and of nights that were missed, for every trust; return how many."""
    with engine.reading() as connection:
        trusts = connection.scalars(select(organisations.c.id).where(organisations.c.parent.is_(None))).all()
    return sum(_of_trust(engine, trust, told) for trust in trusts)


def _of_trust(engine: Engine, trust: str, told: Reminding) -> int:
    today = engine.clock().astimezone(_LONDON).date()
    with engine.reading() as connection:
        due = list(_due(connection, trust, told, today))
    queued = 0
    for first in range(0, len(due), _BATCH):
        with engine.transaction() as tx:
            queued += _queue(tx, trust, told, due[first : first + _BATCH])
    with engine.transaction() as tx:
        _done(tx.connection, trust, today)
    return queued


def _due(connection: Connection, trust: str, told: Reminding, today: date) -> Iterator[_Due]:
    """Yield each award that crosses a moment tonight, with the most urgent of those that it crosses."""
    done = select(reminder_nights.c.through).where(reminder_nights.c.trust == trust)
    before = reminding.since(connection.execute(done).scalar_one_or_none(), today)
    seen: set[str] = set()
    for stage in told.stages:
        for row in connection.execute(_crossing(trust, stage.reaches(before), stage.reaches(today))):
            if row.id not in seen:
                seen.add(row.id)
                yield stage, row


def _crossing(trust: str, after: date, until: date) -> Any:
    on_person = and_(persons.c.trust == awards.c.trust, persons.c.id == awards.c.person)
    on_competence = and_(competences.c.trust == awards.c.trust, competences.c.id == awards.c.competence)
    return (
        select(
            awards.c.id,
            awards.c.revision,
            awards.c.competence,
            awards.c.person,
            awards.c.ends_on,
            persons.c.name,
            persons.c.email,
            persons.c.organisation,
            persons.c.language,
            competences.c.name.label("competence_name"),
        )
        .join(persons, on_person)
        .join(competences, on_competence)
        .where(awards.c.trust == trust, awards.c.state == AwardState.HELD)
        .where(awards.c.ends_on > after, awards.c.ends_on <= until)
        .order_by(awards.c.ends_on, awards.c.id)
    )


def _queue(tx: Transaction, trust: str, told: Reminding, due: Sequence[_Due]) -> int:
    """Write down who is reminded of what, and queue the letters of those who were not yet."""
    needs = store.needs(tx.connection, trust, {row.person for _stage, row in due})
    endings = [(stage, _ending(trust, row, row.competence in needs[row.person])) for stage, row in due]
    wanted = [(stage, one) for stage, one in endings if one.required or told.not_required]
    fresh = _noted(tx, trust, wanted) if wanted else set()
    letters = [
        (reminding.letter(one, stage, told.origin), one.revision)
        for stage, one in wanted
        if (one.holder.person, one.competence, stage.name) in fresh
    ]
    if letters:
        posting.post(tx.connection, letters, tx.now, tx.engine.reply_domain)
    return len(letters)


def _noted(tx: Transaction, trust: str, wanted: Sequence[tuple[Stage, Ending]]) -> set[tuple[str | None, str, str]]:
    insert = sqlite.insert if tx.connection.dialect.name == "sqlite" else postgresql.insert
    rows = [
        {
            "trust": trust,
            "person": one.holder.person,
            "competence": one.competence,
            "ends_on": one.ends_on,
            "stage": stage.name,
            "at": tx.now,
        }
        for stage, one in wanted
    ]
    noting = insert(reminders).on_conflict_do_nothing().returning(*_KEY)
    return {(row.person, row.competence, row.stage) for row in tx.connection.execute(noting, rows)}


def _done(connection: Connection, trust: str, today: date) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    noting = insert(reminder_nights).values(trust=trust, through=today)
    connection.execute(noting.on_conflict_do_update(index_elements=["trust"], set_={"through": today}))


def _ending(trust: str, row: Row[Any], required: bool) -> Ending:  # noqa: FBT001 - it is a field
    return Ending(
        trust=trust,
        award=row.id,
        revision=row.revision,
        holder=Recipient(name=row.name, email=row.email, person=row.person, language=row.language or ENGLISH),
        organisation=row.organisation,
        competence=row.competence,
        competence_name=row.competence_name,
        ends_on=row.ends_on,
        required=required,
    )


def still_held(connection: Connection, letters: Sequence[RowMapping]) -> set[str]:
    """Return the ids of the reminders whose award is held and ends on the day that they name."""
    ends: dict[tuple[str, str], date | None] = {}
    for trust, asked in _by_trust(letters).items():
        chosen = select(awards.c.id, awards.c.ends_on).where(
            awards.c.trust == trust,
            awards.c.id.in_({letter["subject"] for letter in asked}),
            awards.c.state == AwardState.HELD,
        )
        ends.update({(trust, row.id): row.ends_on for row in connection.execute(chosen)})
    return {letter["id"] for letter in letters if ends.get((letter["trust"], letter["subject"])) == _ends_on(letter)}


def held_and_required(connection: Connection, letters: Sequence[RowMapping]) -> set[str]:
    """Return those of them whose competence a post of the learner requires."""
    held = still_held(connection, letters)
    needs = {
        trust: store.needs(connection, trust, {letter["person"] for letter in asked})
        for trust, asked in _by_trust(letters).items()
    }
    return {
        letter["id"]
        for letter in letters
        if letter["id"] in held
        and letter["relevant"]["facts"]["competence"] in needs[letter["trust"]].get(letter["person"], ())
    }


def _by_trust(letters: Sequence[RowMapping]) -> Mapping[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = {}
    for letter in letters:
        found.setdefault(letter["trust"], []).append(letter)
    return found


def _ends_on(letter: RowMapping) -> date:
    return date.fromisoformat(letter["relevant"]["facts"]["ends_on"])


PREDICATES: Final[Mapping[str, Predicate]] = {
    reminding.HELD_AND_REQUIRED: held_and_required,
    reminding.STILL_HELD: still_held,
}
