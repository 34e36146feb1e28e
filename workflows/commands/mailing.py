"""`preceptor mailroom`: takes the mail that comes back, and keeps it for the workers to read."""

from __future__ import annotations

import os

import click

from engine import logs
from engine.errors import SettingError
from engine.mailroom import receiving
from engine.mailroom.receiving import Mailroom
from engine.settings import Settings
from engine.stopping import Stop
from workflows import app
from workflows.commands.report import engine_of, settings_of


@click.command()
@click.option("--host", help="Where to listen; PRECEPTOR_MAILROOM says so otherwise.")
@click.option("--port", type=click.IntRange(1, 65535), help="The same for the port.")
@click.option("--lmtp", is_flag=True, help="Speak LMTP (RFC 2033) instead of SMTP.")
@click.pass_context
def mailroom(context: click.Context, host: str | None, port: int | None, *, lmtp: bool) -> int:
    """Take answers, replies and bounces by SMTP or LMTP, until stopped; a worker reads them."""
    settings = settings_of(context)
    logs.configure(settings.log)
    _require_nobody_special(settings)
    app.require_schema(settings)
    set_host, set_port = receiving.place(settings.mailroom)
    server = Mailroom(app.door_of(settings, engine_of(context), local=lmtp), host or set_host, port or set_port)
    _listen(server)
    stop = Stop()
    if not settings.inbound.answers:
        click.echo("PRECEPTOR_ANSWERS is no: letters do not bear addresses that lead here yet.", err=True)
    click.echo(f"Taking mail for {settings.reply_domain} at {server.hostname}:{server.port}.")
    stop.wait()
    server.stop()
    return 0


def _listen(server: Mailroom) -> None:
    try:
        server.start()
    except OSError as trouble:
        server.stop()
        where = f"{server.hostname}:{server.port}"
        raise SettingError(f"The mailroom cannot listen at {where}: {trouble.strerror}.") from None


def _require_nobody_special(settings: Settings) -> None:
    if settings.production and os.geteuid() == 0:
        raise SettingError("The mailroom does not run as root: give it an account of its own.")
