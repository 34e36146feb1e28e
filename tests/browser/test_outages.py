"""What goes away while a course plays, in a real Chromium: the network, the server, the sign-in, the tab, the hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from scorm import tables
from tests.browser.test_player import count, cut_off, expect_page, is_a_batch, pytestmark, stage, turn_pages
from tests.clock import FrozenClock
from tests.course import Stage, set_up
from tests.databases import close
from tests.serving import serving
from tests.waiting import until

__all__ = ["pytestmark", "stage"]

Served = tuple[Stage, Callable[[], AbstractContextManager[None]]]


@pytest.fixture
def served(database_url: str, tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Served]:
    """Return the course, and a function that serves it by a server which knows nothing of those before it."""
    built = set_up(database_url, tmp_path, clock, port=free_port)
    yield built, lambda: serving(built.app, free_port)
    close(built.engine.database)


def finish(page: Page) -> None:
    page.frame_locator("#course").locator("#done").click()


def expect_all_saved(stage: Stage, page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("Saved")
    until(lambda: stage.told and stage.told[-1][1].lesson_status == "completed")
    assert count(stage, tables.divergences) == 0


def test_two_minutes_without_a_network_lose_nothing(stage: Stage, page: Page) -> None:
    page.clock.install()
    page.goto(stage.play_url)
    expect_page(page, 1)
    cut_off(page)
    turn_pages(page, 3)
    finish(page)
    page.clock.run_for(120_000)
    expect(page.locator("#worry")).to_be_visible()

    page.unroute(is_a_batch)
    page.clock.run_for(10_000)

    expect_all_saved(stage, page)


def test_a_server_that_is_restarted_gets_what_was_done_meanwhile(served: Served, page: Page) -> None:
    stage, serve = served
    with serve():
        page.goto(stage.play_url)
        turn_pages(page, 2)
        expect_page(page, 3)
    finish(page)

    with serve():
        expect_all_saved(stage, page)


def test_without_a_cookie_the_course_goes_on(stage: Stage, page: Page) -> None:
    page.goto(stage.play_url)
    turn_pages(page, 1)

    page.context.clear_cookies()
    finish(page)

    expect_all_saved(stage, page)


def test_a_laptop_that_slept_past_the_end_of_its_link_loses_nothing(
    stage: Stage, page: Page, clock: FrozenClock
) -> None:
    page.clock.install()
    page.goto(stage.play_url)
    turn_pages(page, 2)
    expect_page(page, 3)

    clock.set(clock().replace(hour=23))
    page.clock.fast_forward("14:00:00")
    finish(page)
    page.clock.run_for(10_000)

    expect_all_saved(stage, page)


def test_a_tab_that_crashes_comes_back_to_the_last_page(stage: Stage, profile: Any) -> None:
    page = profile.open()
    page.goto(stage.play_url)
    cut_off(page)
    turn_pages(page, 3)
    expect_page(page, 4)
    with pytest.raises(Error):
        page.goto("chrome://crash")
    profile.kill()

    newer = profile.open()
    newer.goto(stage.play_url)

    expect_page(newer, 4)
    assert count(stage, tables.divergences) == 0
