"""What every command says in the same way: plain lines for a person, or one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from engine import settings
from engine.settings import Settings
from engine.transaction import Engine
from workflows import app

Command = TypeVar("Command", bound=Callable[..., Any])


def as_json(command: Command) -> Command:
    """Give a command `--json`."""
    return click.option("--json", "wants_json", is_flag=True, help="One JSON document.")(command)


def say(answer: Any, lines: Iterable[str], *, wants_json: bool) -> None:
    """Print an answer as JSON, or as lines."""
    if wants_json:
        click.echo(json.dumps(answer, default=str, ensure_ascii=False))
        return
    for line in lines:
        click.echo(line)


def settings_of(context: click.Context) -> Settings:
    """Read the settings that the command line was started with; raises `SettingError`."""
    return settings.read(context.obj)


def engine_of(context: click.Context) -> Engine:
    """Open the database until the command ends; raises `SettingError`, also where its schema is older than this."""
    chosen = settings_of(context)
    app.require_schema(chosen)
    engine = app.engine_of(chosen)
    context.call_on_close(engine.database.dispose)
    return engine
