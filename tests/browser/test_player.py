"""The player in a real Chromium: what a learner did is there again, however the window went away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

import scorm
from scorm import tables
from tests.clock import FrozenClock
from tests.course import Stage, set_up
from tests.databases import close
from tests.serving import serving
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def stage(database_url: str, tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Stage]:
    built = set_up(database_url, tmp_path, clock, port=free_port)
    with serving(built.app, free_port):
        yield built
    close(built.engine.database)


def count(stage: Stage, table: Any) -> int:
    with stage.engine.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def calls_taken(stage: Stage) -> int:
    with stage.engine.reading() as connection:
        return int(connection.scalar(select(func.sum(tables.epochs.c.seq))) or 0)


def turn_pages(page: Page, times: int) -> None:
    for _ in range(times):
        page.frame_locator("#course").locator("#next").click()


def expect_page(page: Page, number: int) -> None:
    expect(page.frame_locator("#course").locator("#at")).to_have_text(str(number))


def is_a_batch(url: str) -> bool:
    return url.endswith("/calls")


def cut_off(page: Page) -> None:
    """Let no batch through: the browser can only keep what the learner does."""
    page.route(is_a_batch, lambda route: route.abort())


def without_rounds(page: Page) -> None:
    """Let nothing be sent every few seconds: what is saved then was sent at once."""
    page.add_init_script("window.setInterval = () => 0")


def test_a_status_is_saved_at_once_and_the_page_says_so(
    stage: Stage, page: Page, errors_of: Callable[[Page], list[str]]
) -> None:
    errors = errors_of(page)
    without_rounds(page)
    page.goto(stage.play_url)
    expect_page(page, 1)

    page.frame_locator("#course").locator("#done").click()

    expect(page.locator("#saved")).to_have_text("Saved")
    assert [outcome.lesson_status for _, outcome in stage.told][-1] == "completed"
    assert count(stage, tables.divergences) == 0
    assert errors == []


def test_a_killed_browser_comes_back_to_the_last_page(stage: Stage, profile: Any) -> None:
    page = profile.open()
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 4)
    expect_page(page, 5)
    profile.kill()
    unsent = calls_taken(stage)

    page = profile.open()
    page.goto(stage.play_url)

    expect_page(page, 5)
    assert unsent == 0
    assert calls_taken(stage) > 8
    assert count(stage, tables.divergences) == 0


def test_a_wrong_answer_of_the_browser_is_noticed_once(stage: Stage, page: Page) -> None:
    written = (Path(scorm.__file__).parent / "static" / "api.js").read_text()
    corrupted = written.replace("args, answer, error]", "args, answer.replace(/^1$/, '2'), error]")
    assert corrupted != written
    page.route("**/static/api.js", lambda route: route.fulfill(body=corrupted, content_type="text/javascript"))
    page.goto(stage.play_url)
    expect_page(page, 1)

    page.evaluate("API.LMSSetValue('cmi.core.lesson_location', '1'); API.LMSGetValue('cmi.core.lesson_location')")
    page.evaluate("API.LMSCommit('')")

    expect(page.locator("#saved")).to_have_text("Saved")
    assert count(stage, tables.divergences) == 1


def test_going_home_lets_the_course_finish_first(stage: Stage, page: Page) -> None:
    page.route("http://127.0.0.1:*/", lambda route: route.fulfill(body="home", content_type="text/html"))
    page.goto(stage.play_url)
    turn_pages(page, 2)

    page.locator("#home").click()

    expect(page.locator("body")).to_have_text("home")
    assert stage.told[-1][1].finished


def test_going_home_without_a_connection_says_what_is_kept(stage: Stage, page: Page) -> None:
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 1)

    page.locator("#home").click()

    expect(page.locator("#unsaved")).to_be_visible()
    page.unroute(is_a_batch)
    page.route("http://127.0.0.1:*/", lambda route: route.fulfill(body="home", content_type="text/html"))
    page.locator("#again").click()
    expect(page.locator("body")).to_have_text("home")
    assert stage.told[-1][1].finished


def test_a_course_is_not_opened_over_progress_that_cannot_be_sent(stage: Stage, page: Page) -> None:
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 1)

    page.goto(stage.play_url)

    expect(page.locator("#refusal")).to_contain_text("still holds progress")
    assert stage.stored().epoch == 1


def test_closing_the_window_lets_the_course_finish_as_well(stage: Stage, page: Page) -> None:
    page.goto(stage.play_url)
    turn_pages(page, 2)
    expect_page(page, 3)

    page.goto("about:blank")

    until(lambda: stage.told and stage.told[-1][1].finished)


def test_a_value_far_too_long_is_refused_and_holds_nothing_up(stage: Stage, page: Page) -> None:
    page.goto(stage.play_url)
    expect_page(page, 1)

    answer = page.evaluate("API.LMSSetValue('cmi.suspend_data', 'x'.repeat(5_000_000))")
    page.frame_locator("#course").locator("#done").click()

    expect(page.locator("#saved")).to_have_text("Saved")
    assert answer == "false"
    assert count(stage, tables.divergences) == 0


def test_what_does_not_fit_into_the_last_request_is_there_at_the_next_launch(stage: Stage, page: Page) -> None:
    page.goto(stage.play_url)
    expect_page(page, 1)
    page.evaluate("API.LMSSetValue('cmi.suspend_data', 'é'.repeat(64_000))")
    page.goto("about:blank")

    page.goto(stage.play_url)

    expect_page(page, 1)
    assert page.evaluate("API.LMSGetValue('cmi.suspend_data').length") == 64_000


def test_a_learner_is_warned_after_ten_seconds_and_told_when_all_is_saved(stage: Stage, page: Page) -> None:
    page.clock.install()
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 1)
    page.clock.run_for(12_000)
    expect(page.locator("#worry")).to_be_visible()

    page.unroute(is_a_batch)
    page.clock.run_for(6_000)

    expect(page.locator("#saved")).to_have_text("Saved")
    expect(page.locator("#worry")).to_be_hidden()


def test_what_a_window_left_is_sent_from_the_finish_saving_page(stage: Stage, page: Page) -> None:
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 1)
    page.goto("about:blank")
    page.unroute(is_a_batch)

    page.goto(stage.finish_saving_url)

    expect(page.locator("#result")).to_contain_text("are now saved")
    assert calls_taken(stage) > 3


def test_an_older_window_says_that_the_course_goes_on_elsewhere(stage: Stage, page: Page) -> None:
    page.goto(stage.play_url)
    expect_page(page, 1)
    newer = page.context.new_page()
    newer.goto(stage.play_url)
    expect_page(newer, 1)

    page.frame_locator("#course").locator("#done").click()

    expect(page.locator("#elsewhere")).to_be_visible()


def test_a_link_that_has_expired_is_explained(stage: Stage, page: Page, clock: FrozenClock) -> None:
    address = stage.play_url
    clock.set(clock().replace(hour=23))

    page.goto(address)

    expect(page.locator("main")).to_contain_text("expired")
