"""An e-learning of one part in Northshire, and a browser that plays it: for tests of what comes of playing."""

from __future__ import annotations

import hashlib
from typing import Any

from engine.machine import THE_SYSTEM, Actor
from engine.transaction import Engine
from scorm import library
from scorm import playing as runtime
from scorm.packaging.manifest import Item, Manifest
from scorm.packaging.package import ImportedPackage
from scorm.runtime import batches
from tests import northshire
from tests.clock import FrozenClock
from tests.course import call
from tests.northshire import TRUST, learner, offer, open_class
from workflows.learning import pages, playing
from workflows.learning.records import Delivery

PACKAGE = hashlib.sha256(b"a course").hexdigest()
FILES = (("index.html", PACKAGE, 8),)
BEGIN = ("LMSInitialize", "")
END = ("LMSFinish", "")


def status(value: str) -> tuple[str, ...]:
    """Return the call that sets a status."""
    return ("LMSSetValue", "cmi.core.lesson_status", value)


def score(value: float) -> tuple[str, ...]:
    """Return the call that sets a score."""
    return ("LMSSetValue", "cmi.core.score.raw", f"{value:g}")


def found(engine: Engine, clock: FrozenClock) -> None:
    """Found Northshire, and import the course."""
    northshire.found(engine, clock)
    item = Item(identifier="I1", title="Fire safety", kind="sco", path="index.html")
    manifest = Manifest(edition="1.2", identifier="M1", title="Fire safety", items=(item,)).as_record()
    with engine.transaction() as tx:
        package = ImportedPackage(hash=PACKAGE, title="Fire safety", manifest=manifest, files=FILES, warnings=())
        library.add(tx.connection, TRUST, package, tx.now)


def e_learning(engine: Engine, clock: FrozenClock, **changes: Any) -> str:
    """Offer the course and open a class of it; return the class."""
    chosen = {"id": "fire-online", "delivery": Delivery.E_LEARNING, "package": PACKAGE, **changes}
    offer(engine, **chosen)
    return open_class(engine, clock, sessions=0, offering=chosen["id"])


class Player:
    """Plays an enrolment as a browser would: one window, batches in order."""

    def __init__(self, engine: Engine, enrolment: str, actor: Actor | None = None, *, anew: bool = False) -> None:
        self._engine, self._seq = engine, 0
        with engine.transaction(actor or learner("ann")) as tx:
            self.attempt = playing.launch(tx, TRUST, enrolment, anew=anew)
            self._epoch = runtime.begin(tx.connection, TRUST, self.attempt, tx.now).epoch.epoch

    def say(self, *calls: tuple[str, ...]) -> None:
        """Send calls as one batch."""
        rows = []
        for fn, *args in calls:
            self._seq += 1
            rows.append(call(self._seq, fn, *args))
        body = {"attempt": self.attempt, "epoch": self._epoch, "first": rows[0][0], "calls": rows}
        with self._engine.transaction(THE_SYSTEM) as tx:
            runtime.take(tx, TRUST, batches.parse(body), playing.on_outcome)


def learned(engine: Engine) -> list[tuple[str, str]]:
    """Return state and best result of each e-learning of Ann's."""
    with engine.reading() as conn:
        mine = pages.enrolments_of(conn, TRUST, "ann", northshire.SITE)
        return [(str(one.enrolment.state), str(one.result)) for one in pages.learning_of(conn, TRUST, mine)]
