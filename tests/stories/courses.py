"""From a zip to a course that somebody plays: imported by the command line, published and booked over the API."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile

import pytest

from scorm.runtime.session import Launch, Session
from tests.stories.story_site import Site
from tests.stories.windows import Answer, ask
from workflows import __main__ as command_line
from workflows.demo import courses, trust

TEACHES = "daniel.okafor"
MOMENT = "2026-11-22T09:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A place on a course: the enrolment, and the hash of the package."""

    enrolment: str
    package: str


def a_new_edition(name: str, title: str) -> bytes:
    """Return one of the demo's courses under another title, which makes it another package."""
    original, changed = ZipFile(io.BytesIO(courses.build(name))), io.BytesIO()
    with ZipFile(changed, "w") as archive:
        for entry in original.infolist():
            data = original.read(entry)
            if entry.filename == "imsmanifest.xml":
                data = data.replace(b"</title>", f", {title}</title>".encode())
            archive.writestr(entry, data)
    return changed.getvalue()


def import_package(site: Site, zipped: Path) -> str:
    """Import a zip by the command line, and return the package's hash."""
    settings = zipped.with_suffix(".env")
    settings.write_text(
        f"PRECEPTOR_DATABASE_URL={site.settings.database_url}\nPRECEPTOR_DATA_DIR={site.settings.data_dir}\n"
    )
    printed = io.StringIO()
    with redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        command_line.main(["--env-file", str(settings), "scorm", "import", str(zipped), "--json"])
    assert ended.value.code == 0
    imported = json.loads(printed.getvalue())
    assert imported["new"]
    return str(imported["package"])


def book(site: Site, package: str, person: str, competence: str) -> Booked:
    """Make a course of an imported package, open a class of it, and enrol somebody."""
    program = site.program(TEACHES)

    def made(path: str, **said: Any) -> Any:
        answer = program.post(path, said)
        assert answer.status == 201, answer.html
        return answer.json["id"]

    course = made("/courses", title="A course", organisation=trust.TRUST)
    offering = made("/offerings", course=course, title="A course", package=package, competence=competence)
    course_class = made("/classes", offering=offering, organisation=trust.TRUST)
    assert program.post(f"/classes/{course_class}/open", {}).status == 200
    return Booked(enrolment=made("/enrolments", person=person, **{"class": course_class}), package=package)


def booked_already(site: Site, person: str, course: str) -> Booked:
    """Return somebody's place on one of the demo's own courses."""
    program = site.program(TEACHES)
    (course_class,) = (one["id"] for one in program.all("/classes") if one["offering"] == course)
    (place,) = program.all("/enrolments", **{"class": course_class, "person": person})
    (package,) = (one["package"] for one in program.all("/offerings") if one["id"] == course)
    return Booked(enrolment=place["id"], package=package)


class Player:
    """What the player's scripts do, by hand: opens a course, makes calls, and sends them in batches."""

    def __init__(self, site: Site, play_url: str) -> None:
        self._port = urlsplit(site.origin).port or 80
        self._url = play_url
        self.opened = self._post(urljoin(play_url, "launch"), None).json
        launch = Launch.from_dict(self.opened["launch"])
        self._session = Session.open(launch, self.opened["data"])
        self._number = count(1)
        self.kept: list[list[Any]] = []

    @property
    def data(self) -> dict[str, str]:
        """Return what the course finds when it opens."""
        return dict(self.opened["data"])

    def call(self, function: str, *arguments: str) -> str:
        """Make one call of the SCORM API, and keep it for the next batch."""
        answer, error = self._session.call(function, arguments, MOMENT)
        self.kept.append([next(self._number), MOMENT, function, list(arguments), answer, error])
        return answer

    def set(self, **values: str) -> None:
        """Set elements of cmi.core; two underscores stand for a dot."""
        for name, value in values.items():
            assert self.call("LMSSetValue", f"cmi.core.{name.replace('__', '.')}", value) == "true"

    def flush(self, *, late: bool = False) -> Answer:
        """Send what is kept, by the launch token or by the late key."""
        answer = self.send(self.kept, late=late)
        assert answer.status == 200, answer.html
        self.kept = []
        return answer

    def send(self, calls: Sequence[list[Any]], *, late: bool = False) -> Answer:
        """Send calls as one batch."""
        batch = {name: self.opened[name] for name in ("attempt", "epoch")}
        address = urljoin(self._url, self.opened["late_url" if late else "calls_url"])
        return self._post(address, {**batch, "first": calls[0][0], "calls": list(calls)})

    def _post(self, address: str, body: Any) -> Answer:
        said = None if body is None else json.dumps(body)
        return ask(self._port, "POST", address, {"Content-Type": "application/json"}, said)
