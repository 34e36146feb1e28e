"""How the machinery stands: queues and their ages, questions by role, incidents, and which workers live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from flask import Blueprint, render_template
from sqlalchemy import Connection, select

from engine import gauges, heartbeats
from engine.incident import MAY_ACT
from engine.roles.directory_tables import roles
from engine.transaction import Engine
from engine.web import incident_pages
from engine.web.message_story import STATES as MESSAGES
from engine.web.permissions import requires
from engine.web.visitors import visitor

_QUEUES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "outbox": {str(state): f"Messages: {words.lower()}" for state, words in MESSAGES.items()},
        "timers": {"DUE": "Timed steps: due now", "PARKED": "Timed steps: parked by an incident"},
        "jobs": {"WAITING": "Jobs: waiting", "RUNNING": "Jobs: running", "DEAD": "Jobs: given up"},
    }
)


def blueprint(engine: Engine) -> Blueprint:
    """Return the pages of operations: the dashboard and the incidents."""
    pages = Blueprint("operations", __name__, url_prefix="/operations")
    incident_pages.add_to(pages, engine)

    @pages.get("/")
    @requires(*MAY_ACT)
    def index() -> str:
        """Show the figures of the visitor's trust as they stand now."""
        here = visitor()
        now = engine.clock()
        with engine.reading() as connection:
            figures = gauges.read(connection, now, here.trust)
            titles = _titles(connection, here.trust)
            heard = heartbeats.beats(connection)
        return render_template(
            "engine/operations.html",
            figures=figures,
            queues=_queues(figures),
            titles=titles,
            heard=heard,
            alive=[beat for beat in heard if now - beat.seen_at <= heartbeats.SILENT],
            now=now,
            age=age,
            messages={str(state): words for state, words in MESSAGES.items()},
            **incident_pages.WORDS,
        )

    return pages


def age(since: datetime | None, now: datetime) -> str:
    """Write for how long something has been so: `2 days`, `3 hours`, `1 minute`, `12 seconds`; "" for nothing."""
    if since is None:
        return ""
    passed = max(now - since, timedelta())
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if passed >= length:
            return _counted(passed // length, unit)
    return _counted(passed // timedelta(seconds=1), "second")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _queues(figures: gauges.Figures) -> list[tuple[str, gauges.Figure]]:
    """Return every state of every queue in words, also those in which nothing is."""
    known = {(figure.queue, figure.name): figure for figure in figures.all}
    return [
        (words, known.get((queue, name)) or gauges.Figure(queue=queue, name=name, count=0))
        for queue, names in _QUEUES.items()
        for name, words in names.items()
        if queue != "outbox" or name in _STANDING
    ]


_STANDING: Final = ("QUEUED", "SENDING", "RETRY", "PARKED")


def _titles(connection: Connection, trust: str) -> Mapping[str, str]:
    """Return what a trust calls its roles."""
    chosen = select(roles.c.role, roles.c.title).where(roles.c.trust == trust, roles.c.organisation == trust)
    return {row.role: row.title for row in connection.execute(chosen)}
