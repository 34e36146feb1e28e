"""What machines ask of a web process: does it live, can it answer, how do the queues stand. No answer names anybody.

`/metrics` is open to this machine, and to whoever bears the token of the settings; `/health` tells them more too.
"""

from __future__ import annotations

import hmac
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from alembic.runtime.migration import MigrationContext
from flask import Blueprint, Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine import gauges, heartbeats
from engine.errors import NotAllowed
from engine.settings import Settings
from engine.storage import database
from engine.transaction import Engine
from engine.web.permissions import for_machines
from engine.web.visitors import visitor_or_none

REQUEST_ID: Final = "X-Request-ID"
_ACCEPTED: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_HERE: Final = ("127.0.0.1", "::1")
_AWAY: Final = (DBAPIError, PoolTimeout)
_log = logging.getLogger(__name__)


class Meter:
    """Measures and logs every request of the applications that it is installed in."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "preceptor_http_request_duration_seconds",
            "How long requests took, by route.",
            ("app", "method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def install(self, app: Flask, name: str) -> None:
        """Have every request of an application measured, given an identifier and logged."""
        app.before_request_funcs.setdefault(None, []).insert(0, _begin)

        def end(response: Response) -> Response:
            self._end(name, response)
            return response

        app.after_request_funcs.setdefault(None, []).insert(0, end)

    def _end(self, name: str, response: Response) -> None:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "(none)"
        here = visitor_or_none()
        response.headers[REQUEST_ID] = identifier = g.get("request_id", "")
        account = here.actor.id if here else None
        self._note((name, _method(), route), response.status_code, seconds, identifier, account)

    def noted(self, app: str) -> Callable[[str, int, float, str], None]:
        """Return what notes a POST that an application's hooks do not hear of: route, status, seconds, identifier."""

        def note(route: str, status: int, seconds: float, identifier: str) -> None:
            self._note((app, "POST", route), status, seconds, identifier, None)

        return note

    def _note(
        self, asked: tuple[str, str, str], status: int, seconds: float, identifier: str, account: str | None
    ) -> None:
        self._seconds.labels(*asked, f"{status // 100}xx").observe(seconds)
        if _log.isEnabledFor(logging.INFO):
            facts = dict(zip(("app", "method", "route"), asked, strict=True))
            known = {"request": identifier, "ms": round(seconds * 1000, 1), "account": account}
            _log.info("request", extra={**facts, "status": status, **known})


def blueprint(engine: Engine, settings: Settings, meter: Meter) -> Blueprint:
    """Return `/health` and `/metrics`."""
    pages = Blueprint("probes", __name__)
    meter.registry.register(_Queues(engine))

    @pages.get("/health/live")
    @for_machines
    def live() -> Response:
        """Say that this process answers; nothing else is asked."""
        return jsonify(status="live")

    @pages.get("/health/ready")
    @for_machines
    def ready() -> Response:
        """Say whether this process can serve: whether its database is there and its schema current."""
        return _ready(engine)

    @pages.get("/health")
    @for_machines
    def health() -> Response:
        """Say both; with leave also the age of the queues and of the last sign of a worker."""
        return _ready(engine, at_length=_has_leave(settings.metrics_token))

    @pages.get("/metrics")
    @for_machines
    def metrics() -> Response:
        """Give the figures to Prometheus."""
        if not _has_leave(settings.metrics_token):
            raise NotAllowed("The figures are open to this machine, and to whoever bears the token of the settings.")
        return Response(generate_latest(meter.registry), content_type=CONTENT_TYPE_LATEST)

    return pages


def _begin() -> None:
    g.began = time.perf_counter()
    said = request.headers.get(REQUEST_ID, "")
    g.request_id = said if _ACCEPTED.fullmatch(said) else uuid.uuid4().hex


def _method() -> str:
    """Return the method, if it is one: the name of a metric must not come from outside."""
    return (
        request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "(none)"
    )


def _ready(engine: Engine, *, at_length: bool = False) -> Response:
    said: dict[str, Any] = {"database": False, "schema": False}
    more: dict[str, Any] = {}
    try:
        with engine.reading() as connection:
            said["database"] = True
            said["schema"] = database.suffices(MigrationContext.configure(connection).get_current_revision())
            if at_length and said["schema"]:
                more = _at_length(engine, connection)
    except _AWAY as error:
        _log.warning("not ready error=%s", type(error).__name__)
    fit = all(said.values())
    answer = jsonify(status="ready" if fit else "not ready", live=True, checks=said, **more)
    answer.status_code = 200 if fit else 503
    if not fit:
        answer.headers["Retry-After"] = "5"
    return answer


def _at_length(engine: Engine, connection: Any) -> dict[str, Any]:
    now = engine.clock()
    heard = heartbeats.beats(connection)
    return {
        "oldest_unsent_seconds": round(gauges.read(connection, now).oldest_unsent, 1),
        "worker_seen_seconds": round((now - heard[0].seen_at) / timedelta(seconds=1), 1) if heard else None,
    }


def _has_leave(token: str) -> bool:
    """Let in this machine, where no proxy speaks for somebody else, and whoever bears the token."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(said.encode(), token.encode()):
        return True
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and request.remote_addr in _HERE


class _Queues:
    """The figures of the queues, read when they are asked for (a collector of Prometheus)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: what there is says the database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        with self._engine.reading() as connection:
            figures = gauges.read(connection, self._engine.clock())
            heard = heartbeats.beats(connection)
        yield from _of_queues(figures)
        yield _single("preceptor_oldest_unsent_seconds", "Age of the oldest unsent message.", figures.oldest_unsent)
        lately = GaugeMetricFamily(
            "preceptor_messages_last_day", "Messages queued within 24 hours, by what became of them.", labels=["state"]
        )
        for state, count in sorted(figures.lately.items()):
            lately.add_metric([state], count)
        yield lately
        silent = [(figures.at - beat.seen_at) / timedelta(seconds=1) for beat in heard]
        yield _single("preceptor_worker_seen_seconds", "Time since any worker was heard of.", min(silent, default=-1.0))
        alive = {beat.worker for beat in heard if figures.at - beat.seen_at <= heartbeats.SILENT}
        yield _single("preceptor_workers", "Workers that were heard of within a minute.", len(alive))


_FAMILIES: Final = (
    ("outbox", "preceptor_outbox_messages", "state", "Messages that wait, or were set aside."),
    ("timers", "preceptor_timers", "state", "Timers that are due, or parked by an incident."),
    ("jobs", "preceptor_jobs", "state", "Jobs that wait, run, or were given up."),
    ("approvals", "preceptor_open_approvals", "role", "Questions that stand, by role."),
    ("incidents", "preceptor_open_incidents", "source", "Incidents that wait for a person."),
)


def _of_queues(figures: gauges.Figures) -> Iterator[Metric]:
    for queue, name, label, about in _FAMILIES:
        count = GaugeMetricFamily(name, about, labels=[label])
        late = GaugeMetricFamily(f"{name}_late", f"{about} Of these, what is late.", labels=[label])
        age = GaugeMetricFamily(f"{name}_oldest_seconds", f"{about} Age of the oldest.", labels=[label])
        for figure in figures.of(queue):
            count.add_metric([figure.name], figure.count)
            late.add_metric([figure.name], figure.late)
            age.add_metric([figure.name], figure.age(figures.at))
        yield from (count, late, age)


def _single(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
