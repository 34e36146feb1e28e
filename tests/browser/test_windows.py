"""A course in a window of its own, and content that opens windows itself, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from scorm import addresses, tables
from tests import journeys
from tests.clock import FrozenClock
from tests.course import Stage
from tests.databases import close, sqlite_database
from tests.serving import serving
from tests.waiting import until

pytestmark = pytest.mark.browser

Staged = Callable[[str], Stage]


@pytest.fixture
def staged(tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Staged]:
    """Set up the course of a manifest, on SQLite: what the player does is of no matter to the database."""
    built: list[Stage] = []
    servers = []

    def build(manifest: str) -> Stage:
        course = journeys.zipped(tmp_path, manifest)
        built.append(journeys.stage_of(url, tmp_path, clock, course, port=free_port))
        servers.append(serving(built[-1].app, free_port))
        servers[-1].__enter__()
        return built[-1]

    with sqlite_database(tmp_path) as url:
        yield build
        for server in servers:
            server.__exit__(None, None, None)
        for stage in built:
            close(stage.engine.database)


_GUARD = """
const free = open;
let clicked = false;
addEventListener("click", () => { clicked = true; setTimeout(() => { clicked = false; }); }, true);
window.open = (...to) => (clicked ? free(...to) : null);
"""


def guard(page: Page) -> None:
    """Let no window open but by a click, as browsers do: what asks a page in a test counts as the learner's gesture."""
    page.add_init_script(_GUARD)


def address(stage: Stage) -> str:
    return addresses.play_url(stage.settings, stage.stored(), stage.engine.clock(), apart=True)


def opened(page: Page, stage: Stage) -> Page:
    """Open the course, and return the window in which it plays."""
    with page.expect_popup() as window:
        page.goto(address(stage))
    expect(window.value.locator("#done")).to_be_visible()
    return window.value


def status(stage: Stage) -> str:
    return stage.told[-1][1].lesson_status if stage.told else ""


def expect_title(page: Page, words: str) -> None:
    expect(page.locator("#aside-title")).to_have_text(words)


def expect_closed(page: Page, window: Page) -> None:
    # What became of a window is heard while something is asked of the browser.
    until(lambda: page.evaluate("true") and window.is_closed())


def test_what_is_done_in_a_window_is_saved_from_the_page_that_opened_it(
    staged: Staged, page: Page, errors_of: Callable[[Page], list[str]]
) -> None:
    stage, errors = staged(journeys.SINGLE), errors_of(page)
    window = opened(page, stage)
    expect_title(page, "The course is open in a window of its own")

    window.locator("#done").click()

    expect(page.locator("#receipt")).to_contain_text("recorded at")
    expect(page.locator("#saved")).to_have_text("Saved")
    assert status(stage) == "passed"
    assert errors == []


def test_a_window_that_is_closed_ends_its_part_and_can_be_opened_again(staged: Staged, page: Page) -> None:
    stage = staged(journeys.NEW)
    window = opened(page, stage)
    window.locator("#done").click()
    expect(page.locator("#parts li", has_text="Before")).to_contain_text("Completed")

    window.close(run_before_unload=True)

    expect_title(page, "The window of the course is closed")
    expect(page.locator("#aside-title")).to_be_focused()
    expect(page.locator("#aside-said")).to_have_text("What you did there is saved.")
    with page.expect_popup() as again:
        page.get_by_role("button", name="Open the course again").click()
    expect(again.value.locator("#done")).to_be_visible()
    expect(page.locator("#parts [aria-current=page]")).to_have_text("Before")
    assert len(page.context.pages) == 2


def test_the_window_goes_through_the_course_and_is_closed_at_its_end(staged: Staged, page: Page) -> None:
    stage = staged(journeys.NEW)
    window = opened(page, stage)
    for title in ("During", "After"):
        window.locator("#on").click()
        expect(page.locator("#parts [aria-current=page]")).to_have_text(title)
        expect(window.locator("#done")).to_be_visible()

    page.get_by_role("button", name="Continue", exact=True).click()

    expect(page.get_by_role("heading", name="You have reached the end of this course")).to_be_focused()
    expect_closed(page, window)
    with stage.engine.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.divergences)) == 0


def test_home_closes_the_window_and_puts_the_course_aside(staged: Staged, page: Page) -> None:
    stage = staged(journeys.NEW)
    page.route(stage.settings.app_origin + "/", lambda route: route.fulfill(body="home"))
    window = opened(page, stage)
    window.locator("#done").click()

    page.get_by_role("link", name="Home").click()

    page.wait_for_url(stage.settings.app_origin + "/")
    expect_closed(page, window)
    assert (stage.told[-1][1].finished, stage.told[-1][1].exit) == (True, "suspend")


def test_the_page_that_goes_first_lets_the_course_end_and_closes_its_window(staged: Staged, page: Page) -> None:
    stage = staged(journeys.SINGLE)
    window = opened(page, stage)
    window.locator("#done").click()

    page.goto("about:blank")

    expect_closed(page, window)
    until(lambda: stage.told[-1][1].finished)
    assert status(stage) == "passed"


def test_a_window_that_is_blocked_is_told_of_and_opened_by_a_click(staged: Staged, page: Page) -> None:
    stage = staged(journeys.SINGLE)
    guard(page)
    page.goto(address(stage))
    expect(page.locator("#aside-said")).to_contain_text("allow pop-up windows")

    with page.expect_popup() as window:
        page.get_by_role("button", name="Open the course").click()

    expect(window.value.locator("#done")).to_be_visible()
    expect_title(page, "The course is open in a window of its own")


def test_a_window_that_is_open_already_comes_to_the_front(staged: Staged, page: Page) -> None:
    stage = staged(journeys.SINGLE)
    window = opened(page, stage)
    page.bring_to_front()

    page.get_by_role("button", name="Show the window").click()

    expect(window.locator("#done")).to_be_visible()
    assert len(page.context.pages) == 2


def test_a_course_that_was_opened_elsewhere_loses_its_window_here(staged: Staged, page: Page) -> None:
    stage = staged(journeys.SINGLE)
    window = opened(page, stage)
    other = page.context.new_page()
    opened(other, stage)

    page.evaluate("API_1484_11.Commit('')")

    expect(page.locator("#elsewhere")).to_be_visible()
    expect_closed(page, window)


def test_content_in_the_frame_may_open_a_window_that_finds_the_api_at_its_opener(staged: Staged, page: Page) -> None:
    stage = staged(journeys.SINGLE)
    page.goto(stage.play_url)
    expect(page.frame_locator("#course").locator("#done")).to_be_visible()
    course = page.locator("#course").element_handle().content_frame()
    assert course is not None

    with page.expect_popup() as window:
        course.evaluate("void open('part.html?second')")
    window.value.evaluate("opener.parent.API_1484_11.SetValue('cmi.completion_status', 'completed')")
    window.value.evaluate("opener.parent.API_1484_11.SetValue('cmi.success_status', 'passed')")

    expect(page.locator("#receipt")).to_contain_text("recorded at")


def test_the_page_of_a_window_is_free_of_what_axe_finds_and_fits_320_pixels(staged: Staged, page: Page) -> None:
    stage = staged(journeys.OLD)
    page.set_viewport_size({"width": 320, "height": 640})
    guard(page)
    page.goto(address(stage))
    expect(page.get_by_role("button", name="Open the course")).to_be_visible()

    found = Axe().run(page).response["violations"]

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
