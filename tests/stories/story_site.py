"""A whole site for a story: the demo's trust, a real web server, a real worker and a real SMTP server."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar
from sqlalchemy import func, select

from engine import bearers, settings
from engine.outgoing.outbox import Delivery
from engine.settings import Settings
from engine.tables import outbox
from engine.transaction import Engine
from tests import databases
from tests.clock import FrozenClock
from tests.serving import serving
from tests.sink import Received, Sink, running_sink
from tests.stories.windows import Program, Window
from tests.waiting import until
from workflows import app
from workflows.demo import running, trust

TRUST = trust.TRUST
_UNSENT = (Delivery.QUEUED, Delivery.SENDING, Delivery.RETRY)
_TURN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message as somebody got it."""

    to: str
    subject: str
    text: str
    method: str | None = None
    uid: str | None = None
    sequence: int | None = None
    start: str | None = None

    @property
    def who(self) -> str:
        """Return the local part of the address."""
        return self.to.partition("@")[0]


@dataclass(kw_only=True)
class Site:
    """What runs, and what has arrived by mail until now."""

    settings: Settings
    clock: FrozenClock
    engine: Engine
    sink: Sink
    _seen: int = field(default=0)

    @property
    def origin(self) -> str:
        """Return the origin of the pages."""
        return self.settings.app_origin

    def signed_in(self, username: str) -> Window:
        """Sign one of the trust's people in by the form, and return their window."""
        window = Window(self.origin)
        form = window.open("/sign-in?next=/worklist/").form("sign-in")
        answer = window.send(form, {"username": username, "password": trust.PASSWORD})
        assert answer.status == 200, answer.text
        assert answer.path != "/sign-in", answer.text
        return window

    def program(self, account: str) -> Program:
        """Return a program with a token of one of the trust's people."""
        return self.program_of(TRUST, account)

    def program_of(self, trust: str, account: str) -> Program:
        """Return a program with a token of somebody's account in any trust."""
        with self.engine.transaction() as tx:
            token = bearers.add(tx.connection, trust, account, tx.now)
        return Program(self.origin, token)

    def post(self) -> list[Mail]:
        """Return what arrived since this was last asked, once nothing waits to be sent any more."""
        until(lambda: self._unsent() == 0, "the outbox is empty")
        received = self.sink.received
        fresh, self._seen = received[self._seen :], len(received)
        return [_mail(one) for one in fresh]

    def _unsent(self) -> int:
        unsent = select(func.count()).select_from(outbox).where(outbox.c.state.in_(_UNSENT))
        with self.engine.reading() as connection:
            return int(connection.execute(unsent).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """The demo's trust as it was founded, its first letters delivered; every story gets a copy."""

    url: str
    folder: Path


@contextmanager
def founded(url: str, folder: Path) -> Iterator[Founded]:
    """Found the trust in an empty database, its package files in a folder, and deliver its first letters."""
    with running_sink(free_port()) as sink:
        chosen = settings_for(url, folder, free_port(), sink.url)
        with engine_with(chosen, FrozenClock()) as engine:
            trust.build(engine, chosen.blobs)
            app.worker_of(chosen, engine).once()
    yield Founded(url=url, folder=folder)


@contextmanager
def copy_of(original: Founded, folder: Path) -> Iterator[str]:
    """Copy the trust: its package files into a folder, its database to the URL that is yielded."""
    shutil.copytree(original.folder / "blobs", folder / "blobs")
    with databases.copied(original.url, folder) as url:
        yield url


@contextmanager
def running_site(chosen: Settings, clock: FrozenClock, sink: Sink) -> Iterator[Site]:
    """Run the web server and the worker until the block ends."""
    with (
        engine_with(chosen, clock) as engine,
        serving(app.create_app(chosen, engine=engine), urlsplit(chosen.app_origin).port or 0),
    ):
        worker = app.worker_of(chosen, engine)
        worker.start()
        try:
            yield Site(settings=chosen, clock=clock, engine=engine, sink=sink)
        finally:
            assert worker.stop()


@contextmanager
def engine_with(chosen: Settings, clock: FrozenClock) -> Iterator[Engine]:
    """Open the database with a clock of the test's own."""
    engine = replace(app.engine_of(chosen), clock=clock)
    yield engine
    databases.close(engine.database)


def settings_for(url: str, folder: Path, port: int, smtp_url: str) -> Settings:
    """Return the demo's settings over a database, with a mail server of the test's own.

    Nobody is reminded of classes: a story counts the mail of its own steps, whatever days it lets go by.
    """
    said = {"PRECEPTOR_DATABASE_URL": url, "PRECEPTOR_SMTP_URL": smtp_url, "PRECEPTOR_CLASS_REMINDERS": ""}
    return settings.read({**running.environment(folder, port, 0), **said})


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _mail(received: Received) -> Mail:
    message = received.message
    body = message.get_body(("plain",))
    assert body is not None
    said = {"to": received.recipients[0], "subject": str(message["Subject"]), "text": body.get_content()}
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            said |= _meeting(part.get_payload(decode=True))
    return Mail(**said)


def _meeting(ics: bytes) -> dict[str, Any]:
    calendar = Calendar.from_ical(ics)
    (event,) = calendar.events
    return {
        "method": str(calendar["METHOD"]),
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "start": event["DTSTART"].dt.isoformat(),
    }
