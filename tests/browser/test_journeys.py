"""A course of several parts in a real Chromium: by its contents, its controls and the keyboard, and home again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from scorm import tables
from tests import journeys
from tests.clock import FrozenClock
from tests.course import Stage
from tests.databases import close
from tests.serving import serving

pytestmark = pytest.mark.browser

Staged = Callable[[str], Stage]


@pytest.fixture
def staged(database_url: str, tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Staged]:
    built: list[Stage] = []
    servers = []

    def build(manifest: str) -> Stage:
        course = journeys.zipped(tmp_path, manifest)
        built.append(journeys.stage_of(database_url, tmp_path, clock, course, port=free_port))
        servers.append(serving(built[-1].app, free_port))
        servers[-1].__enter__()
        return built[-1]

    yield build
    for server in servers:
        server.__exit__(None, None, None)
    for stage in built:
        close(stage.engine.database)


def part(page: Page, button: str) -> None:
    page.frame_locator("#course").locator(button).click()


def expect_open(page: Page, title: str) -> None:
    expect(page.locator("#parts [aria-current=page]")).to_have_text(title)
    expect(page.frame_locator("#course").locator("#done")).to_be_visible()


def control(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("manifest", [journeys.OLD, journeys.NEW], ids=["1.2", "2004"])
def test_a_course_is_played_to_its_end(
    staged: Staged, page: Page, manifest: str, errors_of: Callable[[Page], list[str]]
) -> None:
    stage, errors = staged(manifest), errors_of(page)
    page.goto(stage.play_url)

    for title in ("Before", "During", "After"):
        expect_open(page, title)
        part(page, "#done")
        expect(page.locator("#parts li", has=page.get_by_role("button", name=title, exact=True))).to_contain_text(
            "Completed"
        )
        control(page, "Continue")

    expect(page.get_by_role("heading", name="You have reached the end of this course")).to_be_focused()
    expect(page.locator("#receipt")).to_contain_text("recorded at")
    expect(page.get_by_role("button", name="Moving people")).to_have_count(0)
    assert stage.told[-1][1].final
    with stage.engine.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.divergences)) == 0
    assert errors == []


def test_what_a_sco_asks_for_happens_by_itself(staged: Staged, page: Page) -> None:
    stage = staged(journeys.NEW)
    page.goto(stage.play_url)
    expect_open(page, "Before")

    part(page, "#on")

    expect_open(page, "During")
    expect(page.locator("#spoken")).to_have_text("Open now: During")


def test_what_cannot_be_chosen_says_why(staged: Staged, page: Page) -> None:
    stage = staged(journeys.OLD)
    page.goto(stage.play_url)
    expect_open(page, "Before")
    during = page.get_by_role("button", name="During", exact=True)
    expect(during).to_have_attribute("aria-disabled", "true")
    expect(during).to_have_accessible_description("Open after you have finished “Before”.")

    part(page, "#done")

    expect(during).not_to_have_attribute("aria-disabled", "true")
    during.press("Enter")
    expect_open(page, "During")
    expect(page.get_by_role("button", name="During", exact=True)).to_be_focused()


def test_home_puts_the_course_aside_and_the_next_launch_goes_on(staged: Staged, page: Page) -> None:
    stage = staged(journeys.NEW)
    page.route(stage.settings.app_origin + "/", lambda route: route.fulfill(body="home"))
    page.goto(stage.play_url)
    expect_open(page, "Before")
    control(page, "Continue")
    expect_open(page, "During")

    page.get_by_role("link", name="Home").click()

    page.wait_for_url(stage.settings.app_origin + "/")
    assert (stage.told[-1][1].finished, stage.told[-1][1].exit) == (True, "suspend")
    page.goto(stage.play_url)
    expect_open(page, "During")


def test_a_move_without_a_connection_can_be_tried_again(staged: Staged, page: Page) -> None:
    stage = staged(journeys.NEW)
    page.goto(stage.play_url)
    expect_open(page, "Before")
    page.route("**/navigate", lambda route: route.abort())
    control(page, "Continue")
    expect(page.get_by_text("The next part could not be opened.")).to_be_visible()
    page.unroute("**/navigate")

    control(page, "Try again")

    expect_open(page, "During")
    expect(page.locator("#lost")).to_be_hidden()


def test_the_focus_goes_to_what_plays_where_its_control_is_no_longer_there(staged: Staged, page: Page) -> None:
    hidden = journeys.NEW.replace(
        "<title>After</title>",
        "<title>After</title><adlnav:presentation><adlnav:navigationInterface><adlnav:hideLMSUI>continue"
        "</adlnav:hideLMSUI></adlnav:navigationInterface></adlnav:presentation>",
    ).replace("<manifest ", '<manifest xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3" ')
    stage = staged(hidden)
    page.goto(stage.play_url)
    expect_open(page, "Before")
    page.get_by_role("button", name="During", exact=True).click()
    expect_open(page, "During")

    page.get_by_role("button", name="Continue", exact=True).press("Enter")

    expect_open(page, "After")
    expect(page.locator("#course")).to_be_focused()


def test_the_way_through_a_course_is_free_of_what_axe_finds_and_fits_320_pixels(staged: Staged, page: Page) -> None:
    stage = staged(journeys.OLD)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(stage.play_url)
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(page.locator("#parts")).to_be_hidden()

    page.get_by_text("Contents", exact=True).click()

    expect_open(page, "Before")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
