"""`preceptor incidents`: what failed in any trust, and decisions that only whoever operates the installation takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import click
from sqlalchemy import Connection, RowMapping, select

from engine import text
from engine.incident import KIND, Status, Trigger
from engine.incident_tables import incidents as table
from engine.letters import Subject
from engine.machine import SYSTEM, Actor
from engine.tables import jobs
from workflows.commands.report import as_json, engine_of, say

_OPERATOR: Final = Actor(id=SYSTEM, name="Whoever operates this installation", system=True)
_SHOWN: Final = ("trust", "id", "organisation", "source", "title", "message", "count")
_LONGEST_REASON: Final = 500


@click.group()
def incidents() -> None:
    """What failed and waits for a decision."""


@incidents.command("list")
@as_json
@click.pass_context
def listed(context: click.Context, *, wants_json: bool) -> int:
    """List the open incidents of every trust, the oldest first. Exit 1 where there are some."""
    with engine_of(context).reading() as connection:
        chosen = select(table).where(table.c.state == Status.OPEN).order_by(table.c.raised_at, table.c.id)
        rows = connection.execute(chosen).mappings().all()
        why = _why(connection, rows)
    answer = [{**{name: row[name] for name in _SHOWN}, "answers": why.get(_of(row), [])} for row in rows]
    say(answer, _lines(answer), wants_json=wants_json)
    return 1 if rows else 0


@incidents.command("retry")
@click.argument("trust")
@click.argument("incident")
@click.pass_context
def retry(context: click.Context, trust: str, incident: str) -> None:
    """Do again what an incident has parked."""
    _decide(context, Subject(kind=KIND, trust=trust, id=incident), Trigger.RETRY, "Retried by command.")


@incidents.command("skip")
@click.argument("trust")
@click.argument("incident")
@click.option("--reason", required=True, help="It is kept with the decision.")
@click.pass_context
def skip(context: click.Context, trust: str, incident: str, *, reason: str) -> None:
    """Let go what an incident has parked."""
    _decide(context, Subject(kind=KIND, trust=trust, id=incident), Trigger.SKIP, reason)


def _decide(context: click.Context, subject: Subject, trigger: Trigger, reason: str) -> None:
    with engine_of(context).transaction(_OPERATOR) as tx:
        tx.fire(subject, trigger, {"reason": text.clean_lines(reason, _LONGEST_REASON)})


def _of(row: RowMapping) -> tuple[str, str]:
    """Return the trust and name of the job that an incident is about, or of none."""
    return row["reference"].get("of", ""), row["reference"].get("name", "")


def _why(connection: Connection, rows: Sequence[RowMapping]) -> dict[tuple[str, str], list[str]]:
    """Return what the jobs that were given up said, by trust and name."""
    if not any(_of(row)[0] for row in rows):
        return {}
    dead = select(jobs.c.trust, jobs.c.name, jobs.c.answer).where(jobs.c.state == "DEAD").distinct()
    found: dict[tuple[str, str], list[str]] = {}
    for trust, name, answer in connection.execute(dead.order_by(jobs.c.answer)):
        found.setdefault((trust, name), []).append(answer or "")
    return found


def _lines(answer: Sequence[dict[str, Any]]) -> Iterator[str]:
    for one in answer:
        yield f"{one['trust']} {one['id']}: {one['title']} ({one['count']} times). {one['message']}"
        yield from (f"  {said}" for said in one["answers"])
    yield f"{len(answer)} open." if answer else "None open."
