"""A course that is over is opened again for reading in a real Chromium, and nothing about it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from engine.tables import metadata
from scorm import addresses
from scorm.tokens import Look, Mode
from tests import journeys
from tests.clock import FrozenClock
from tests.course import TRUST, Stage
from tests.databases import close, sqlite_database
from tests.serving import serving

pytestmark = pytest.mark.browser


def served(tmp_path: Path, clock: FrozenClock, port: int, package: Path) -> Iterator[Stage]:
    with sqlite_database(tmp_path) as url:
        stage = journeys.stage_of(url, tmp_path, clock, package, port=port)
        with serving(stage.app, port):
            yield stage
        close(stage.engine.database)


@pytest.fixture
def golf(shared: Path, tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Stage]:
    package = shared / "scorm" / "packages" / "golf_RuntimeBasicCalls_SCORM12.zip"
    yield from served(tmp_path, clock, free_port, package)


@pytest.fixture
def journey(tmp_path: Path, clock: FrozenClock, free_port: int) -> Iterator[Stage]:
    yield from served(tmp_path, clock, free_port, journeys.zipped(tmp_path, journeys.NEW))


def url_of(stage: Stage, mode: Mode) -> str:
    attempt = stage.attempt.id if mode is Mode.REVIEW else ""
    issued = int(stage.engine.clock().timestamp())
    look = Look(trust=TRUST, attempt=attempt, mode=mode, package=stage.attempt.package, issued=issued)
    return addresses.look_url(stage.settings, look)


def everything(stage: Stage) -> Mapping[str, list[Any]]:
    with stage.engine.reading() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(metadata.tables[name])).all()))
            for name in ("attempts", "epochs", "calls", "course_states", "call_values", "divergences")
        }


def turn_all(page: Page, pages: int) -> None:
    sco = page.frame_locator("#course")
    for _ in range(1, pages):
        expect(sco.frame_locator("#contentFrame").locator("h1").first).to_be_visible()
        sco.locator("#butNext").click()
    expect(sco.locator("#butNext")).to_be_disabled()


def test_a_review_of_a_real_course_leaves_the_record_as_it_was(golf: Stage, page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(golf.play_url)
    turn_all(page, 15)
    expect(page.locator("#receipt")).to_contain_text("recorded at")
    page.locator("#home").click()
    expect(page).to_have_url(f"{golf.settings.app_origin}/")
    before = everything(golf)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))

    page.goto(url_of(golf, Mode.REVIEW))
    expect(page.locator("#looking")).to_contain_text("nothing that you do here is recorded")
    expect(page.locator("#saved")).to_have_text("Not recorded")
    turn_all(page, 15)
    assert page.evaluate("window.API.LMSGetValue('cmi.core.lesson_mode')") == "review"
    assert page.evaluate("window.API.LMSGetValue('cmi.core.credit')") == "no-credit"
    page.goto("about:blank")

    assert everything(golf) == before
    assert [one for one in sent if one.startswith("POST") and not one.endswith("/launch")] == []


def test_every_part_of_a_course_is_browsed_in_any_order(journey: Stage, page: Page) -> None:
    page.goto(url_of(journey, Mode.BROWSE))
    parts = page.locator("#parts")
    expect(parts.locator("[aria-current=page]")).to_have_text("Before")
    before = everything(journey)

    parts.get_by_role("button", name="After").click()
    expect(parts.locator("[aria-current=page]")).to_have_text("After")
    page.get_by_role("button", name="Previous").click()
    expect(parts.locator("[aria-current=page]")).to_have_text("During")
    page.frame_locator("#course").get_by_role("button", name="End and go on").click()
    expect(parts.locator("[aria-current=page]")).to_have_text("After")

    assert everything(journey) == before


def test_a_preview_is_free_of_what_axe_finds_and_fits_320_pixels(journey: Stage, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(url_of(journey, Mode.BROWSE))
    expect(page.locator("#looking")).to_contain_text(re.compile("Preview"))

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
