"""Real packages of several parts in a real Chromium, each to its end through its own controls and the player's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect
from sqlalchemy import func, select

from scorm import tables
from tests import journeys
from tests.clock import FrozenClock
from tests.course import Stage
from tests.databases import close, sqlite_database
from tests.serving import serving

pytestmark = pytest.mark.browser

Opened = Callable[..., Stage]
JQUERY = "ajax.googleapis.com"
END = "You have reached the end of this course"


@pytest.fixture
def opened(shared: Path, page: Page, tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Opened]:
    """Open a package in the page; at the end the server must have answered every call as the browser did."""
    built: list[Stage] = []
    with sqlite_database(tmp_path) as url:

        def build(name: str, **settings: Any) -> Stage:
            course = shared / "scorm" / "packages" / f"golf_{name}.zip"
            built.append(journeys.stage_of(url, tmp_path, clock, course, port=free_port))
            built[0].settings = replace(built[0].settings, **settings)
            servers.append(serving(built[0].app, free_port))
            servers[0].__enter__()
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(built[0].play_url)
            return built[0]

        servers: list = []
        yield build
        with built[0].engine.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(tables.divergences)) == 0
        servers[0].__exit__(None, None, None)
        close(built[0].engine.database)


def sco(page: Page) -> FrameLocator:
    return page.frame_locator("#course")


def read_on(page: Page, pages: int) -> None:
    """Turn pages to the last one, where the package says that the part is completed."""
    for _ in range(1, pages):
        expect(sco(page).frame_locator("#contentFrame").locator("h1")).to_be_visible()
        sco(page).locator("#butNext").click()
    expect(sco(page).locator("#butNext")).to_be_disabled()


def answer(page: Page, *, rightly: bool = True) -> None:
    """Do the test."""
    test = sco(page).frame_locator("#contentFrame")
    expect(test.locator(".question").first).to_be_visible()
    for question in test.locator(".question").all() if rightly else ():
        right = question.locator(".correctAnswer")
        if right.locator("input[type=radio]").count():
            right.locator("input").check()
        else:
            right.locator("input").fill(right.inner_text().strip(" ()"))
    test.get_by_role("button", name="Submit Answers").click()
    expect(test.get_by_text("Score:")).to_be_visible()


def expect_open(page: Page, title: str) -> None:
    expect(page.locator("#parts [aria-current=page]")).to_have_text(title)


def control(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def ended(page: Page, stage: Stage, status: str) -> None:
    expect(page.get_by_role("heading", name=END)).to_be_visible()
    assert stage.stored().outcome.lesson_status == status


CHAPTERS = {"Playing the Game": 5, "Etiquette": 3, "Handicapping": 4, "Having Fun": 2}


def test_forced_sequential_opens_part_by_part(opened: Opened, page: Page) -> None:
    stage = opened("SequencingForcedSequential_SCORM20043rdEdition")
    for title, pages in CHAPTERS.items():
        expect_open(page, title)
        expect(page.locator("#parts").get_by_role("button", name="Quiz")).to_have_attribute("aria-disabled", "true")
        read_on(page, pages)
        control(page, "Continue")
    expect_open(page, "Quiz")

    answer(page)
    control(page, "Continue")

    ended(page, stage, "passed")


def test_a_posttest_alone_decides_where_the_package_says_so(opened: Opened, page: Page) -> None:
    # It takes jQuery from a server elsewhere, which the installation allows, and needs no more of it than this.
    page.route(f"http://{JQUERY}/**", lambda route: route.fulfill(body="window.$ = () => ({ dialog() {} })"))
    stage = opened("SequencingPostTestRollup4thEd_SCORM20044thEdition", content_hosts=(JQUERY,))
    expect(sco(page).frame_locator("#contentFrame").locator("h1")).to_be_visible()
    sco(page).locator("#butJump").click()
    expect_open(page, "Quiz")

    answer(page)

    expect(page.locator("#receipt")).to_contain_text("Passed")
    control(page, "Continue")
    ended(page, stage, "passed")


def test_who_fails_is_led_back_to_what_they_did_not_know(opened: Opened, page: Page) -> None:
    stage = opened("SequencingSimpleRemediation_SCORM20043rdEdition")
    for title, pages in CHAPTERS.items():
        expect_open(page, title)
        read_on(page, pages)
        control(page, "Continue")
    answers = [True, False, True, True]
    for rightly in answers:
        answer(page, rightly=rightly)
        control(page, "Continue")

    expect_open(page, "Etiquette")
    read_on(page, 3)
    control(page, "Continue")
    for title in ("Etiquette Quiz", "Having Fun Quiz"):
        expect_open(page, title)
        answer(page)
        control(page, "Continue")

    ended(page, stage, "passed")


def test_one_file_a_part_is_done_when_every_one_was_opened(opened: Opened, page: Page) -> None:
    stage = opened("ContentPackagingOneFilePerSCO_SCORM12")
    for _ in range(18):
        expect(sco(page).locator("h1")).to_be_visible()
        here = page.locator("#parts [aria-current=page]").get_attribute("data-move") or ""
        control(page, "Continue")
        expect(page.locator(f"#parts [aria-current=page][data-move={here}]")).to_have_count(0)

    ended(page, stage, "completed")


def test_advanced_calls_end_by_their_own_button(opened: Opened, page: Page) -> None:
    stage = opened("RunTimeAdvancedCalls_SCORM20043rdEdition")
    while sco(page).locator("#butNext").is_enabled():
        sco(page).locator("#butNext").click()
    answer(page)

    sco(page).locator("#butExit").click()

    ended(page, stage, "passed")
    assert stage.told[-1][1].exit == ""


def test_a_page_that_never_calls_is_played_and_left(opened: Opened, page: Page) -> None:
    stage = opened("ContentPackagingMetadata_SCORM20043rdEdition")

    expect(sco(page).get_by_role("heading", name="Not implemented yet")).to_be_visible()
    expect(page.locator("#contents")).to_be_hidden()
    assert stage.stored().outcome is None
