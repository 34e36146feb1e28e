"""Versions of the e-learning that is played by hand: for tests of what a newer one changes, and for whom."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from scorm import blobs, library
from scorm.packaging.manifest import Item, Manifest
from scorm.packaging.package import ImportedPackage, identity
from scorm.store import Attempt, attempt
from tests import northshire
from tests.northshire import HELEN, SURGERY, TRUST
from tests.played import Course
from tests.workplace import Workplace
from workflows.learning import moving, publishing, version_store, versioning
from workflows.learning.moves import Order, Progress, Scope
from workflows.learning.publishing import Publication
from workflows.learning.version_store import Line

PROGRAM = {"course.js": b"resume()"}
WHY = "Corrected after the review"


def part(identifier: str = "I1", path: str = "index.html", **more: Any) -> Item:
    """Return a part of a course."""
    return Item(identifier=identifier, title=more.pop("title", f"Part {identifier}"), kind="sco", path=path, **more)


def package(place: Workplace, *parts: Item, text: str = "", program: dict[str, bytes] | None = None) -> ImportedPackage:
    """Return what was read from a zip with these parts, its files kept; another text is another version."""
    parts = parts or (part(),)
    pages = {one.path: f"<p>{one.path} {text}</p>".encode() for one in parts}
    files = tuple(
        _kept(place, *file) for file in sorted({**pages, **(PROGRAM if program is None else program)}.items())
    )
    manifest = Manifest(standard="SCORM", edition="1.2", identifier="M1", title="Fire safety", items=parts)
    hashed = identity((*files, ("imsmanifest.xml", str(manifest), 1)))
    return ImportedPackage(hash=hashed, title="Fire safety", manifest=manifest.as_record(), files=files, warnings=())


@dataclass
class Shelf:
    """A package with versions, offered as e-learning that people are enrolled on."""

    place: Workplace
    first: str
    course_class: str
    courses: dict[str, Course] = field(default_factory=dict)

    def enrolled(self, *names: str) -> list[Course]:
        """Enrol people, and return what each of them plays."""
        for name in names:
            enrolment = northshire.enrol(self.place.engine, self.course_class, name)
            self.courses[name] = Course(self.place, enrolment, name)
        return [self.courses[name] for name in names]

    def upload(self, read: ImportedPackage) -> str:
        """Upload the next version, and return its hash."""
        with self.place.engine.transaction(HELEN) as tx:
            return versioning.upload(tx, TRUST, self.first, read)

    def publish(self, version: str) -> str:
        """Publish a version that was uploaded."""
        with self.place.engine.transaction(HELEN) as tx:
            versioning.publish(tx, TRUST, version, WHY)
        return version

    def newer(self, *parts: Item, text: str = "newer", **more: Any) -> str:
        """Upload and publish the next version, and return its hash."""
        return self.publish(self.upload(package(self.place, *parts, text=text, **more)))

    def roll_back(self, version: str) -> None:
        """Publish an earlier version again."""
        with self.place.engine.transaction(HELEN) as tx:
            versioning.roll_back(tx, TRUST, version, "The newer one does not report")

    def move(self, to: str, *, scope: Scope = Scope.ALL, progress: Progress = Progress.KEEP, **more: Any) -> str:
        """Move attempts to a version, and return the order."""
        order = Order(package=to, scope=scope, progress=progress, reason="It is corrected", **more)
        return moving.move(self.place.engine, HELEN, TRUST, order)

    def line(self) -> Line:
        """Return the package with its versions."""
        with self.place.engine.reading() as connection:
            return version_store.line(connection, TRUST, self.first)

    def attempt(self, name: str) -> Attempt:
        """Return the attempt that somebody played last."""
        with self.place.engine.reading() as connection:
            found = attempt(connection, TRUST, self.courses[name].attempt)
        assert found
        return found


def shelf_of(place: Workplace, *parts: Item, **more: Any) -> Shelf:
    """Publish the first version as open e-learning."""
    read = package(place, *parts, **more)
    with place.engine.transaction(HELEN) as tx:
        library.add(tx.connection, TRUST, read, tx.now)
        wanted = Publication(package=read.hash, title="Fire online", organisation=SURGERY, competence="fire")
        made = publishing.publish(tx, TRUST, wanted)
    northshire.fire(place.engine, HELEN, "class", made.course_class, "OPEN")
    return Shelf(place, read.hash, made.course_class)


def _kept(place: Workplace, path: str, data: bytes) -> tuple[str, str, int]:
    hashed = hashlib.sha256(data).hexdigest()
    blob = blobs.place(place.settings.blobs, hashed)
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    return path, hashed, len(data)
