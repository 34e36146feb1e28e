"""The command line: exit 0 yes, 1 no, 2 bad input, 3 surroundings missing (INTERFACES, Commands)."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

BAD_INPUT: Final = 2
MISSING: Final = 3
_COMMANDS: Final[Mapping[str, str]] = {
    "audit": "workflows.commands.records:audit",
    "bench": "workflows.commands.bench:bench",
    "db": "workflows.commands.databases:db",
    "deliver": "workflows.commands.serving:deliver",
    "demo": "workflows.commands.demo:demo",
    "due": "workflows.commands.serving:due",
    "forecast": "workflows.commands.forecasting:forecast",
    "mailroom": "workflows.commands.mailing:mailroom",
    "incidents": "workflows.commands.incidents:incidents",
    "records": "workflows.commands.records:records",
    "relay": "workflows.commands.relaying:relay",
    "roles": "workflows.commands.roles:roles",
    "scorm": "workflows.commands.versions:scorm",
    "serve": "workflows.commands.serving:serve",
    "synthesise": "workflows.commands.synthesising:synthesise",
    "templates": "workflows.commands.templates:templates",
    "token": "workflows.commands.people:token",
    "users": "workflows.commands.people:users",
    "why": "workflows.commands.why:why",
    "workdays": "workflows.commands.workdays:workdays",
    "worker": "workflows.commands.serving:worker",
    "workflows": "workflows.commands.reports:workflows",
}


class _Commands(click.Group):
    """Imports a command's module when it is called, so that `--version` and `--help` do not wait for a database."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[name].split(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("preceptor"), message="preceptor %(version)s")
@click.option("--env-file", type=click.Path(path_type=Path), help="A file of settings, one NAME=value a line.")
@click.pass_context
def preceptor(context: click.Context, env_file: Path | None) -> None:
    """Mandatory training kept true: workflows, notices and a SCORM run-time."""
    context.obj = {**os.environ, **(_settings_in(env_file) if env_file else {})}


def _settings_in(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"The settings file {file} cannot be read: {error}.") from None
    pairs = (line.strip().partition("=") for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; an error of ours becomes one sentence and exit code 2, an absent database one and exit code 3."""
    try:
        outcome: Any = preceptor.main(arguments, standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(BAD_INPUT)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        if not hasattr(error, "sentence"):
            _require_database(error)
            raise
        click.echo(f"preceptor: {error.sentence}", err=True)
        sys.exit(BAD_INPUT)
    sys.exit(outcome if isinstance(outcome, int) else 0)


def _require_database(error: Exception) -> None:
    """End with one sentence where the error is that the database is away; return for any other."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - `--version` does not wait for it

    if isinstance(error, OperationalError):
        said = str(error.orig).splitlines()[0].rstrip(".")
        click.echo(f"preceptor: The database cannot be used: {said}.", err=True)
        sys.exit(MISSING)


if __name__ == "__main__":
    main()
