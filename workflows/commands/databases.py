"""`preceptor db`: make the schema, check it, and carry all data away and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from engine import database
from engine.errors import Invalid
from engine.settings import PROCRASTINATE
from workflows import app
from workflows.commands.report import as_json, say, settings_of


@click.group()
def db() -> None:
    """The database: upgrade, check, backup, restore."""


@db.command()
@click.pass_context
def upgrade(context: click.Context) -> None:
    """Bring the schema to the newest revision."""
    settings = settings_of(context)
    database.migrate(settings.database_url)
    if settings.jobs == PROCRASTINATE:
        app.cluster_of().upgrade(settings.database_url)
    click.echo("The schema is at its newest revision.")


@db.command()
@as_json
@click.pass_context
def check(context: click.Context, *, wants_json: bool) -> int:
    """Say whether the schema is at its newest revision (exit 0) or not (exit 1)."""
    stands, newest = database.revisions(settings_of(context).database_url)
    answer = {"revision": stands, "newest": newest, "current": stands == newest}
    sentence = "The schema is at its newest revision." if stands == newest else "The schema is older: run `db upgrade`."
    say(answer, [sentence], wants_json=wants_json)
    return 0 if stands == newest else 1


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def backup(context: click.Context, path: Path) -> None:
    """Write the database and the package files to a new folder PATH."""
    settings = settings_of(context)
    file = _sqlite_file(settings.database_url)
    if path.exists():
        raise Invalid(f"{path} exists already; a backup never overwrites.")
    path.mkdir(parents=True)
    database.copy(file, path / "preceptor.db")
    if settings.blobs.is_dir():
        shutil.copytree(settings.blobs, path / "blobs")
    click.echo(f"Everything is in {path}.")


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def restore(context: click.Context, path: Path) -> None:
    """Put back what `backup` wrote; refused where a database stands already."""
    settings = settings_of(context)
    file = _sqlite_file(settings.database_url)
    if not (path / "preceptor.db").is_file():
        raise Invalid(f"{path} is not a backup: it has no preceptor.db.")
    if file.exists():
        raise Invalid(f"{file} stands already; move it away first, nothing was changed.")
    file.parent.mkdir(parents=True, exist_ok=True)
    if (path / "blobs").is_dir():
        shutil.copytree(path / "blobs", settings.blobs, dirs_exist_ok=True)
    database.copy(path / "preceptor.db", file)
    click.echo(f"{path} is restored.")


def _sqlite_file(url: str) -> Path:
    file = database.file_of(url)
    if file is None:
        raise Invalid("This command copies SQLite. PostgreSQL is backed up by pg_dump and restored by pg_restore.")
    return file
