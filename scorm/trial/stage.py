"""A content origin that lasts as long as a trial run: the real one, over a database that is thrown away."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import waitress
from sqlalchemy import Connection, Table, insert, literal, select

from engine import settings
from engine.settings import Settings
from engine.storage import database
from engine.tables import metadata
from engine.transaction import Engine
from scorm import addresses, calls, library, store, tables
from scorm.packaging import items
from scorm.packaging.manifest import Manifest
from scorm.packaging.package import ImportedPackage
from scorm.runtime.outcome import Outcome
from scorm.runtime.session import Call
from scorm.sequencing import definition
from scorm.store import Attempt
from scorm.trial.records import Request
from scorm.web import create_content_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_TRUST: Final = "trial"
_THREADS: Final = 8
_NO_WAY: Final = b"A trial run has no network."


@dataclass(frozen=True, slots=True)
class Played:
    """What the server knows of an attempt: every call in order, and what it came to."""

    calls: tuple[Call, ...]
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a package plays; `proxy` is the only address that the browser reaches."""

    engine: Engine
    settings: Settings
    request: Request
    proxy: str
    home: str

    def open(self, part: str) -> str:
        """Make a new attempt at one part by itself, and return the address of its player."""
        whole = Manifest.recorded(self.request.manifest)
        now = self.engine.clock()
        trust = self._trust(part)
        attempt = Attempt(
            trust=trust,
            id=secrets.token_hex(8),
            registration=part,
            learner="trial",
            learner_name="Trial, Run",
            package=self.request.package,
            sco=part,
            opened_at=now,
            active_at=now,
        )
        with self.engine.transaction() as tx:
            # A version of a package never changes, so each part is the package of a trust of its own.
            _copy(tx.connection, tables.packages, trust, manifest=alone(whole, part).as_record())
            _copy(tx.connection, tables.package_files, trust)
            store.add_attempt(tx.connection, attempt)
        return addresses.play_url(self.settings, attempt, now)

    def _trust(self, part: str) -> str:
        known = [sco.identifier for sco in Manifest.recorded(self.request.manifest).scos]
        return f"{_TRUST}-{known.index(part)}"

    def played(self, part: str) -> Played:
        """Return what is known of the newest attempt at a part."""
        with self.engine.reading() as connection:
            trust = self._trust(part)
            attempt = store.attempts_of(connection, trust, part)[-1]
            made = calls.read(connection, {"trust": trust, "attempt": attempt.id, "epoch": 1})
        return Played(calls=tuple(made), outcome=attempt.outcome)


@contextmanager
def staged(request: Request, folder: Path) -> Iterator[Stage]:
    """Serve a package on a port of the loopback, over a database in the folder."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    chosen = _settings(request, folder, port)
    engine = Engine(database=database.connect(chosen.database_url), keeps={}, handlers={}, clock=_clock(request.now))
    metadata.create_all(engine.database)
    with engine.transaction() as tx:
        library.add(tx.connection, _TRUST, _imported(request), tx.now)
    content = create_content_app(engine, chosen, lambda *_told: None)
    host = addresses.package_host(chosen, request.package)
    server = waitress.create_server(only(host, content), sockets=[listening], threads=_THREADS, ident=None)
    threading.Thread(target=server.run, name="trial", daemon=True).start()
    try:
        proxy = f"http://127.0.0.1:{port}"
        yield Stage(engine=engine, settings=chosen, request=request, proxy=proxy, home=f"{chosen.app_origin}/")
    finally:
        server.close()
        engine.database.dispose()


def only(host: str, app: WSGIApplication) -> WSGIApplication:
    """Answer one host and refuse every other: as a proxy this is all of the network that there is."""

    def answer(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environment.get("HTTP_HOST", "") == host and environment["REQUEST_METHOD"] != "CONNECT":
            return app(environment, start)
        start("403 Forbidden", [("Content-Type", "text/plain")])
        return [_NO_WAY]

    return answer


def alone(whole: Manifest, part: str) -> Manifest:
    """Return a manifest in which one part is all there is, so that nothing has to be done before it."""
    sco = replace(next(one for one in whole.scos if one.identifier == part), items=(), prerequisites="", visible=True)
    course = items.course(whole)
    leaf = _leaf(course.root, part) if course and whole.course is not None else None
    if leaf is None or course is None:
        return replace(whole, items=(sco,), course=None)
    free = replace(leaf, prerequisites="", settings=_unruled(leaf.settings))
    root = replace(course.root, children=(free,), settings=_unruled(course.root.settings))
    return replace(whole, items=(sco,), course=replace(course, root=root).as_record())


def _unruled(said: definition.Settings) -> definition.Settings:
    """Return what an activity is without that which other parts, or earlier attempts, decide of it."""
    return replace(said, flow=True, choice=False, rules=(), attempt_limit=None, select=definition.Timing.NEVER)


def _leaf(node: definition.Node, part: str) -> definition.Node | None:
    if node.identifier == part and not node.children:
        return node
    return next((found for child in node.children if (found := _leaf(child, part))), None)


def counted(made: Iterable[Call]) -> Mapping[str, int]:
    """Count the calls by function, without the prefix that SCORM 1.2 puts before their names."""
    return dict(Counter(call.fn.removeprefix("LMS") for call in made))


def _copy(connection: Connection, table: Table, trust: str, **changes: Any) -> None:
    """Give another trust what the first one has in a table."""
    said = {"trust": trust, **changes}
    columns = [literal(said[one.name], one.type).label(one.name) if one.name in said else one for one in table.c]
    chosen = select(*columns).where(table.c.trust == _TRUST)
    connection.execute(insert(table).from_select([one.name for one in table.c], chosen))


def _settings(request: Request, folder: Path, port: int) -> Settings:
    said: dict[str, Any] = {
        "PRECEPTOR_DATA_DIR": request.data_dir,
        "PRECEPTOR_DATABASE_URL": f"sqlite:///{folder / 'trial.db'}",
        "PRECEPTOR_APP_ORIGIN": f"http://home.localhost:{port}",
        "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{port}",
        "PRECEPTOR_CONTENT_HOSTS": " ".join(request.hosts),
        "PRECEPTOR_SECRET_KEY": secrets.token_hex(32),
    }
    return settings.read(said)


def _clock(start: str) -> Any:
    began, first = time.monotonic(), datetime.fromisoformat(start)
    return lambda: first + timedelta(seconds=time.monotonic() - began)


def _imported(request: Request) -> ImportedPackage:
    return ImportedPackage(
        hash=request.package,
        title=request.title,
        manifest=dict(request.manifest),
        files=request.files,
        warnings=(),
    )
