"""`preceptor workflows migrate`: what is stored under an old name of a state or a trigger gets the new one."""

from __future__ import annotations

from dataclasses import asdict

import click

from engine import renaming
from engine.settings import Settings
from workflows import app, wiring
from workflows.commands.report import as_json, engine_of, say


@click.command()
@click.option("--dry-run", is_flag=True, help="Only count what would be renamed.")
@as_json
@click.pass_context
def migrate(context: click.Context, *, dry_run: bool, wants_json: bool) -> int:
    """Rename what is stored as the workflows declare it; exit 1 where a renaming must not be."""
    engine = engine_of(context)
    planned = renaming.plan(engine, wiring.RENAMED)
    wrong = any(one.problem for one in planned)
    changed = 0 if dry_run or wrong else renaming.apply(engine, wiring.RENAMED)
    lines = [one.sentence for one in planned] or ["Nothing is declared to be renamed."]
    done = [] if dry_run else [f"{changed} rows renamed."]
    say({"planned": [asdict(one) for one in planned], "renamed": changed}, [*lines, *done], wants_json=wants_json)
    return 1 if wrong else 0


def rename(settings: Settings) -> None:
    """Rename what is stored after the schema was upgraded, and say what was."""
    engine = app.engine_of(settings)
    try:
        if changed := renaming.apply(engine, wiring.RENAMED):
            click.echo(f"{changed} rows have the new names of their states and triggers.")
    finally:
        engine.database.dispose()
