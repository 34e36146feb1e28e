"""The demo as one process: the web server, the worker and the mail sink, started together and stopped together."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import waitress
from waitress.server import BaseWSGIServer, MultiSocketServer

from engine.settings import Settings
from engine.sink import Sink
from engine.stopping import Stop
from engine.storage import database
from workflows import app
from workflows.demo import trust

MARK = "this-is-a-demo"
_THREADS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A demo that is running."""

    settings: Settings
    stop: Stop

    def greeting(self) -> Iterator[str]:
        """Yield where it is and how to come in."""
        yield f"Preceptor runs at {self.settings.app_origin}"
        yield f"What it mails is at {self.settings.app_origin}/mailbox/"
        yield ""
        yield f"{'user name':<16} {'password':<16} who"
        for username, password, about in trust.sign_ins():
            yield f"{username:<16} {password:<16} {about}"
        yield ""
        yield "Play a course as priya.nair. Ctrl-C stops the demo."

    def wait(self) -> None:
        """Return when somebody presses Ctrl-C or sends SIGTERM."""
        self.stop.wait()


def environment(data: Path, port: int, smtp_port: int) -> Mapping[str, str]:
    """Return the settings of a demo."""
    return {
        "PRECEPTOR_DATA_DIR": str(data),
        "PRECEPTOR_APP_ORIGIN": f"http://127.0.0.1:{port}",
        "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{port}",
        "PRECEPTOR_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "PRECEPTOR_MAIL_FROM": "Northshire Learning <learning@northshire.example>",
        "PRECEPTOR_REPLY_DOMAIN": "northshire.example",
    }


@contextmanager
def started(settings: Settings) -> Iterator[Site]:
    """Run the demo; at the end everything is stopped and kept."""
    stop = Stop()
    with ExitStack() as running:
        sink = _sink(settings, running)
        _prepare(settings)
        app.require_definitions(settings)
        worker = app.worker_of(settings)
        server = _server(settings, sink)
        worker.start()
        running.callback(worker.stop)
        threading.Thread(target=server.run, name="web", daemon=True).start()
        running.callback(server.close)
        yield Site(settings=settings, stop=stop)


def _prepare(settings: Settings) -> None:
    """Make the trust, the first time."""
    mark = settings.data_dir / MARK
    database.migrate(settings.database_url)
    if not mark.exists():
        engine = app.engine_of(settings)
        trust.build(engine, settings.blobs)
        engine.database.dispose()
        mark.touch()


def _sink(settings: Settings, running: ExitStack) -> Sink:
    sink = Sink(settings.data_dir / "mailbox", app.clock_of(settings))
    sink.start(urlsplit(settings.smtp_url).port or 0)
    running.callback(sink.stop)
    return sink


def _server(settings: Settings, sink: Sink) -> BaseWSGIServer | MultiSocketServer:
    port = urlsplit(settings.app_origin).port
    return waitress.create_server(
        app.create_app(settings, sink), host="127.0.0.1", port=port, threads=_THREADS, ident=None
    )
