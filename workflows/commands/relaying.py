"""`preceptor relay`: plays packages here for a remote learning management system, and reports to it."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
import waitress
from flask import Flask

from engine import logs
from engine.errors import SettingError
from engine.settings import Settings, secret_for
from engine.transaction import Engine
from scorm import library, relay_web
from scorm.errors import PackageRefused
from scorm.packaging import package
from scorm.packaging.manifest import AU, Manifest
from scorm.permits import Site
from scorm.relays import relay_reports, relay_store, relaying
from scorm.relays.relay_reports import Ask, Remote
from scorm.relays.relaying import TRUST
from scorm.web import create_content_app
from workflows import nodes
from workflows.commands.report import as_json, engine_of, say, settings_of

ROUND: Final = 1.0
"""Seconds between two looks at what is due."""

_NOT_RELAYED: Final = "AICC courses report to a remote system themselves; only SCORM packages are played for one."
_log = logging.getLogger(__name__)


@click.command()
@click.argument("files", metavar="[ZIP]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--waiting", is_flag=True, help="List what the remote system has not taken yet, and end; 1 if any.")
@as_json
@click.pass_context
def relay(  # noqa: PLR0913 - one argument an option
    context: click.Context, files: tuple[Path, ...], host: str, port: int, *, waiting: bool, wants_json: bool
) -> int:
    """Play SCORM packages here, and report to the remote system that opens them (AICC HACP), until stopped.

    Each ZIP is imported, and the address to register there is printed.
    """
    settings, engine = settings_of(context), engine_of(context)
    if waiting:
        return _waiting(engine, wants_json=wants_json)
    if not settings.relay_hosts:
        raise SettingError("PRECEPTOR_RELAY_HOSTS must name the systems that may be reported to.")
    logs.configure(settings.log)
    launches = [(file.name, _imported(engine, settings, file)) for file in files]
    say(dict(launches), (f"{name}: {url}" for name, url in launches), wants_json=wants_json)
    ask = relay_reports.asking(settings.relay_hosts)
    reporting(engine, _remote(settings, ask), threading.Event())
    waitress.serve(relay_app(engine, settings, ask), host=host, port=port, **nodes.AS_IT_CAME)
    return 0


def relay_app(engine: Engine, settings: Settings, ask: Ask) -> Flask:
    """Make the WSGI application of the adapter: the content origin, and where remote systems send their learners."""
    # Home is not ours: the learner came from somewhere else, and is told to go back there.
    here = replace(settings, app_origin=settings.content_origin)
    app = create_content_app(engine, here, relaying.follow)
    site = Site(engine=engine, settings=here, secret=secret_for(here), on_outcome=relaying.follow)
    app.register_blueprint(relay_web.blueprint(site, _remote(settings, ask)))
    return app


def reporting(engine: Engine, remote: Remote, stopping: threading.Event) -> threading.Thread:
    """Report what is due, round by round, from a thread that ends with the process or when it is told to."""

    def rounds() -> None:
        while not stopping.wait(ROUND):
            try:
                relay_reports.report_due(engine, remote)
            except Exception:  # noqa: BLE001 - whatever it is, the next round tries again
                _log.exception("relay.failed")

    thread = threading.Thread(target=rounds, daemon=True)
    thread.start()
    return thread


def _remote(settings: Settings, ask: Ask) -> Remote:
    return Remote(ask=ask, hosts=settings.relay_hosts, secret=secret_for(settings))


def _imported(engine: Engine, settings: Settings, file: Path) -> str:
    imported = package.read(file, settings.blobs)
    if any(one.kind == AU for one in Manifest.recorded(imported.manifest).scos):
        raise PackageRefused([_NOT_RELAYED])
    with engine.transaction() as tx:
        library.add(tx.connection, TRUST, imported, tx.now)
    return relay_web.launch_url(settings, imported.hash)


def _waiting(engine: Engine, *, wants_json: bool) -> int:
    with engine.reading() as connection:
        owed = relay_store.owed(connection, engine.clock())
    shown = [{name: getattr(one, name) for name in ("attempt", "system", "tries", "due_at", "trouble")} for one in owed]
    lines = (
        f"{one.attempt} to {one.system}: {one.tries} tries, next {one.due_at:%F %T}. {one.trouble}" for one in owed
    )
    say(shown, lines, wants_json=wants_json)
    return 1 if owed else 0
