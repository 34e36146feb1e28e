"""A course on somebody else's server is opened from the learner's page, reports by HACP, and counts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests import aicc
from tests.content_server import ContentServer, serving
from tests.stories.courses import book, import_package
from tests.stories.story_site import Site
from tests.stories.windows import ask

pytestmark = pytest.mark.story

LEARNER = "lin.chen"
COMPETENCE = "information-governance"


def test_a_course_hosted_elsewhere_is_opened_reports_is_attended_and_told(site: Site, tmp_path: Path) -> None:
    port = int(site.origin.rpartition(":")[2])
    content = ContentServer(lambda url, body: ask(port, "POST", url, {}, body).body.decode())
    with serving(content) as address:
        zipped = aicc.zipped(tmp_path / "course.zip", aicc.hosted_elsewhere(address))
        booked = book(site, import_package(site, zipped), LEARNER, COMPETENCE)
        window = site.signed_in(LEARNER)
        page = window.send(window.open("/").form("/launch$", enrolment=booked.enrolment))
        opened = ask(port, "POST", f"{page.address}open", {"Accept": "application/json"}).json["url"]
        site.clock.advance(timedelta(minutes=10))
        with urlopen(opened, timeout=30) as answer:  # noqa: S310 - our own server on the loopback
            shown = answer.read()

    enrolment = site.program(LEARNER).get(f"/enrolments/{booked.enrolment}")
    home = site.signed_in(LEARNER).open("/").text
    subjects = {mail.subject for mail in site.post()}
    assert "This course is at 127.0.0.1" in page.text
    assert (shown, [one.error for one in content.answers]) == (b"<h1>Passed</h1>", [0, 0, 0, 0])
    assert "Student_Name=Lin Chen" in content.answers[0].data
    assert enrolment["state"] == "ATTENDED"
    assert "You have completed A course" in subjects
    assert "Passed" in home
