"""`preceptor why`: the causal chain behind a status, a message or a colour, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import click
from sqlalchemy import Connection, RowMapping, Select, Table, and_, or_, select

from engine import why as reasons
from engine.errors import Missing
from engine.letters import Subject
from engine.machine import plain
from engine.tables import journal as journal_table
from engine.tables import outbox
from engine.transaction import Engine
from engine.why import Answer, Fact
from workflows.commands.report import as_json, engine_of, say
from workflows.competence import reasons as colours
from workflows.competence.web import today_of
from workflows.people.tables import persons

_KINDS: Final = ("message", "enrolment", "person", "applicant", "transfer", "class")


@click.command()
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("identifier")
@click.option("--notice", help="Why did this notice about it not go?")
@click.option("--competence", help="Of a person: why has this competence its colour?")
@as_json
@click.pass_context
def why(  # noqa: PLR0913 - one parameter an option
    context: click.Context, kind: str, identifier: str, notice: str | None, competence: str | None, *, wants_json: bool
) -> int:
    """Say in plain words why a message was sent, or why something stands as it does; exit 1 where that is unknown."""
    engine = engine_of(context)
    with engine.reading() as connection:
        if kind == "person" and competence is None:
            moves = [_told(event) for event in _about_person(engine, connection, identifier)]
            say(moves, [event["sentence"] for event in moves], wants_json=wants_json)
            return 0
        said = _answer(engine, connection, kind, identifier, notice or competence)
    say(_document(said), _lines(said), wants_json=wants_json)
    return 0 if said.known else 1


def _answer(engine: Engine, connection: Connection, kind: str, identifier: str, wanted: str | None) -> Answer:
    if kind == "message":
        return reasons.letter(engine, connection, _one(connection, outbox, identifier).trust, identifier)
    if kind == "person":
        trust = _one(connection, persons, identifier).trust
        return colours.colour(connection, trust, identifier, wanted or "", today_of(engine))
    trust = _one(connection, engine.kept(kind)[1].table, identifier).trust
    subject = Subject(kind=kind, trust=trust, id=identifier)
    if wanted:
        return reasons.silence(engine, connection, subject, wanted)
    return reasons.state(engine, connection, subject)


def _document(said: Answer) -> dict[str, Any]:
    facts = [{"at": fact.at, "sentence": fact.sentence, "evidence": _where(fact)} for fact in said.facts]
    return {"question": said.question, "answer": said.answer, "known": said.known, "facts": facts}


def _lines(said: Answer) -> Iterator[str]:
    yield said.question
    yield said.answer
    for fact in said.facts:
        at = f"{fact.at:%Y-%m-%d %H:%M}" if fact.at else ""
        yield f"  {at:<17}{fact.sentence}{f' [{_where(fact)}]' if fact.evidence else ''}"


def _where(fact: Fact) -> str | None:
    """Name the evidence of a fact: KIND/ID, and the row of the journal where it is one."""
    if fact.evidence is None:
        return None
    row = f"/{fact.evidence.move}" if fact.evidence.move else ""
    return f"{fact.evidence.kind}/{fact.evidence.id}{row}"


def _one(connection: Connection, table: Any, identifier: str) -> Any:
    row = connection.execute(select(table).where(table.c.id == identifier)).one_or_none()
    if row is None:
        raise Missing(f"There is no record {identifier}.")
    return row


def _about_person(engine: Engine, connection: Connection, identifier: str) -> Sequence[RowMapping]:
    """Return the moves of every subject that is about a person, oldest first."""
    person = _one(connection, persons, identifier)
    theirs = or_(
        *(
            and_(journal_table.c.kind == kind, journal_table.c.subject.in_(_ids_of(keep.table, person)))
            for kind, (_workflow, keep) in engine.keeps.items()
            if "person" in keep.table.c
        )
    )
    order = (journal_table.c.at, journal_table.c.kind, journal_table.c.subject, journal_table.c.revision)
    chosen = select(journal_table).where(journal_table.c.trust == person.trust, theirs).order_by(*order)
    return connection.execute(chosen).mappings().all()


def _ids_of(table: Table, person: Any) -> Select[Any]:
    return select(table.c.id).where(table.c.trust == person.trust, table.c.person == person.id)


def _told(event: RowMapping) -> dict[str, Any]:
    because = f", because of {event['because']}" if event["because"] else ""
    came = plain(event["source"]) if event["source"] else "new"
    moved = f"{event['kind']} {event['subject']}: {came} → {plain(event['target'])}"
    named = ("kind", "subject", "revision", "step", "trigger", "source", "target", "actor", "at", "because")
    return {
        **{name: event[name] for name in named},
        "sentence": f"{event['at']:%Y-%m-%d %H:%M} {moved} "
        f"({event['step']}, {plain(event['trigger'])} by {event['actor']}{because})",
    }
