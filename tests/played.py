"""An e-learning of Northshire that somebody plays by hand, window by window: for tests of what became of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from engine.machine import THE_SYSTEM
from scorm import library
from scorm import playing as runtime
from scorm.packaging.manifest import Item, Manifest
from scorm.packaging.package import ImportedPackage
from scorm.runtime import batches
from tests import northshire
from tests.course import call
from tests.northshire import HELEN, SURGERY, TRUST, learner
from tests.workplace import Workplace
from workflows.learning import playing, publishing
from workflows.learning.publishing import Publication

PACKAGE = hashlib.sha256(b"a course that is played by hand").hexdigest()
BEGIN, END = ("LMSInitialize", ""), ("LMSFinish", "")
STATUS, EXIT = "cmi.core.lesson_status", "cmi.core.exit"


def put(element: str, value: str) -> tuple[str, str, str]:
    """Return the call that sets an element."""
    return ("LMSSetValue", element, value)


@dataclass
class Course:
    """An e-learning on which somebody is enrolled, and the attempt that they played last."""

    place: Workplace
    enrolment: str
    who: str = "ann"
    attempt: str = ""

    def play(self, *calls: Any) -> None:
        """Press “Play”, and send calls of one window; a call may be made by `call` already."""
        with self.place.engine.transaction(learner(self.who)) as tx:
            self.attempt = playing.launch(tx, TRUST, self.enrolment)
            epoch = runtime.begin(tx.connection, TRUST, self.attempt, tx.now).epoch.epoch
        made = [one if isinstance(one, list) else call(seq, *one) for seq, one in enumerate(calls, 1)]
        if made:
            body = {"attempt": self.attempt, "epoch": epoch, "first": 1, "calls": made}
            with self.place.engine.transaction(THE_SYSTEM) as tx:
                runtime.take(tx, TRUST, batches.parse(body), playing.on_outcome)

    def why(self) -> str:
        """Return the learner's page in one line."""
        return self.place.signed_in(self.who).page(f"/learning/incomplete/{self.enrolment}")

    def support(self, rest: str = "") -> str:
        """Return a page of the flight recorder in one line, as an administrator sees it."""
        return self.place.signed_in(HELEN).page(f"/attempts/{self.attempt}{rest}")


def course_of(place: Workplace, who: str = "ann", mastery: str = "") -> Course:
    """Publish a course of one SCO without its files, and enrol somebody."""
    item = Item(identifier="I1", title="Fire safety", kind="sco", path="index.html", mastery_score=mastery)
    manifest = Manifest(edition="1.2", identifier="M1", title="Fire safety", items=(item,)).as_record()
    files = (("index.html", PACKAGE, 8),)
    read = ImportedPackage(hash=PACKAGE, title="Fire safety", manifest=manifest, files=files, warnings=())
    with place.engine.transaction(HELEN) as tx:
        library.add(tx.connection, TRUST, read, tx.now)
        wanted = Publication(package=PACKAGE, title="Fire online", organisation=SURGERY, competence="fire")
        made = publishing.publish(tx, TRUST, wanted)
    northshire.fire(place.engine, HELEN, "class", made.course_class, "OPEN")
    return Course(place, northshire.enrol(place.engine, made.course_class, who), who)
