"""A package is imported by the command line and played: what was done counts once, however it arrives."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.stories.courses import Booked, Player, a_new_edition, book, booked_already, import_package
from tests.stories.story_site import Mail, Site

pytestmark = pytest.mark.story

LEARNER = "lin.chen"
COMPETENCE = "information-governance"
LAST_PAGE = "8"
SECONDS = 10.0


@pytest.fixture
def booked(site: Site) -> Booked:
    """Return Lin Chen's place on the demo's course."""
    return booked_already(site, LEARNER, COMPETENCE)


def play(site: Site, booked: Booked, **asked: str) -> Player:
    """Press “Play” on the learner's home page, or what asks for a new attempt, and open the course where that leads."""
    window = site.signed_in(LEARNER)
    page = window.send(window.open("/").form("/launch$", enrolment=booked.enrolment, **asked))
    assert page.status == 200, page.text
    assert f"//{booked.package[:16]}.content.localhost:" in page.address
    return Player(site, page.address)


def turn_to(player: Player, page: str) -> None:
    """Do what the course does when a page is turned."""
    player.set(lesson_location=page, session_time="0000:05:00.00")
    player.call("LMSSetValue", "cmi.suspend_data", f'{{"visited": [{page}]}}')


def begin(player: Player) -> None:
    """Do what the course does when it opens for the first time."""
    player.call("LMSInitialize", "")
    player.set(exit="suspend", lesson_status="incomplete")
    turn_to(player, "1")


def submit(player: Player, score: int) -> None:
    """Do what the course does when its quiz is submitted."""
    passed = score >= 80
    player.set(score__min="0", score__max="100", score__raw=str(score))
    player.set(lesson_status="passed" if passed else "failed", exit="" if passed else "suspend")


def standing(site: Site, booked: Booked) -> str:
    """Return the state of the enrolment."""
    return str(site.program(LEARNER).get(f"/enrolments/{booked.enrolment}")["state"])


def held(site: Site) -> list[dict[str, Any]]:
    """Return what the learner holds of the competence."""
    found = site.program(LEARNER).all("/awards", person=LEARNER)
    return [one for one in found if (one["competence"], one["state"]) == (COMPETENCE, "HELD")]


def subjects(mails: list[Mail]) -> list[tuple[str, str]]:
    return sorted((mail.who, mail.subject) for mail in mails)


def both(course: str = "Information governance and data security") -> list[tuple[str, str]]:
    """Return what a learner gets who has completed a course."""
    awarded = "Competence awarded: NHS|CSTF|Information Governance and Data Security - 1 Year|"
    return [(LEARNER, awarded), (LEARNER, f"You have completed {course}")]


def test_an_imported_course_played_to_its_end_is_attended_awarded_with_an_expiry_and_told_within_seconds(
    site: Site, tmp_path: Path
):
    zipped = tmp_path / "course.zip"
    zipped.write_bytes(a_new_edition("information-governance", "2027 edition"))
    booked = book(site, import_package(site, zipped), LEARNER, COMPETENCE)
    player = play(site, booked)
    begin(player)
    player.flush()
    turn_to(player, LAST_PAGE)
    submit(player, 100)
    passed_at = time.monotonic()

    receipt = player.flush().json

    mails = site.post()
    took = time.monotonic() - passed_at
    (award,) = held(site)
    today = site.clock().date()
    home = site.signed_in(LEARNER).open("/").text
    assert (receipt["divergences"], receipt["outcome"]["lesson_status"]) == (0, "passed")
    assert standing(site, booked) == "ATTENDED"
    assert (award["starts_on"], award["ends_on"]) == (str(today), str(today.replace(year=today.year + 1)))
    assert (award["source"]["kind"], award["source"]["enrolment"]) == ("learning", booked.enrolment)
    assert subjects(mails) == both("A course")
    assert took < SECONDS
    assert "Passed" in home


def test_what_a_killed_browser_kept_is_sent_before_the_course_opens_again_and_the_last_page_stands(
    site: Site, booked: Booked
):
    killed = play(site, booked)
    begin(killed)
    killed.flush()
    turn_to(killed, "6")

    killed.flush(late=True)
    again = play(site, booked)

    assert again.opened["epoch"] == killed.opened["epoch"] + 1
    assert again.data["cmi.core.lesson_location"] == "6"
    assert again.opened["launch"]["entry"] == "resume"
    begin(again)
    submit(again, 80)
    again.flush()
    assert standing(site, booked) == "ATTENDED"


def test_the_result_of_a_killed_browser_counts_when_it_arrives_late(site: Site, booked: Booked):
    killed = play(site, booked)
    begin(killed)
    submit(killed, 100)
    site.clock.advance(timedelta(days=2))

    killed.flush(late=True)

    assert standing(site, booked) == "ATTENDED"
    assert subjects(site.post()) == both()


def test_a_batch_that_arrives_twice_counts_once(site: Site, booked: Booked):
    player = play(site, booked)
    begin(player)
    submit(player, 90)
    batch = player.kept
    player.flush()

    again = player.send(batch)

    assert (again.status, again.json["saved"]) == (200, batch[-1][0])
    assert len(held(site)) == 1
    assert subjects(site.post()) == both()


def test_too_low_a_score_is_no_attendance_and_the_course_can_be_tried_again(site: Site, booked: Booked):
    player = play(site, booked)
    begin(player)
    submit(player, 60)
    player.flush()
    failed = standing(site, booked), held(site), subjects(site.post())

    submit(player, 100)
    player.flush()

    not_passed = (LEARNER, "Information governance and data security: not passed this time")
    assert failed == ("CONFIRMED", [], [not_passed])
    assert standing(site, booked) == "ATTENDED"
    assert subjects(site.post()) == both()


def test_what_is_finished_is_not_taken_back_by_looking_at_it_again(site: Site, booked: Booked):
    player = play(site, booked)
    begin(player)
    submit(player, 100)
    player.call("LMSFinish", "")
    player.flush()
    site.post()

    again = play(site, booked, new="yes")
    begin(again)
    again.flush()

    assert again.opened["attempt"] != player.opened["attempt"]
    assert standing(site, booked) == "ATTENDED"
    assert site.post() == []


def test_pressing_play_twice_opens_one_attempt(site: Site, booked: Booked):
    first, second = play(site, booked), play(site, booked)

    assert first.opened["attempt"] == second.opened["attempt"]
    assert second.opened["epoch"] == first.opened["epoch"] + 1


def test_nobody_plays_under_somebody_elses_enrolment(site: Site, booked: Booked):
    other = site.program("sofia.rossi")

    answer = other.post("/launches", {"enrolment": booked.enrolment})

    assert answer.status == 404


def test_a_package_of_another_maker_is_imported_and_played_to_completion(site: Site, tmp_path: Path, shared: Path):
    zipped = shared / "scorm" / "packages" / "golf_RuntimeBasicCalls_SCORM12.zip"
    booked = book(site, import_package(site, zipped), LEARNER, COMPETENCE)
    player = play(site, booked)
    player.call("LMSInitialize", "")
    player.set(lesson_status="incomplete", lesson_location="14")
    player.set(lesson_status="completed")

    player.flush()

    assert standing(site, booked) == "ATTENDED"
    assert len(held(site)) == 1
    assert subjects(site.post()) == both("A course")
