"""`preceptor serve`, `worker`, `deliver` and `due`: the processes of an installation, and one pass of each."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from functools import partial

import click

from engine import advance, delivery, logs
from engine.errors import Invalid
from engine.jobs import Jobs
from engine.settings import Settings
from engine.timing import timers
from engine.transaction import Engine
from engine.worker import embedded_jobs
from workflows import app, nodes, wiring
from workflows.commands.report import as_json, engine_of, say, settings_of


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes (PostgreSQL).")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64), help="Threads of each process.")
@click.pass_context
def serve(context: click.Context, host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages, the API and the content origin, until stopped."""
    _ready(context)
    nodes.serve(context.obj, host, port, workers, threads)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.pass_context
def worker(context: click.Context, *, once: bool) -> int:
    """Deliver letters, fire timers and do scheduled work, until stopped."""
    working = app.worker_of(_ready(context), engine_of(context))
    if once:
        click.echo(f"{working.once()} done.")
        return 0
    return 0 if working.run() else 1


@click.command()
@click.option("--once", is_flag=True, required=True, help="One pass; `worker` delivers for good.")
@as_json
@click.pass_context
def deliver(context: click.Context, *, once: bool, wants_json: bool) -> None:  # noqa: ARG001 - the option says it
    """Deliver what waits in the outbox."""
    post = app.post_of(_ready(context))
    with closing(post.transport()) as transport:
        done = delivery.deliver_once(engine_of(context), transport, post.composer())
    answer = {"sent": done.sent, "again": done.again, "withdrawn": done.withdrawn, "dead": done.dead}
    sentence = ", ".join(f"{count} {name}" for name, count in answer.items())
    say(answer, [sentence if done.reachable else delivery.UNREACHABLE], wants_json=wants_json)


@click.command()
@click.option("--until", metavar="ISO", help="For trials: take the clock there, firing what falls due on the way.")
@as_json
@click.pass_context
def due(context: click.Context, *, until: str | None, wants_json: bool) -> None:
    """Fire the timers that are due."""
    settings, engine = _ready(context), engine_of(context)
    if until is None:
        fired = timers.fire_due(engine)
        say({"fired": fired}, [f"{fired} fired."], wants_json=wants_json)
        return
    passed = advance.advance(engine, _moment(until, settings), partial(_jobs, settings))
    lines = [f"{passed.timers} fired, {passed.jobs} jobs done."]
    say({"fired": passed.timers, "jobs": passed.jobs}, lines, wants_json=wants_json)


def _jobs(settings: Settings, engine: Engine) -> Jobs:
    return embedded_jobs(engine, wiring.works(engine, settings), wiring.SCHEDULES)


def _ready(context: click.Context) -> Settings:
    settings = settings_of(context)
    logs.configure(settings.log)
    app.require_schema(settings)
    app.require_definitions(settings)
    return settings


def _moment(text: str, settings: Settings) -> datetime:
    if settings.production:
        raise Invalid("--until is for trials: it is refused in production.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(f"--until must be a moment such as 2027-01-04T09:30:00Z, not {text!r}.") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
