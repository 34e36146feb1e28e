"""A trust for tests of the workflows: two directorates, a dozen people, a class, an e-learning; all bear names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from engine.letters import Subject
from engine.machine import Actor
from engine.roles import directory
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import journal, outbox
from engine.transaction import Engine
from workflows import wiring
from workflows.competence import store as competence_store
from workflows.competence.records import Competence, Requirement, framework_of
from workflows.learning import catalogue, effects
from workflows.learning.records import Delivery, Offering
from workflows.learning.tables import courses, enrolments
from workflows.people import store as people
from workflows.people.records import Assignment, AssignmentStatus, Person, Site

TRUST, SURGERY, MEDICINE = "northshire", "surgery", "medicine"
SITE = Site(origin="https://learn.northshire.example", domain="learn.northshire.example")
FIRE = "NHS|CSTF|Fire Safety - 1 Year|"
MOVING = "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|"
CAKE = "331|LOCAL|Cake Stall - 1 Year|"
HELEN = Actor(
    id="acc-helen",
    name="Helen Marsh",
    person="helen",
    grants=frozenset({("learning-administrator", TRUST), ("recruiter", TRUST)}),
)
WREN = Actor(id="acc-wren", name="Wren Hall", person="wren", grants=frozenset({("stat-and-mand", SURGERY)}))
TOM = Actor(id="acc-tom", name="Tom Reid", person="tom", grants=frozenset({("stat-and-mand", TRUST)}))


def learner(name: str) -> Actor:
    """Return a person's own account, which holds nothing."""
    return Actor(id=f"acc-{name}", name=name.capitalize(), person=name)


def as_person(actor: Actor, person: str) -> Actor:
    """Return the same account as that of another person."""
    return replace(actor, person=person)


def engine_on(url: str, clock: Any) -> Engine:
    """Put the workflows over a database."""
    return Engine(
        database=database.connect(url),
        keeps=wiring.keeps(SITE),
        handlers=wiring.HANDLERS,
        predicates=wiring.PREDICATES,
        clock=clock,
        reply_domain=SITE.domain,
    )


def found(engine: Engine, clock: Any, names: tuple[str, ...] = ("ann", "bob", "cat", "dan", "eve")) -> None:
    """Found the trust: organisations, people with an active post in surgery, three competences, one requirement."""
    with database.writing(engine.database) as conn:
        directory.add_organisation(conn, now=clock(), name="Northshire NHS Foundation Trust", id=TRUST)
        for below in (SURGERY, MEDICINE):
            directory.add_organisation(conn, now=clock(), name=below.capitalize(), trust=TRUST, parent=TRUST, id=below)
        for name in (*names, "helen", "wren", "tom"):
            add_person(conn, name)
        for key, name in (("fire", FIRE), ("moving", MOVING), ("cake", CAKE)):
            competence = Competence(
                trust=TRUST,
                id=key,
                name=name,
                framework=framework_of(name),
                validity_months=36 if key == "moving" else 12,
                national=name.startswith("NHS|"),
            )
            competence_store.add_competence(conn, competence)
        competence_store.add_requirement(conn, Requirement(trust=TRUST, competence="fire", organisation=TRUST))


def add_person(conn: Any, name: str) -> None:
    """Add a person of this name with an active post in surgery."""
    email = f"{name}@northshire.example"
    people.add_person(conn, Person(trust=TRUST, id=name, name=name.capitalize(), email=email, organisation=SURGERY))
    post = Assignment(
        trust=TRUST,
        id=f"post-{name}",
        person=name,
        organisation=SURGERY,
        position="Staff Nurse",
        status=AssignmentStatus.ACTIVE,
    )
    people.add_assignment(conn, post)


def allocate(engine: Engine, *holders: Actor) -> None:
    """Give accounts the roles that their grants name."""
    with database.writing(engine.database) as conn:
        for actor in holders:
            row = {"trust": TRUST, "id": actor.id, "username": actor.id, "email": f"{actor.person}@northshire.example"}
            conn.execute(
                insert(accounts), {**row, "name": actor.name, "person": actor.person, "active": True, "session": 0}
            )
            for role, place in actor.grants:
                directory.put_role(
                    conn, directory.Role(trust=TRUST, role=role, organisation=place, title="Stat & Mand")
                )
                directory.put_holder(
                    conn, directory.Holder(trust=TRUST, role=role, organisation=place, account=actor.id)
                )


def offer(engine: Engine, **changes: Any) -> Offering:
    """Offer a classroom course that awards fire safety, or with other facts another."""
    fields = {
        "trust": TRUST,
        "id": "fire-class",
        "course": "fire",
        "course_title": "Fire Safety",
        "title": "Fire Safety, classroom",
        "delivery": Delivery.CLASSROOM,
        "package": None,
        "validity_months": None,
        "restrict_days": None,
        "max_attempts": None,
        "joining_text": "Bring your badge.",
        **changes,
    }
    with database.writing(engine.database) as conn:
        fields["competence"] = competence_store.by_id(conn, TRUST, ["fire"])["fire"]
        offering = Offering(**fields)
        if offering.course not in conn.scalars(select(courses.c.id)).all():
            catalogue.add_course(
                conn, trust=TRUST, identifier=offering.course, title=offering.course_title, organisation=TRUST
            )
        catalogue.add_offering(conn, offering)
    return offering


def open_class(engine: Engine, clock: Any, *, days: float = 30, sessions: int = 1, **facts: Any) -> str:
    """Open a class that starts in so many days, with sessions of three hours on following days."""
    start = clock() + timedelta(days=days)
    meetings = [
        {
            "starts_at": (start + timedelta(days=number)).isoformat(),
            "ends_at": (start + timedelta(days=number, hours=3)).isoformat(),
        }
        for number in range(sessions)
    ]
    said = {"offering": "fire-class", "organisation": SURGERY, "venue": "Room 3", "sessions": meetings, **facts}
    with engine.transaction(HELEN) as tx:
        made = tx.start("class", TRUST, "CREATE", said)
        tx.fire(made.subject, "OPEN")
    return made.subject.id


def enrol(engine: Engine, course_class: str, name: str, actor: Actor | None = None) -> str:
    """Enrol a person by themselves, or by somebody else, and return the enrolment's id."""
    with engine.transaction(actor or learner(name)) as tx:
        return effects.enrol(tx, TRUST, course_class, name).subject.id


def fire(  # noqa: PLR0917 - who does what to which, and with what
    engine: Engine, actor: Actor, kind: str, key: str, trigger: str, facts: Mapping[str, Any] | None = None
) -> Any:
    """Fire one trigger in a commit of its own."""
    with engine.transaction(actor) as tx:
        return tx.fire(Subject(kind=kind, trust=TRUST, id=key), trigger, facts)


def record(engine: Engine, kind: str, key: str) -> Any:
    """Return one subject as its workflow sees it."""
    with engine.reading() as conn:
        return engine.kept(kind)[1].load(conn, TRUST, [key], engine.clock())[key]


def steps(engine: Engine, kind: str) -> list[str]:
    """Return the steps that subjects of a kind took, subject by subject."""
    query = select(journal.c.step).where(journal.c.kind == kind).order_by(journal.c.subject, journal.c.revision)
    with engine.reading() as conn:
        return list(conn.scalars(query))


def profile(engine: Engine, person: str) -> dict[str, Any]:
    """Return what a person must hold or holds, by competence."""
    with engine.reading() as conn:
        lines = competence_store.profiles(conn, TRUST, [person], engine.clock().date())[person]
    return {line.competence.id: line for line in lines}


def standing(engine: Engine, course_class: str) -> dict[str, tuple[str, int | None]]:
    """Return how each learner stands to a class: state and position on the waitlist, by person."""
    query = select(enrolments).where(enrolments.c.trust == TRUST, enrolments.c.course_class == course_class)
    with engine.reading() as conn:
        return {row.person: (row.state, row.position) for row in conn.execute(query)}


def letters(engine: Engine) -> list[Any]:
    """Return what waits to be sent, the oldest first."""
    with engine.reading() as conn:
        return list(conn.execute(select(outbox).order_by(outbox.c.queued_at, outbox.c.id)).all())


def notices(engine: Engine) -> list[tuple[str, str]]:
    """Return (notice, person) of what waits to be sent, sorted."""
    return sorted((row.notice[:6], row.person) for row in letters(engine))


def sent(engine: Engine) -> None:
    """Take everything out of the outbox, as if it had been sent."""
    with database.writing(engine.database) as conn:
        conn.execute(outbox.delete())
