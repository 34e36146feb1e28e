"""Why a competence has its colour for somebody, in plain words, with the requirement and the award behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, select

from engine.errors import Missing
from engine.roles.directory_tables import organisations
from engine.why import Answer, Evidence, Fact
from workflows.competence import award, store
from workflows.competence.compliance import AMBER_MONTHS, Colour
from workflows.competence.store import ProfileLine
from workflows.competence.tables import requirements
from workflows.people import store as people
from workflows.people.records import AssignmentStatus

_BECAUSE: Final = {
    Colour.RED: "it is required and {standing}",
    Colour.AMBER: "it is required and {standing}, which is within the next {months} months",
    Colour.GREEN: "it is required and {standing}",
    Colour.BLUE: "{standing} and no post of theirs requires it",
}


def colour(connection: Connection, trust: str, person: str, competence: str, today: date) -> Answer:
    """Return why a competence of a person is red, amber, green or blue; raises `Missing` where it is neither."""
    lines = store.profiles(connection, trust, [person], today)[person]
    line = next((one for one in lines if one.competence.id == competence), None)
    if line is None:
        raise Missing("This person neither holds this competence nor has a post that requires it.")
    said = _BECAUSE[line.colour].format(standing=_standing(line, today), months=AMBER_MONTHS)
    return Answer(
        question=f"Why is {line.competence.name} {line.colour.lower()}?",
        answer=f"It is {line.colour.lower()} today, {today:%-d %B %Y}, because {said}.",
        facts=(*_required(connection, trust, person, competence), *_held(line), *_next(line, today)),
    )


def _standing(line: ProfileLine, today: date) -> str:
    if line.award is None:
        return "it is not held"
    if line.ends_on is None:
        return "it is held without an end"
    if line.ends_on < today:
        return f"it was valid only until {line.ends_on:%-d %B %Y}"
    return f"it is valid until {line.ends_on:%-d %B %Y}"


def _required(connection: Connection, trust: str, person: str, competence: str) -> Iterator[Fact]:
    """Yield each post that requires it, with the organisation that says so; or that none does."""
    posts = [
        post
        for post in people.assignments_of(connection, trust, [person]).get(person, ())
        if post.status is AssignmentStatus.ACTIVE
    ]
    ways = people.ways_up(connection, trust, {post.organisation for post in posts})
    query = (
        select(requirements.c.organisation, organisations.c.name)
        .join(organisations, organisations.c.id == requirements.c.organisation)
        .where(requirements.c.trust == trust, organisations.c.trust == trust, requirements.c.competence == competence)
    )
    where = {row.organisation: row.name for row in connection.execute(query)}
    found = [(post.position, where[one]) for post in posts for one in ways[post.organisation] if one in where]
    for position, place in found:
        yield Fact(sentence=f"The post {position} requires it, because {place} does.")
    if not found:
        yield Fact(sentence="No post that this person works in requires it.")


def _held(line: ProfileLine) -> Iterator[Fact]:
    if line.award is None:
        yield Fact(sentence="No award of it is held. What came earlier and was superseded or ended does not count.")
        return
    until = f"until {line.ends_on:%-d %B %Y}, that day included" if line.ends_on else "without an end"
    since = f"{line.starts_on:%-d %B %Y}" if line.starts_on else "an unknown day"
    evidence = Evidence(kind=award.KIND, id=line.award)
    yield Fact(sentence=f"It is held from {since} {until}.", evidence=evidence)


def _next(line: ProfileLine, today: date) -> Iterator[Fact]:
    """Say when the colour changes by itself."""
    if not line.required or line.ends_on is None or line.ends_on < today:
        return
    amber = line.ends_on - relativedelta(months=AMBER_MONTHS)
    if line.colour is Colour.GREEN:
        yield Fact(sentence=f"If nothing else happens it turns amber about {amber:%-d %B %Y}.")
    yield Fact(sentence=f"If nothing else happens it turns red the day after {line.ends_on:%-d %B %Y}.")
