"""Finds what lies still because it failed, raises an incident for each cause, and ends those whose cause is gone.

Messages that were set aside and jobs that were given up say so by their own state; what is found here is compared with
the open incidents, so that nothing is missed whoever was killed between the two.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, exists, func, literal_column, select, update

from engine import incidents
from engine.approvals import approval
from engine.errors import Conflict
from engine.incident import KIND, Failure, Incident, Source, Status, Trigger
from engine.incident_tables import incidents as table
from engine.incidents import Park
from engine.jobs import EVERYWHERE, MOST_ATTEMPTS, Progress
from engine.jobs import Jobs as JobsPort
from engine.letters import Subject
from engine.mailroom_tables import suppressions as suppressed
from engine.outgoing import suppressions
from engine.outgoing.outbox import Delivery
from engine.roles.directory_tables import organisations
from engine.tables import approvals as questions
from engine.tables import jobs, outbox
from engine.tables import timers as waiting
from engine.timing import timers
from engine.transaction import Engine, Transaction
from engine.wording import notices

_WANTED: Final = "Somebody wants it begun again."
_SHARED: Final = "It serves every trust here. Only whoever operates the installation sees why, and has it begun anew."
_GONE: Final = "What had failed does not wait any more."


class Messages:
    """Where letters lie that could not be composed or whose fate is unknown: set aside in the outbox."""

    def again(self, tx: Transaction, incident: Incident) -> None:
        """Queue them again, as if they had never been tried."""
        fresh = {"state": Delivery.QUEUED, "due_at": tx.now, "attempts": 0, "unanswered": 0, "answer": None}
        tx.connection.execute(update(outbox).where(_letters(incident)).values(**fresh))

    def let_go(self, tx: Transaction, incident: Incident) -> None:
        """Say of each that it is not sent."""
        said = {"state": Delivery.SUPPRESSED, "answer": "Somebody decided that it is not sent."}
        tx.connection.execute(update(outbox).where(_letters(incident)).values(**said))


class Jobs:
    """Where jobs lie that failed five times: given up in their table."""

    def again(self, tx: Transaction, incident: Incident) -> None:
        """Have them begun again, by the next worker that is there: only it knows the job engine (`revive`)."""
        tx.connection.execute(update(jobs).where(_given_up(incident)).values(answer=_WANTED))

    def let_go(self, tx: Transaction, incident: Incident) -> None:
        """Say of each that it is over."""
        tx.connection.execute(update(jobs).where(_given_up(incident)).values(state=Progress.DONE))


class Questions:
    """Where questions wait that reached nobody: approvals in ERROR."""

    def again(self, tx: Transaction, incident: Incident) -> None:
        """Look again who is to be asked; raises `Refused` where there still is nobody."""
        asked = Subject(kind=approval.KIND, trust=incident.trust, id=incident.failure.reference["approval"])
        tx.fire(asked, "RETRY", {})

    def let_go(self, tx: Transaction, incident: Incident) -> None:
        """Leave the question as it is: whoever gets the role may answer it, and its due date stands."""


class Addresses:
    """Where letters wait that go to an address which refused one: in the outbox, until a day."""

    def again(self, tx: Transaction, incident: Incident) -> None:
        """Write to the address again."""
        email = tx.connection.execute(
            _address(incident.trust, incident.failure.reference["letter"])
        ).scalar_one_or_none()
        if email:
            suppressions.lift(tx.connection, incident.trust, email, tx.now)

    def let_go(self, tx: Transaction, incident: Incident) -> None:
        """Leave it: what waits goes when the time is over."""


PARKS: Final[Mapping[Source, Park]] = MappingProxyType(
    {
        Source.APPROVAL: Questions(),
        Source.TIMER: timers.Parked(),
        Source.JOB: Jobs(),
        Source.MESSAGE: Messages(),
        Source.ADDRESS: Addresses(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What differs: failures that no open incident counts, and incidents of which nothing lies still any more."""

    uncounted: tuple[Failure, ...]
    gone: tuple[RowMapping, ...]

    def __len__(self) -> int:
        return len(self.uncounted) + len(self.gone)


def watch(engine: Engine) -> int:
    """Raise what is not raised yet and end what is gone; return how many incidents that touched."""
    with engine.reading() as connection:
        if not _compared(connection, engine.clock()):
            return 0
    try:
        with engine.transaction() as tx:
            found = _compared(tx.connection, tx.now)
            _write(tx, found)
    except Conflict:
        return 0  # another worker was first, and the next turn compares again
    return len(found)


def revive(engine: Engine, port: JobsPort) -> None:
    """Requeue the jobs that somebody wants begun again."""
    with engine.reading() as connection:
        wanted = select(jobs.c.trust, jobs.c.key).where(_is_dead(), jobs.c.answer == _WANTED)
        rows = connection.execute(wanted).all()
    for trust, key in rows:
        port.requeue(trust, key)


def _write(tx: Transaction, found: _Found) -> None:
    for failure in found.uncounted:
        incidents.raise_one(tx, failure)
    by_trust: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in found.gone:
        by_trust[row["trust"]][row["id"]] = {"reason": _GONE}
    for trust, facts in by_trust.items():
        tx.fire_many(KIND, trust, Trigger.RESOLVE, facts)


def _compared(connection: Connection, now: datetime) -> _Found:
    """Compare what lies still with the open incidents: one statement for each source."""
    failures = {(one.trust, one.cause): one for one in (*_set_aside(connection), *_dead(connection))}
    raised = connection.execute(_open()).mappings().all()
    counted = {(row["trust"], row["cause"]): row["count"] for row in raised}
    more = ((failure, failure.count - counted.get(key, 0)) for key, failure in failures.items())
    asked = _asked_nobody(connection, raised)
    refusing = _refusing(connection, raised, now)
    lying: Mapping[Source, Callable[[RowMapping], bool]] = {
        Source.APPROVAL: lambda row: (row["trust"], row["cause"]) in asked,
        Source.TIMER: lambda row: bool(row["timers"]),
        Source.JOB: lambda row: (row["trust"], row["cause"]) in failures,
        Source.MESSAGE: lambda row: (row["trust"], row["cause"]) in failures,
        Source.ADDRESS: lambda row: row["reference"]["letter"] in refusing,
    }
    return _Found(
        uncounted=tuple(replace(failure, count=count) for failure, count in more if count > 0),
        gone=tuple(row for row in raised if not lying[Source(row["source"])](row)),
    )


def _open() -> Select[Any]:
    """Choose the open incidents, each with whether a timer still lies by it."""
    mine = exists().where(waiting.c.trust == table.c.trust, waiting.c.incident == table.c.id)
    named = (table.c.trust, table.c.id, table.c.cause, table.c.source, table.c.count, table.c.reference)
    return select(*named, mine.label("timers")).where(table.c.state == literal_column(f"'{Status.OPEN}'"))


def _asked_nobody(connection: Connection, raised: Sequence[RowMapping]) -> set[tuple[str, str]]:
    """Return (trust, cause) of the questions with an open incident that still wait for somebody to be asked."""
    ids = [row["reference"]["approval"] for row in raised if row["source"] == Source.APPROVAL]
    if not ids:
        return set()
    chosen = select(questions.c.trust, questions.c.id).where(
        questions.c.id.in_(ids), questions.c.state == approval.Status.ERROR
    )
    return {(row.trust, f"approval/{row.id}") for row in connection.execute(chosen)}


def _refusing(connection: Connection, raised: Sequence[RowMapping], now: datetime) -> set[str]:
    """Return the letters of open incidents whose address is still not written to."""
    ids = [row["reference"]["letter"] for row in raised if row["source"] == Source.ADDRESS]
    if not ids:
        return set()
    same = and_(suppressed.c.trust == outbox.c.trust, suppressed.c.email == func.lower(outbox.c.email))
    chosen = select(outbox.c.id).join(suppressed, same).where(outbox.c.id.in_(ids), suppressed.c.until > now)
    return set(connection.execute(chosen).scalars())


def _address(trust: str, letter: str) -> Select[Any]:
    return select(outbox.c.email).where(outbox.c.trust == trust, outbox.c.id == letter)


def _set_aside(connection: Connection) -> Iterator[Failure]:
    """Yield the letters that were set aside, together where kind, place and reason are the same."""
    alike = (outbox.c.trust, outbox.c.notice, outbox.c.organisation, outbox.c.answer)
    one = func.min(outbox.c.id).label("letter")
    parked = outbox.c.state == literal_column(f"'{Delivery.PARKED}'")
    chosen = select(*alike, func.count().label("count"), one).where(parked).group_by(*alike)
    for row in connection.execute(chosen).mappings():
        said = row["answer"] or ""
        reason = hashlib.sha256(said.encode()).hexdigest()[:12]
        yield Failure(
            trust=row["trust"],
            organisation=row["organisation"],
            source=Source.MESSAGE,
            cause=f"message/{row['notice']}/{row['organisation']}/{reason}",
            title=f"Messages “{notices.titled(row['notice'])}” were set aside",
            message=said or "Nobody wrote down why.",
            parked="They stay in the outbox and are not sent. Retry queues them again.",
            reference={"notice": row["notice"], "answer": row["answer"], "letter": row["letter"]},
            count=row["count"],
        )


def _dead(connection: Connection) -> Iterator[Failure]:
    """Yield the jobs that were given up, together by name; one that is nobody's is every trust's."""
    alike = (jobs.c.trust, jobs.c.name)
    said = func.max(jobs.c.answer).label("answer")
    chosen = select(*alike, func.count().label("count"), func.max(jobs.c.key).label("key"), said)
    rows = (
        connection.execute(chosen.where(_is_dead(), jobs.c.answer.is_distinct_from(_WANTED)).group_by(*alike))
        .mappings()
        .all()
    )
    roots = _roots(connection) if any(row["trust"] == EVERYWHERE for row in rows) else ()
    for row in rows:
        shared = row["trust"] == EVERYWHERE and len(roots) > 1
        failed = f"It was tried {MOST_ATTEMPTS} times and failed"
        for trust in roots if row["trust"] == EVERYWHERE else (row["trust"],):
            yield Failure(
                trust=trust,
                organisation=trust,
                source=Source.JOB,
                cause=f"job/{row['name']}",
                title=f"The job “{row['name']}” was given up",
                message=f"{failed}." if shared else f"{failed}: {row['answer']}",
                parked=_SHARED if shared else "It is not tried again by itself. Retry has it begun anew.",
                reference={"of": row["trust"], "name": row["name"], "key": row["key"]},
                count=row["count"],
            )


def _roots(connection: Connection) -> Sequence[str]:
    return connection.execute(select(organisations.c.id).where(organisations.c.parent.is_(None))).scalars().all()


def _letters(incident: Incident) -> ColumnElement[bool]:
    about = incident.failure
    return and_(
        outbox.c.trust == incident.trust,
        outbox.c.notice == about.reference["notice"],
        outbox.c.organisation == about.organisation,
        outbox.c.answer.is_not_distinct_from(about.reference["answer"]),
        outbox.c.state == Delivery.PARKED,
    )


def _is_dead() -> ColumnElement[bool]:
    return jobs.c.state == literal_column(f"'{Progress.DEAD}'")


def _given_up(incident: Incident) -> ColumnElement[bool]:
    said = incident.failure.reference
    return and_(jobs.c.trust == said["of"], jobs.c.name == said["name"], _is_dead())
