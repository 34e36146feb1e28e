"""`preceptor db`: make the schema, check it, and carry all data away and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from engine import partitions
from engine.partitions import Divided
from engine.settings import PROCRASTINATE
from engine.storage import database
from workflows import app
from workflows.commands import copies
from workflows.commands.renames import rename
from workflows.commands.report import as_json, say, settings_of

LARGE: Final = (
    "journal",
    "outbox",
    "invitations",
    "approvals",
    "timers",
    "persons",
    "assignments",
    "awards",
    "enrolments",
    "performances",
    "attempts",
    "epochs",
    "calls",
    "call_batches",
    "call_values",
)
"""What grows with people and years; whatever refers to one of them bears its trust too."""


@click.group()
def db() -> None:
    """The database: upgrade, check, backup, restore, partition."""


@db.command()
@click.pass_context
def upgrade(context: click.Context) -> None:
    """Bring the schema to the newest revision."""
    settings = settings_of(context)
    database.migrate(settings.database_url)
    if settings.jobs == PROCRASTINATE:
        app.cluster_of().upgrade(settings.database_url)
    rename(settings)
    click.echo("The schema is at its newest revision.")


@db.command()
@as_json
@click.pass_context
def check(context: click.Context, *, wants_json: bool) -> int:
    """Say whether the schema serves this version (exit 0) or is older (exit 1); a later version's only adds to it."""
    stands, newest = database.revisions(settings_of(context).database_url)
    suffices = database.suffices(stands)
    answer = {"revision": stands, "newest": newest, "current": stands == newest, "suffices": suffices}
    later = "The schema is a later version's, which this one can use."
    current = "The schema is at its newest revision." if stands == newest else later
    say(answer, [current if suffices else app.needs(stands, newest)], wants_json=wants_json)
    return 0 if suffices else 1


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def backup(context: click.Context, path: Path) -> None:
    """Write the database and the package files to a new folder PATH (PostgreSQL: by pg_dump)."""
    copies.backup(settings_of(context), path)
    click.echo(f"Everything is in {path}.")


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def restore(context: click.Context, path: Path) -> None:
    """Put back what `backup` wrote; refused where a database stands already."""
    copies.restore(settings_of(context), path)
    click.echo(f"{path} is restored.")


@db.command()
@click.option("--modulus", required=True, type=int, metavar="N", help="How many partitions each table gets.")
@click.option("--dry-run", is_flag=True, help="Print the statements, and change nothing.")
@as_json
@click.pass_context
def partition(context: click.Context, modulus: int, *, dry_run: bool, wants_json: bool) -> None:
    """Divide the large tables by trust (PostgreSQL). Stop web nodes and workers first; begun again, it goes on."""
    chosen = settings_of(context)
    app.require_schema(chosen)
    base = database.connect(chosen.database_url)
    context.call_on_close(base.dispose)
    found = list(partitions.divide(base, LARGE, modulus, dry_run=dry_run))
    say([asdict(divided) for divided in found], _told(found, dry_run=dry_run), wants_json=wants_json)


def _told(found: Iterable[Divided], *, dry_run: bool) -> Iterator[str]:
    for divided in found:
        if divided.statements:
            yield f"-- {divided.table}: {divided.rows} rows {'would be' if dry_run else 'are'} divided"
            yield from (f"{statement};" for statement in divided.statements if dry_run)
        else:
            yield f"-- {divided.table} is divided already"
