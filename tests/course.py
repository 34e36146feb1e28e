"""A small course, and a content origin that plays it: for tests of the run-time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from engine import settings
from engine.settings import Settings
from engine.storage import database
from engine.transaction import Engine, Transaction
from scorm import addresses, blobs, library, store
from scorm.packaging.manifest import Item, Manifest
from scorm.packaging.package import ImportedPackage
from scorm.playing import News
from scorm.runtime.outcome import Outcome
from scorm.store import Attempt
from scorm.web import create_content_app

TRUST = "northshire"
PACKAGE = hashlib.sha256(b"fire safety, first version").hexdigest()

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fire safety</title></head>
<body><h1>Fire safety</h1><p>Page <output id="at"></output></p>
<button id="next">Next</button> <button id="done">I have read it</button>
<script>
  let view = window;
  while (!view.API && view.parent !== view) view = view.parent;
  const api = view.API;
  api.LMSInitialize("");
  let at = Number(api.LMSGetValue("cmi.core.lesson_location") || "1");
  const show = () => (document.getElementById("at").textContent = at);
  document.getElementById("next").onclick = () => {
    at += 1;
    api.LMSSetValue("cmi.core.lesson_location", at);
    api.LMSSetValue("cmi.suspend_data", "seen up to " + at);
    show();
  };
  document.getElementById("done").onclick = () => api.LMSSetValue("cmi.core.lesson_status", "completed");
  addEventListener("unload", () => api.LMSFinish(""));
  show();
</script></body></html>
"""
FILES = {"index.html": PAGE.encode(), "Images/Exit.SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}


@dataclass(kw_only=True)
class Stage:
    """A content origin with the course, one learner's attempt, and a record of the outcomes that were told.

    While there is a `fault`, telling fails with it.
    """

    engine: Engine
    settings: Settings
    attempt: Attempt
    told: list[tuple[Attempt, Outcome]] = field(default_factory=list)
    fault: Exception | None = None

    @property
    def app(self) -> Flask:
        """Make the application; what it tells is in `told` once it is committed, or not at all."""
        return create_content_app(self.engine, self.settings, self._tell)

    @property
    def play_url(self) -> str:
        """Return a fresh address of the player for the attempt as it stands."""
        return addresses.play_url(self.settings, self.stored(), self.engine.clock())

    @property
    def finish_saving_url(self) -> str:
        """Return the address of the page that sends what a browser still keeps."""
        return addresses.finish_saving_url(self.settings, self.stored(), self.engine.clock())

    def stored(self) -> Attempt:
        """Return the attempt as it stands in the database."""
        with self.engine.reading() as connection:
            found = store.attempt(connection, TRUST, self.attempt.id)
        assert found
        return found

    def _tell(self, _tx: Transaction, news: News) -> None:
        if self.fault:
            raise self.fault
        self.told.append((news.attempt, news.outcome))


class Learner:
    """Somebody who plays by hand what the player's scripts do: opens the course and sends batches."""

    def __init__(self, stage: Stage) -> None:
        self._client: FlaskClient = stage.app.test_client()
        self._origin = addresses.package_origin(stage.settings, stage.attempt.package)
        self.opened: dict[str, Any] = {}

    def open(self, play_url: str) -> dict[str, Any]:
        """Open a window, and return what the player is told."""
        answer = self.post(play_url.removeprefix(self._origin) + "launch")
        self.opened = answer.get_json()
        return self.opened

    def send(self, *calls: list[Any], to: str | None = None, **changes: Any) -> Any:
        """Send calls made by `call` as one batch, and return the response."""
        body = {"attempt": self.opened["attempt"], "epoch": self.opened["epoch"], "first": calls[0][0], "calls": calls}
        return self.post(to or self.opened["calls_url"], json={**body, **changes})

    def get(self, path: str, **options: Any) -> Any:
        """Get a path of the package's origin."""
        return self._client.get(path, **{"base_url": self._origin, "buffered": True, **options})

    def post(self, path: str, **options: Any) -> Any:
        """Post to a path of the package's origin."""
        return self._client.post(path, **{"base_url": self._origin, **options})


def call(seq: int, fn: str, *args: str, answer: str = "true", error: str = "0") -> list[Any]:
    """Return one call as the browser logs it."""
    return [seq, "2026-11-22T09:00:00.000Z", fn, list(args), answer, error]


def set_up(url: str, folder: Path, clock: Callable[[], datetime], port: int = 8000, mastery: str = "") -> Stage:
    """Import the course into a database and open an attempt at it."""
    chosen = settings.read(
        {
            "PRECEPTOR_DATA_DIR": str(folder),
            "PRECEPTOR_DATABASE_URL": url,
            "PRECEPTOR_APP_ORIGIN": f"http://127.0.0.1:{port}",
            "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{port}",
        }
    )
    engine = Engine(database=database.connect(url), keeps={}, handlers={}, clock=clock)
    attempt = Attempt(
        trust=TRUST,
        id="attempt-1",
        registration="enrolment-1",
        learner="ngozi",
        learner_name="Okafor, Ngozi",
        package=PACKAGE,
        sco="I1",
        opened_at=clock(),
        active_at=clock(),
    )
    with engine.transaction() as tx:
        library.add(tx.connection, TRUST, imported(chosen, mastery), tx.now)
        store.add_attempt(tx.connection, attempt)
    return Stage(engine=engine, settings=chosen, attempt=attempt)


def imported(chosen: Settings, mastery: str) -> ImportedPackage:
    item = Item(identifier="I1", title="Fire safety", kind="sco", path="index.html", mastery_score=mastery)
    manifest = Manifest(edition="1.2", identifier="M1", title="Fire safety", items=(item,))
    files = tuple(_kept(chosen.blobs, *file) for file in FILES.items())
    return ImportedPackage(hash=PACKAGE, title="Fire safety", manifest=manifest.as_record(), files=files, warnings=())


def _kept(folder: Path, path: str, data: bytes) -> tuple[str, str, int]:
    hashed = hashlib.sha256(data).hexdigest()
    blob = blobs.place(folder, hashed)
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    return path, hashed, len(data)
