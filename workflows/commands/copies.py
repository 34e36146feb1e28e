"""All data carried away and back: SQLite by its own copy, PostgreSQL by pg_dump; package files go beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import click
from sqlalchemy import URL, inspect, make_url

from engine.errors import Invalid
from engine.settings import Settings
from engine.storage import database

_FILE: Final = "preceptor.db"
_DUMP: Final = "preceptor.dump"


class ToolMissing(click.ClickException):
    """A program of PostgreSQL's client that is needed is not here."""

    exit_code = 3


def backup(settings: Settings, path: Path) -> None:
    """Write the database and the package files to a new folder; raises `Invalid` or `ToolMissing`.

    The database goes first: package files are only ever added, so every file that it names is still to be copied.
    """
    if path.exists():
        raise Invalid(f"{path} exists already; a backup never overwrites.")
    file = database.file_of(settings.database_url)
    tool = None if file else _tool("pg_dump")
    path.mkdir(parents=True)
    if file:
        database.copy(file, path / _FILE)
    elif tool:
        _run(settings, tool, "--format=custom", f"--file={path / _DUMP}")
    if settings.blobs.is_dir():
        shutil.copytree(settings.blobs, path / "blobs")


def restore(settings: Settings, path: Path) -> None:
    """Put back what `backup` wrote; raises `Invalid` where data stand already, or `ToolMissing`."""
    file = database.file_of(settings.database_url)
    kept = path / (_FILE if file else _DUMP)
    if not kept.is_file():
        raise Invalid(f"{path} is not a backup of this kind of database: it has no {kept.name}.")
    if file and file.exists():
        raise Invalid(f"{file} stands already; move it away first, nothing was changed.")
    tool = None if file else _tool("pg_restore")
    if tool:
        _require_empty(settings)
    if (path / "blobs").is_dir():
        shutil.copytree(path / "blobs", settings.blobs, dirs_exist_ok=True)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        database.copy(kept, file)
    elif tool:
        _run(settings, tool, "--exit-on-error", "--single-transaction", "--no-owner", str(kept))


def _require_empty(settings: Settings) -> None:
    base = database.connect(settings.database_url)
    try:
        if inspect(base).get_table_names():
            raise Invalid("The database has tables already; restore into an empty one, nothing was changed.")
    finally:
        base.dispose()


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ToolMissing(f"{name} is not installed here: install PostgreSQL's client of the server's version.")
    return found


def _run(settings: Settings, tool: str, *arguments: str) -> None:
    """Run a tool on the database; the password goes by the environment, for arguments can be seen by everybody."""
    url = make_url(settings.database_url)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603 - the tool is PostgreSQL's own, the arguments are ours
        [tool, f"--dbname={_address(url)}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason was given"])[0]
        raise Invalid(f"{Path(tool).name} failed: {last.rstrip('.')}.")


def _address(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string()
