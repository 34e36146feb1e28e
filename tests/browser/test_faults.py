"""What can go wrong with a learner's computer while a course plays, in a real Chromium: a wrong clock, a full disk."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.browser.test_player import cut_off, expect_page, is_a_batch, pytestmark, stage, turn_pages
from tests.course import Stage

__all__ = ["pytestmark", "stage"]

FULL = """
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (row) {
    if (this.name === "calls") throw new DOMException("The disk is full.", "QuotaExceededError");
    return put.call(this, row);
  };
"""


def test_what_was_kept_under_a_clock_that_was_years_off_is_sent(stage: Stage, page: Page) -> None:
    page.clock.set_system_time(datetime(2009, 1, 1, tzinfo=UTC))
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 2)
    page.goto("about:blank")
    page.unroute(is_a_batch)
    page.clock.set_system_time(datetime(2031, 1, 1, tzinfo=UTC))

    page.goto(stage.play_url)

    expect_page(page, 3)


def test_a_clock_that_jumps_back_hides_nothing_that_is_unsaved(stage: Stage, page: Page) -> None:
    page.clock.install(time=datetime(2031, 1, 1, tzinfo=UTC))
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 1)
    page.clock.set_system_time(datetime(2009, 1, 1, tzinfo=UTC))

    page.clock.run_for(12_000)

    expect(page.locator("#worry")).to_be_visible()


def test_with_a_full_disk_all_is_saved_and_nobody_is_promised_a_copy(stage: Stage, page: Page) -> None:
    page.add_init_script(FULL)
    page.clock.install()
    cut_off(page)
    page.goto(stage.play_url)
    turn_pages(page, 1)
    page.clock.run_for(12_000)
    expect(page.get_by_text("This browser keeps no copy")).to_be_visible()
    expect(page.locator("#copy")).to_be_hidden()
    page.unroute(is_a_batch)
    page.clock.run_for(6_000)

    expect(page.locator("#saved")).to_have_text("Saved")
