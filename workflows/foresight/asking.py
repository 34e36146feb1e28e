"""Runs a forecast that somebody asked for on the page, in a process of its own that gives way to all others.

The process that serves pages only listens: how far it is, and in the end what it found. Nobody has two at once, and
what was found is kept for a day.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, select, update

from engine.errors import Conflict
from engine.identifiers import new_id
from engine.settings import Settings
from engine.storage import database
from engine.transaction import Engine
from workflows.forecast_tables import forecasts

KEPT: Final = timedelta(days=1)
SILENCE: Final = timedelta(minutes=5)
CHANGE: Final = "PRECEPTOR_FORECAST_CHANGE"
"""By what name the process is told the change; as an argument it could be too long, and others could read it."""
_LOOK: Final = 1.0
_PATIENCE: Final = 5.0
STOPPED: Final = "It stopped before it was done. Ask again."


class State(StrEnum):
    """How far an asked forecast has come; stored in `forecasts.state`."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


def ask(  # noqa: PLR0913 - who asks what
    engine: Engine, settings: Settings, *, trust: str, account: str, days: int, change: Mapping[str, Any] | None
) -> threading.Thread:
    """Begin a forecast; it takes the place of the one that the account asked for before.

    Raises `Conflict` while that one runs.
    """
    now = engine.clock()
    mine = (forecasts.c.trust == trust, forecasts.c.account == account)
    row = {"trust": trust, "id": new_id(now), "account": account, "days": days, "change": change}
    with engine.transaction() as tx:
        running = latest(tx.connection, trust, account, now)
        if running is not None and running["state"] == State.RUNNING:
            raise Conflict("A forecast of yours is running already. Wait for it, or stop it.")
        tx.connection.execute(delete(forecasts).where(*mine))
        tx.connection.execute(delete(forecasts).where(forecasts.c.asked_at < now - KEPT))
        begun = {"state": State.RUNNING, "progress": 0, "asked_at": now, "seen_at": now}
        tx.connection.execute(forecasts.insert(), {**row, **begun})
    listening = threading.Thread(target=_listen, args=(engine, settings, row), name="forecast", daemon=True)
    listening.start()
    return listening


def latest(connection: Any, trust: str, account: str, now: datetime) -> Mapping[str, Any] | None:
    """Return what an account asked for within the last day; one of which nothing is heard has stopped."""
    mine = (forecasts.c.trust == trust, forecasts.c.account == account, forecasts.c.asked_at > now - KEPT)
    row: RowMapping | None = connection.execute(select(forecasts).where(*mine)).mappings().one_or_none()
    if row is None:
        return None
    silent = row["state"] == State.RUNNING and row["seen_at"] < now - SILENCE
    return {**row, **({"state": State.FAILED, "trouble": STOPPED} if silent else {})}


def cancel(engine: Engine, trust: str, account: str) -> None:
    """Stop what an account asked for; what is done already stays."""
    with engine.transaction() as tx:
        running = (forecasts.c.trust == trust, forecasts.c.account == account, forecasts.c.state == State.RUNNING)
        tx.connection.execute(update(forecasts).where(*running).values(state=State.CANCELED))


def _listen(engine: Engine, settings: Settings, row: Mapping[str, Any]) -> None:
    """Start the process, and write down what it says."""
    command = [sys.executable, "-m", "workflows", "--env-file", "/dev/stdin", "forecast", "--brief"]
    command += ["--days", str(row["days"]), "--trust", row["trust"]]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PRECEPTOR_")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    heard: dict[str, Any] = {}
    with subprocess.Popen(command, text=True, env=env, **pipes) as child:  # type: ignore[call-overload] # noqa: S603
        with child.stdin as said:  # What it is told has secrets: it goes where no other process can read it.
            said.writelines(f"{name}={value}\n" for name, value in _told(engine, settings, row).items())
        over = threading.Event()
        watching = threading.Thread(target=_end_if_stopped, args=(engine, row, child, over), daemon=True)
        watching.start()
        for line in child.stdout:
            heard = json.loads(line)
            _note(engine, row, {"progress": heard.get("progress", 100)})
        over.set()
        watching.join()
    if "result" in heard:
        _note(engine, row, {"state": State.DONE, "result": heard["result"]})
    else:
        _note(engine, row, {"state": State.FAILED, "trouble": heard.get("trouble", STOPPED)})


def _end_if_stopped(
    engine: Engine, row: Mapping[str, Any], child: subprocess.Popen[str], over: threading.Event
) -> None:
    """End the process as soon as what it does was stopped, or asked anew; look every second."""
    asked = select(forecasts.c.id).where(*_running(row))
    while not over.wait(_LOOK):
        with engine.reading() as connection:
            wanted = connection.execute(asked).first() is not None
        if not wanted:
            child.terminate()
            if not over.wait(_PATIENCE):
                child.kill()
            return


def _note(engine: Engine, row: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Write something down, unless it was stopped, or asked anew."""
    with database.writing(engine.database) as connection:
        connection.execute(update(forecasts).where(*_running(row)).values(**said, seen_at=engine.clock()))


def _running(row: Mapping[str, Any]) -> tuple[ColumnElement[bool], ...]:
    return forecasts.c.trust == row["trust"], forecasts.c.id == row["id"], forecasts.c.state == State.RUNNING


def _told(engine: Engine, settings: Settings, row: Mapping[str, Any]) -> dict[str, str]:
    said = {
        "PRECEPTOR_DATABASE_URL": engine.database.url.render_as_string(hide_password=False),
        "PRECEPTOR_DATA_DIR": str(settings.data_dir),
        "PRECEPTOR_APP_ORIGIN": settings.app_origin,
        "PRECEPTOR_CONTENT_ORIGIN": settings.content_origin,
        "PRECEPTOR_REPLY_DOMAIN": settings.reply_domain,
        "PRECEPTOR_SECRET_KEY": settings.secret_key,
        "PRECEPTOR_ENV": settings.environment,
        "PRECEPTOR_REMINDERS": " ".join(map(str, settings.reminders)),
        "PRECEPTOR_CLASS_REMINDERS": " ".join(map(str, settings.calendars.reminders)),
        "PRECEPTOR_REMIND_NOT_REQUIRED": "yes" if settings.remind_not_required else "no",
    }
    trial = {} if settings.production else {"PRECEPTOR_NOW": engine.clock().isoformat()}
    change = {CHANGE: json.dumps(row["change"])} if row["change"] else {}
    return {**said, **trial, **change}
