"""`preceptor audit` and `records`: whether anybody changed the journal, and what is kept of whom and how long."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Connection, select

from engine import journal, journal_file
from engine.errors import Missing
from engine.privacy import retention, subject_access
from engine.tables import journal as journal_table
from engine.transaction import Engine
from workflows import wiring
from workflows.commands.people import the_trust
from workflows.commands.report import as_json, engine_of, say, settings_of
from workflows.people import requests
from workflows.people.tables import persons


@click.group()
def audit() -> None:
    """The journal's hash chains and seals."""


@audit.command()
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Check an exported file.")
@as_json
@click.pass_context
def verify(context: click.Context, *, file: Path | None, wants_json: bool) -> int:
    """Name the first row of each chain that was changed, deleted, reordered or cut off; exit 1 if there is one."""
    found = _faults_in(file) if file else _faults(engine_of(context))
    lines = [f"{f['trust']} {f['place']}: {f['fault']}" for f in found] or ["Every chain and every seal is whole."]
    say(found, lines, wants_json=wants_json)
    return 1 if found else 0


@audit.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--trust", help="Needed where there are several trusts.")
@click.pass_context
def export(context: click.Context, *, out: Path, trust: str | None) -> None:
    """Write the journal of a trust to a file that `audit verify --file` checks anywhere."""
    engine = engine_of(context)
    half = out.with_name(f"{out.name}.half")
    with engine.reading() as connection, half.open("w", encoding="utf-8") as file:
        count = journal_file.write(connection, the_trust(connection, trust), file)
    half.replace(out)
    click.echo(f"{count} rows are in {out}.")


@click.group()
def records() -> None:
    """What is kept of people, and how long."""


@records.command()
@click.argument("person")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A .json or .pdf file.")
@click.pass_context
def access(context: click.Context, person: str, *, out: Path) -> None:
    """Write everything that is kept about one person, and record that it was given."""
    engine = engine_of(context)
    form = out.suffix.removeprefix(".").lower()
    writers = {"json": subject_access.as_json, "pdf": subject_access.as_pdf}
    if form not in writers:
        raise click.UsageError("The file must end in .json or .pdf.")
    with engine.transaction() as tx:
        trust, name = _person(tx.connection, person)
        tx.start(requests.KIND, trust, requests.Trigger.GIVE, {"person": person, "form": form})
        made = writers[form](name, wiring.REGISTER.collect(tx.connection, trust, person), tx.now)
        out.write_bytes(made)
    click.echo(f"Everything about {name} is in {out}.")


@records.command()
@click.argument("person")
@click.option("--reason", required=True, help="Why; it is recorded.")
@click.confirmation_option(prompt="This cannot be undone. Erase what names this person?")
@click.pass_context
def erase(context: click.Context, person: str, *, reason: str) -> None:
    """Erase what names a person, everywhere; the journal's chains stay whole."""
    engine = engine_of(context)
    with engine.transaction() as tx:
        trust, _name = _person(tx.connection, person)
        tx.start(requests.KIND, trust, requests.Trigger.ERASE, {"person": person, "reason": reason})
    click.echo(f"What named {person} is erased.")


@records.command()
@click.option("--dry-run", is_flag=True, help="Only count.")
@as_json
@click.pass_context
def retain(context: click.Context, *, dry_run: bool, wants_json: bool) -> None:
    """Forget what has been kept long enough (the worker does it every week)."""
    engine, days = engine_of(context), settings_of(context).retention
    if dry_run:
        with engine.reading() as connection:
            counts = retention.due(connection, wiring.RETENTION, days, engine.clock())
    else:
        counts = retention.forget(engine.database, wiring.RETENTION, days, engine.clock())
    kept = retention.chosen(wiring.RETENTION, days)
    found = [
        {"rule": rule.name, "days": kept[rule.name], "rows": counts.get(rule.name, 0), "what": rule.sentence}
        for rule in wiring.RETENTION
    ]
    lines = (f"{f['rule']:<14}{f['days'] or 'ever':>5} days {f['rows']:>7} rows  {f['what']}" for f in found)
    say(found, lines, wants_json=wants_json)


def _faults(engine: Engine) -> list[dict[str, str]]:
    subjects = {kind: keep.table for kind, (_workflow, keep) in engine.keeps.items()}
    with engine.reading() as connection:
        trusts = connection.execute(select(journal_table.c.trust).distinct()).scalars().all()
        return [
            {"trust": trust, "place": fault.place, "fault": fault.sentence}
            for trust in trusts
            for fault in journal.verify(connection, trust, subjects)
        ]


def _faults_in(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return [
            {"trust": file.name, "place": fault.place, "fault": fault.sentence} for fault in journal_file.verify(lines)
        ]


def _person(connection: Connection, identifier: str) -> tuple[str, str]:
    row = connection.execute(select(persons.c.trust, persons.c.name).where(persons.c.id == identifier)).one_or_none()
    if row is None:
        raise Missing(f"There is no person {identifier}.")
    return row.trust, row.name
