"""Approvals for tests: leaves that are asked for on a ward, people to share them with, and looks at both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping, insert, select

from engine.approvals.approval import Approval, Trigger
from engine.approvals.tables import approval_comments
from engine.letters import Subject
from engine.machine import Actor
from engine.relevance import untrue
from engine.roles import directory
from engine.roles.directory import Holder
from engine.roles.directory_tables import accounts
from engine.storage import database
from engine.tables import approvals, outbox, timers
from engine.transaction import Engine
from tests import trial
from tests.clock import FrozenClock
from tests.databases import close
from tests.trial import LEARNER, ROLE, TRUST, TRUST_HOLDER, WARD, WARD_HOLDER, Leave, Turn

PAT = Actor(id="acc-pat", name="Pat Okoro", person="pat")
SENDER = Actor(id="acc-sid", name="Sid Lowe", person="sid", system=False)
GONE = Actor(id="acc-gil", name="Gil Gone", person="gil")
DAY = timedelta(days=1)

Build = Callable[..., Engine]


def engine_on(url: str, clock: FrozenClock, **waits: Any) -> Engine:
    """Build the trial engine with a ward's and a trust's holder and three colleagues; `waits` changes its question."""
    built = trial.engine_on(url, clock)
    question = replace(trial.LEAVE.questions[Leave.ASKED], **waits)
    patient = replace(trial.LEAVE, questions={Leave.ASKED: question})
    built = replace(built, keeps={**built.keeps, "leave": (patient, trial.Leaves())})
    trial.allocate(built, {TRUST: [TRUST_HOLDER], WARD: [WARD_HOLDER]})
    with database.writing(built.database) as connection:
        connection.execute(insert(accounts), [trial._account(one) for one in (LEARNER, PAT, SENDER, GONE)])
        connection.execute(accounts.update().where(accounts.c.id == GONE.id).values(active=False))
    return built


@contextmanager
def engines(url: str, clock: FrozenClock) -> Iterator[Build]:
    """Yield what builds engines as `engine_on` does, and close them all."""
    built: list[Engine] = []

    def on(**waits: Any) -> Engine:
        built.append(engine_on(url, clock, **waits))
        return built[-1]

    yield on
    for engine in built:
        close(engine.database)


def ask(engine: Engine, person: str = "lin") -> str:
    """Have somebody ask for leave on the ward, and return the id of the first question."""
    asker = LEARNER if person == "lin" else Actor(id=f"acc-{person}", name=person, person=person)
    with engine.transaction(asker) as tx:
        leave = tx.start("leave", TRUST, Turn.ASK, {"person": person, "organisation": WARD}).subject
    with engine.reading() as connection:
        first = (approvals.c.subject == leave.id, approvals.c.level == 0)
        found: str = connection.execute(select(approvals.c.id).where(*first)).scalar_one()
    return found


def latest(engine: Engine) -> RowMapping:
    """Return the one question of the highest level."""
    with engine.reading() as connection:
        chosen = select(approvals).where(approvals.c.kind == "leave").order_by(approvals.c.level.desc())
        return connection.execute(chosen.limit(1)).mappings().one()


def named(approval: str) -> Subject:
    """Return an approval by name."""
    return Subject(kind="approval", trust=TRUST, id=approval)


def does(engine: Engine, actor: Actor, approval: str, trigger: Trigger, **facts: Any) -> None:
    """Do something with an approval in a commit of its own."""
    with engine.transaction(actor) as tx:
        tx.fire(named(approval), trigger, facts)


def read(engine: Engine, approval: str) -> Approval:
    """Return an approval as its workflow sees it."""
    with engine.reading() as connection:
        record: Approval = engine.kept("approval")[1].load(connection, TRUST, [approval], engine.clock())[approval]
        return record


def letters(engine: Engine, notice: str = "") -> list[tuple[str, str]]:
    """Return (notice, name) of the letters that wait, of one kind or all, sorted."""
    with engine.reading() as connection:
        rows = connection.execute(select(outbox.c.notice, outbox.c.name)).all()
    return sorted((row.notice, row.name) for row in rows if notice in row.notice)


def due(engine: Engine) -> Mapping[str, Any]:
    """Return the moments of the timers of leaves' questions, by trigger."""
    with engine.reading() as connection:
        rows: Sequence[Any] = connection.execute(select(timers).order_by(timers.c.due_at)).mappings().all()
    return {row["trigger"]: row["due_at"] for row in rows}


def leave_states(engine: Engine) -> list[str]:
    """Return how the leaves stand."""
    with engine.reading() as connection:
        return list(connection.execute(select(trial.leaves.c.state)).scalars())


def hold(engine: Engine, actor: Actor, role: str = ROLE, place: str = WARD) -> Actor:
    """Give a colleague a role, and return them with it."""
    with database.writing(engine.database) as connection:
        if place not in directory.versions(connection, TRUST, role):
            directory.put_role(connection, directory.Role(trust=TRUST, role=role, organisation=place, title=role))
        directory.put_holder(connection, Holder(trust=TRUST, role=role, organisation=place, account=actor.id))
    return Actor(id=actor.id, name=actor.name, person=actor.person, grants=frozenset({(role, place)}))


def add(engine: Engine, actor: Actor) -> None:
    """Add an account."""
    with database.writing(engine.database) as connection:
        connection.execute(insert(accounts), trial._account(actor))


def said_about(engine: Engine, question: str) -> list[tuple[str, str]]:
    """Return (name, words) of what was said about a question, in order."""
    table = approval_comments
    with engine.reading() as connection:
        rows = connection.execute(select(table).where(table.c.approval == question).order_by(table.c.revision))
        return [(row.by_name, row.text) for row in rows]


def not_true(engine: Engine, notice: str) -> int:
    """Return how many letters of a kind would be withdrawn if they went now."""
    with engine.reading() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.notice.startswith(notice))).mappings().all()
        return len(untrue(engine, connection, rows))
