"""A package gets a newer version while somebody plays: they stay on theirs, are moved, and it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.clock import FrozenClock
from tests.databases import sqlite_database
from tests.sink import Sink
from tests.stories.courses import TEACHES, a_new_edition, book, import_package
from tests.stories.story_site import Site, copy_of, founded, free_port, running_site, settings_for
from workflows.demo import trust

pytestmark = [pytest.mark.browser, pytest.mark.story]

LEARNER = "lin.chen"
LATER = timedelta(hours=1)


@pytest.fixture
def site(tmp_path: Path, clock: FrozenClock, smtp_sink: Sink) -> Iterator[Site]:
    folder = tmp_path / "founded"
    folder.mkdir()
    with sqlite_database(folder) as url, founded(url, folder) as made, copy_of(made, tmp_path) as copy:
        chosen = settings_for(copy, tmp_path, free_port(), smtp_sink.url)
        with running_site(chosen, clock, smtp_sink) as running:
            yield running


@pytest.fixture
def administrator(chromium: Browser, site: Site) -> Iterator[Page]:
    """Give a browser without scripts in which a learning administrator is signed in."""
    context = chromium.new_context(java_script_enabled=False)
    yield signed_in(context.new_page(), site, TEACHES)
    context.close()


def signed_in(page: Page, site: Site, who: str) -> Page:
    page.goto(f"{site.origin}/sign-in")
    page.get_by_label("User name", exact=True).fill(who)
    page.get_by_label("Password", exact=True).fill(trust.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def played(page: Page, site: Site, enrolment: str) -> tuple[FrameLocator, str]:
    """Press “Play” on the home page, and return the course and the beginning of its package's hash."""
    page.goto(f"{site.origin}/")
    page.locator("form").filter(has=page.locator(f"input[value='{enrolment}']")).get_by_role("button").click()
    page.wait_for_url("**/play/**")
    return page.frame_locator("#course"), (urlsplit(page.url).hostname or "").partition(".")[0]


def left(page: Page) -> None:
    """Go home, once all is saved."""
    expect(page.locator("#saved")).to_have_text("Saved")
    page.locator("#home").click()
    page.wait_for_url(lambda url: "/play/" not in url)


def test_a_learner_goes_on_with_their_version_is_moved_with_their_progress_and_it_is_rolled_back(
    site: Site, page: Page, administrator: Page, tmp_path: Path, clock: FrozenClock
) -> None:
    older, newer = (tmp_path / name for name in ("older.zip", "newer.zip"))
    for file, title in ((older, "2027 edition"), (newer, "2028 edition")):
        file.write_bytes(a_new_edition("information-governance", title))
    first = import_package(site, older)
    enrolment = book(site, first, LEARNER, "information-governance").enrolment
    signed_in(page, site, LEARNER)
    course, _ = played(page, site, enrolment)
    for number in range(1, 5):
        expect(course.locator("#position")).to_contain_text(f"Page {number} of 8")
        course.locator("#next").click()
    left(page)
    clock.advance(LATER)

    administrator.goto(f"{site.origin}/packages/{first}/versions")
    administrator.get_by_label("New version").set_input_files(newer)
    administrator.get_by_role("button", name="Upload").click()
    expect(administrator.get_by_text("1 file changed: imsmanifest.xml")).to_be_visible()
    expect(administrator.get_by_role("heading", name="Version 1: 1 attempt goes on")).to_be_visible()
    administrator.get_by_label("Comment").fill("The edition of 2028")
    administrator.get_by_role("button", name="Publish").click()
    course, host = played(page, site, enrolment)
    expect(course.locator("#resume-text")).to_have_text("You were on page 5 of 8.")
    assert host == first[:16]
    course.locator("#resume").click()
    course.locator("#next").click()
    expect(course.locator("#position")).to_contain_text("Page 6 of 8")
    left(page)
    clock.advance(LATER)

    administrator.get_by_role("link", name="1 attempt goes on with another version").click()
    administrator.get_by_label("All of them").check()
    administrator.get_by_label("Keep it, also where").check()
    administrator.get_by_label("Reason").fill("Everybody is to play the newer one")
    administrator.get_by_role("button", name="Move").click()
    expect(administrator.get_by_text("Keeps its progress")).to_be_visible()
    course, host = played(page, site, enrolment)
    expect(course.locator("#resume-text")).to_have_text("You were on page 6 of 8.")
    assert host != first[:16]
    left(page)

    administrator.goto(f"{site.origin}/packages/{first}/version")
    administrator.get_by_label("Comment").fill("The newer one has a mistake")
    administrator.get_by_role("button", name="Roll back").click()
    expect(administrator.get_by_text("New attempts begin on version 1")).to_be_visible()
    _, host = played(page, site, enrolment)
    assert host != first[:16]
