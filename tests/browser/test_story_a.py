"""A learner plays a course in a real Chromium, through its own controls, and a kill takes nothing away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from sqlalchemy import func, select

from scorm import tables
from tests.clock import FrozenClock
from tests.databases import postgres_database, sqlite_database
from tests.sink import Sink
from tests.stories.courses import Booked, a_new_edition, book, import_package
from tests.stories.story_site import Founded, Site, copy_of, founded, free_port, running_site, settings_for
from workflows.demo import trust

pytestmark = [pytest.mark.browser, pytest.mark.story]

LEARNER = "lin.chen"
COMPETENCE = "information-governance"
ANSWERS = ("q1-c", "q2-b", "q3-a", "q4-d", "q5-b")
PAGES = 8
GOLF_PAGES = 15


@pytest.fixture(scope="module", params=("sqlite", "postgres"))
def northshire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    folder = tmp_path_factory.mktemp("northshire")
    empty = sqlite_database(folder)
    if request.param == "postgres":
        empty = postgres_database(request.getfixturevalue("postgres_server"))
    with empty as url, founded(url, folder) as made:
        yield made


@pytest.fixture
def site(northshire: Founded, tmp_path: Path, clock: FrozenClock, smtp_sink: Sink) -> Iterator[Site]:
    with copy_of(northshire, tmp_path) as url:
        chosen = settings_for(url, tmp_path, free_port(), smtp_sink.url)
        with running_site(chosen, clock, smtp_sink) as running:
            yield running


@pytest.fixture
def ours(site: Site, tmp_path: Path) -> Booked:
    """Import one of the demo's courses, under another title, and enrol Lin Chen on it."""
    zipped = tmp_path / "course.zip"
    zipped.write_bytes(a_new_edition("information-governance", "2027 edition"))
    return book(site, import_package(site, zipped), LEARNER, COMPETENCE)


@pytest.fixture
def golf(site: Site, shared: Path, tmp_path: Path) -> Booked:
    """Import the one sample of SCORM 1.2 that is a single SCO, and enrol Lin Chen on it."""
    zipped = tmp_path / "golf.zip"
    zipped.write_bytes((shared / "scorm" / "packages" / "golf_RuntimeBasicCalls_SCORM12.zip").read_bytes())
    return book(site, import_package(site, zipped), LEARNER, COMPETENCE)


def play(page: Page, site: Site, booked: Booked) -> FrameLocator:
    """Sign in, press “Play” on the home page, and return the course."""
    page.goto(f"{site.origin}/sign-in")
    page.get_by_label("User name", exact=True).fill(LEARNER)
    page.get_by_label("Password", exact=True).fill(trust.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.locator("form").filter(has=page.locator(f"input[value='{booked.enrolment}']")).get_by_role("button").click()
    page.wait_for_url("**/play/**")
    assert urlsplit(page.url).hostname == f"{booked.package[:16]}.content.localhost"
    return page.frame_locator("#course")


def cut_off(page: Page) -> None:
    """Let no batch through: the browser can only keep what the learner does."""
    page.route(lambda url: url.endswith("/calls"), lambda route: route.abort())


def read_on(course: FrameLocator, *, to: int, of: int = PAGES) -> None:
    """Turn pages by the course's own button until one is reached."""
    while not course.locator("#position").inner_text().startswith(f"Page {to} of {of}"):
        course.locator("#next").click()


def answer_the_quiz(course: FrameLocator) -> None:
    """Choose the right answers, and submit them."""
    for choice in ANSWERS:
        course.locator(f"#{choice}").check()
    course.locator("#submit-quiz").click()


def golf_page(course: FrameLocator, page: str) -> None:
    """Expect that the sample shows one of its pages."""
    expect(course.locator("#contentFrame")).to_have_attribute("src", f"../{page}")


def expect_all_done(page: Page, site: Site, booked: Booked, result: str) -> None:
    """Expect the place attended, the competence with its expiry on the profile, and both letters delivered."""
    expect(page.locator("#saved")).to_have_text("Saved")
    learner = site.program(LEARNER)
    assert learner.get(f"/enrolments/{booked.enrolment}")["state"] == "ATTENDED"
    (award,) = (one for one in learner.all("/awards", person=LEARNER) if one["competence"] == COMPETENCE)
    assert (award["starts_on"], award["ends_on"]) == ("2026-11-22", "2027-11-22")
    assert sorted(mail.subject.split(":")[0] for mail in site.post()) == [
        "Competence awarded",
        "You have completed A course",
    ]
    assert count(site, tables.divergences) == 0
    page.locator("#home").click()
    card = page.locator(".nhsuk-card").filter(has=page.locator(f"input[value='{booked.enrolment}']"))
    expect(card).to_contain_text(result)
    expect(page.locator("main")).to_contain_text("22 November 2027")


def count(site: Site, table: Any) -> int:
    with site.engine.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_course_is_played_through_its_own_controls_to_a_pass(site: Site, ours: Booked, page: Page) -> None:
    course = play(page, site, ours)
    read_on(course, to=PAGES)

    answer_the_quiz(course)

    expect(course.locator("#quiz-result")).to_contain_text("Your result has been recorded.")
    expect_all_done(page, site, ours, "Passed")


def test_after_a_kill_the_same_profile_resumes_at_the_last_page_and_passes(
    site: Site, ours: Booked, profile: Any
) -> None:
    page = profile.open()
    cut_off(page)
    read_on(play(page, site, ours), to=5)
    profile.kill()
    unsent = count(site, tables.call_batches)

    page = profile.open()
    course = play(page, site, ours)
    expect(course.locator("#resume-text")).to_have_text(f"You were on page 5 of {PAGES}.")
    course.locator("#resume").click()

    expect(course.locator("#position")).to_contain_text(f"Page 5 of {PAGES}, 5 visited")
    assert unsent == 0
    read_on(course, to=PAGES)
    answer_the_quiz(course)
    expect_all_done(page, site, ours, "Passed")


def test_a_sample_of_another_maker_is_played_through_its_own_controls_to_completion(
    site: Site, golf: Booked, page: Page
) -> None:
    course = play(page, site, golf)
    golf_page(course, "Playing/Playing.html")

    for _ in range(GOLF_PAGES - 1):
        course.locator("#butNext").click()

    expect(course.locator("#butNext")).to_be_disabled()
    expect_all_done(page, site, golf, "Completed")


def test_after_a_kill_the_sample_asks_whether_to_resume_and_the_last_page_stands(
    site: Site, golf: Booked, profile: Any
) -> None:
    asked: list[str] = []
    page = profile.open()
    cut_off(page)
    course = play(page, site, golf)
    for _ in range(6):
        course.locator("#butNext").click()
    golf_page(course, "Etiquette/Distracting.html")
    profile.kill()

    page = profile.open()
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    course = play(page, site, golf)

    golf_page(course, "Etiquette/Distracting.html")
    assert asked == ["Would you like to resume from where you previously left off?"]
    for _ in range(GOLF_PAGES - 7):
        course.locator("#butNext").click()
    expect_all_done(page, site, golf, "Completed")
