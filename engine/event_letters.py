"""Who else was told of what caused a letter, and which notices of it were meant for nobody."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, RowMapping, select

from engine import why
from engine.letters import Subject
from engine.outgoing.outbox import Delivery
from engine.outgoing.posted import about
from engine.privacy import sight
from engine.privacy.sight import Reach
from engine.tables import journal, outbox
from engine.transaction import Engine
from engine.why import Evidence, Fact
from engine.wording import notices

MOST = 50


def others(engine: Engine, connection: Connection, letter: RowMapping, within: Reach = None) -> tuple[Fact, ...]:
    """Return what became of the other letters of the same event, and why other notices of it went to nobody."""
    subject = Subject(kind=letter["kind"], trust=letter["trust"], id=letter["subject"])
    if not letter["revision"] or not sight.sees(engine, connection, subject, within):
        return ()
    rows = _letters(connection, letter)
    told = [_told(row, within) for row in rows if row["id"] != letter["id"]]
    silent = _silent(engine, connection, letter, {row["notice"] for row in rows})
    return (*told[:MOST], *silent)


def _letters(connection: Connection, letter: RowMapping) -> list[RowMapping]:
    of = about(Subject(kind=letter["kind"], trust=letter["trust"], id=letter["subject"]))
    chosen = select(outbox).where(of, outbox.c.revision == letter["revision"])
    return list(connection.execute(chosen.order_by(outbox.c.id).limit(MOST + 1)).mappings())


def _told(row: RowMapping, within: Reach) -> Fact:
    if within is not None and row["organisation"] not in within:
        return Fact(sentence=why.HIDDEN)
    said = f" {row['answer']}" if row["answer"] else ""
    became = f"{why.BECAME[Delivery(row['state'])]}.{said}"
    return Fact(
        sentence=f"“{notices.titled(row['notice'])}” was written to {row['name']} and {became}",
        at=row["sent_at"] or row["queued_at"],
        evidence=Evidence(kind="message", id=row["id"]),
    )


def _silent(engine: Engine, connection: Connection, letter: RowMapping, went: set[str]) -> Iterator[Fact]:
    workflow, _keep = engine.kept(letter["kind"])
    same = [journal.c[name] == letter[name] for name in ("trust", "kind", "subject", "revision")]
    taken = connection.execute(select(journal.c.step).where(*same)).scalar_one_or_none()
    named = {notice.name for step in workflow.steps if step.id == taken for notice in step.notices}
    for notice in sorted(named - went):
        yield Fact(sentence=f"“{notices.titled(notice)}” went to nobody: in this case nobody was to get it.")
